import type { Address } from '@koinon/base'
import { availablePicoUsd, unlimitedCreditPicoUsd } from '@koinon/payments/rules'
import { afterEach, describe, expect, it } from 'vitest'
import { testChannel } from '../testing/parties.ts'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork, type TestNetwork, type TestNetworkOptions } from '../testing/test-network.ts'
import { startTestProvider, type TestProvider } from '../testing/test-provider.ts'

const hello = { model: 'default', messages: [{ role: 'user', content: 'Hello' }] }
let network: TestNetwork | undefined
let newcomer: TestProvider | undefined

afterEach(async () => {
  await network?.close()
  await newcomer?.close()
  network = undefined
  newcomer = undefined
})

/** A network to which a miner without a channel has come, and what was asked of the part that opens channels. */
async function withNewcomer(open: (net: TestNetwork, provider: Address) => boolean, options: TestNetworkOptions = {}) {
  const requests: { provider: Address; neededPicoUsd: bigint }[] = []
  const net = await startTestNetwork({
    ...options,
    channelTo: (book, provider, neededPicoUsd) => {
      const channel = book.outboundTo(provider)
      if (channel !== undefined && availablePicoUsd(channel) >= neededPicoUsd) return channel
      requests.push({ provider, neededPicoUsd })
      return open(net, provider) ? 'coming' : channel
    },
  })
  network = net
  newcomer = await startTestProvider({
    name: 'newcomer',
    engine: new ScriptedEngine(),
    gateway: net.gateway.account,
    folder: net.folder,
  })
  const { account } = newcomer.party
  await net.table.add({ account, endpoint: newcomer.url })
  return { net, account, requests }
}

function channelTo(net: TestNetwork, provider: Address, depositAtomic?: bigint) {
  const config = testChannel(net.gateway.account, net.gateway.account, provider)
  return net.till.add(config, 'outbound', unlimitedCreditPicoUsd, depositAtomic)
}

describe('the first question to a miner', () => {
  it('has a channel opened for it and waits for that', async () => {
    const { net, account, requests } = await withNewcomer((opening, provider) => {
      setTimeout(() => void channelTo(opening, provider), 50)
      return true
    })
    expect(net.till.book.outboundTo(account)).toBeUndefined()
    const response = await net.post('/v1/chat/completions', hello)
    expect([response.status, response.headers.get('x-koinon-provider')]).toEqual([200, account])
    expect(requests[0]).toMatchObject({ provider: account })
    expect(requests[0]?.neededPicoUsd).toBeGreaterThan(100_000_000n)
    // Waiting for the channel is neither a failure of the miner nor an attempt.
    expect(net.events).toMatchObject([{ kind: 'answer', outcome: 'final', attempts: 1 }])
    expect(net.table.get(account)?.failureRate).toBe(0)
  })

  it('goes to a miner with a channel meanwhile', async () => {
    const { net, account, requests } = await withNewcomer(() => true, {
      providers: [{ engine: new ScriptedEngine() }],
    })
    const answers = await Promise.all(Array.from({ length: 12 }, () => net.post('/v1/chat/completions', hello)))
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200))
    expect(answers.map(({ headers }) => headers.get('x-koinon-provider'))).not.toContain(account)
    expect(requests.every(({ provider }) => provider === account)).toBe(true)
  })

  it('is not charged where no channel can be opened', async () => {
    const { net } = await withNewcomer(() => false)
    const response = await net.post('/v1/chat/completions', hello)
    expect([response.status, net.owed()]).toEqual([503, { owedPicoUsd: 0n, reservedPicoUsd: 0n }])
  })

  it('locks up nothing for a payer without the money for it', async () => {
    const { net, requests } = await withNewcomer(() => true, { userDepositAtomic: 10n })
    expect((await net.post('/v1/chat/completions', hello)).status).toBe(402)
    expect(requests).toEqual([])
  })
})

describe('a question for which the channel has no room', () => {
  it('waits until the channel is topped up', async () => {
    const { net, account } = await withNewcomer((opening, provider) => {
      setTimeout(() => void channelTo(opening, provider, 1_000_000n), 50)
      return true
    })
    await channelTo(net, account, 100n)
    expect((await net.post('/v1/chat/completions', hello)).status).toBe(200)
    expect(net.till.book.outboundTo(account)?.depositAtomic).toBe(1_000_000n)
  })

  it('waits until answers under way leave room', async () => {
    const engine = new ScriptedEngine({ pieceDelayMs: 20 })
    const net = await startTestNetwork({ providers: [{ engine }] })
    network = net
    const account = net.providers[0]?.party.account as Address
    const { channelId } = net.till.book.outboundTo(account) as { channelId: `0x${string}` }
    // Room for one question, not for two.
    await net.till.book.observe(channelId, { depositAtomic: 200n, claimedAtomic: 0n, status: 'open' })
    const answers = await Promise.all(
      [1, 2, 3].map(() => net.post('/v1/chat/completions', { ...hello, max_tokens: 500 })),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  })
})
