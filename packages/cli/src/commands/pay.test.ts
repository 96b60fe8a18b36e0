import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hexToBytes, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { batchSettlementAbi, testDollarAbi } from '@koinon/ledger/abis'
import { accountKey, findBudget, openHome } from '@koinon/node/home'
import { createServicePayer, openHomePayer, PayingProxy } from '@koinon/node/wallet'
import { durablePayerStore, payerSchema } from '@koinon/payments/client'
import { createVoucherSigner } from '@koinon/payments/core'
import {
  type Listening,
  startFacilitator,
  startHonoSeller,
  startNetwork,
  stockPayee,
  type TestNetwork,
} from '@koinon/payments/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-cli-pay-'))
const home = openHome(join(folder, 'home'))
let network: TestNetwork
let facilitator: Listening
let seller: Listening
let runs = 0

beforeAll(async () => {
  network = await startNetwork()
  facilitator = await startFacilitator(network)
  seller = await startHonoSeller({
    net: network,
    facilitatorUrl: facilitator.url,
    handle: (body) => `${++runs} ${body}`,
  })
  writeFileSync(home.networkFile, JSON.stringify(network.network))
  const giver = await network.fund('giver')
  const { address } = accountKey(home, 'wallet', systemRandom)
  await giver.sender.send({ to: address, value: 10n ** 18n }, 'gas')
  await giver.sender.call({
    address: network.network.contracts.dollar,
    abi: testDollarAbi,
    functionName: 'faucet',
    args: [address, 10_000_000n],
  })
}, 120_000)

afterAll(async () => {
  await seller?.close()
  await facilitator?.close()
  await network?.close()
  rmSync(folder, { recursive: true, force: true })
})

const pay = (...args: readonly string[]) => runKoinon(home.path, 'pay', `${seller.url}/paid`, ...args)

describe('koinon pay', () => {
  it('shows what is asked and pays nothing', async () => {
    const { code, stdout } = await pay('-d', 'x', '--dry-run')
    expect([code, runs]).toEqual([0, 0])
    expect(stdout).toContain('channel: at most 0.001 dollars to 0x')
    expect(stdout).toContain('exact: at most 0.001 dollars to 0x')
  })

  it('pays within its limit and prints answer and receipt, and goes on with the channel in the next process', async () => {
    const first = await pay('-d', 'question')
    expect([first.code, first.stdout]).toEqual([0, '1 question\n'])
    expect(first.stderr).toContain(`${seller.url} asks at most 0.001 dollars; a channel to it is filled first`)
    expect(first.stderr).toMatch(
      /\npaid 0\.001 dollars \(channel\) from channel 0x[0-9a-f]{64} filled by transaction 0x/,
    )
    const again = JSON.parse((await pay('-d', 'question', '--json')).stdout)
    expect(again).toMatchObject({
      ok: true,
      data: {
        status: 200,
        body: '2 question',
        payment: { backEnd: 'channel', chargedDollars: '0.001', isStated: true },
      },
    })
    const channel = (await openHomePayer(home, 'pay', { maximumPerCallAtomic: 1n, maximumInChannelsAtomic: 1n }).then(
      async (owner) => {
        await owner.close()
        return owner.payer.channels()
      },
    )) as readonly unknown[]
    expect(channel).toMatchObject([{ owedAtomic: 2_000n, depositAtomic: 20_000n }])
  })

  it('names the address that does not answer, and what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const closed = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await new Promise((resolve) => server.close(resolve))
    const { code, stderr } = await runKoinon(home.path, 'pay', `${closed}/paid?key=secret`)
    expect(code).toBe(3)
    expect(stderr).toContain(`koinon: ${closed}/paid cannot be reached: nothing listens there`)
    expect(stderr).toContain('Check the address')
  })

  it('refuses a price above the limit, and says what to do', async () => {
    const { code, stderr } = await pay('-d', 'x', '--max-per-call', '0.0009')
    expect(code).toBe(1)
    expect(stderr).toContain('one call may cost at most 0.0009 dollars')
    expect(runs).toBe(2)
  })

  it('pays a named call once', async () => {
    const id = 'a-call-of-this-test'
    expect((await pay('-d', 'named', '--id', id)).stdout).toContain('3 named')
    const again = await pay('-d', 'named', '--id', id, '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: false, error: { code: 'payments/answer-lost' } })
    expect(runs).toBe(3)
  })
})

describe('koinon pay --budget', () => {
  const koinon = (...args: readonly string[]) => runKoinon(home.path, ...args)
  const grant = (label: string, ...more: readonly string[]) =>
    koinon(
      ...['budget', 'grant', '--label', label, '--to', stockPayee.address, '--service', seller.url],
      ...['--method', 'POST /*', '--max-per-call', '0.001', '--max-total', '0.05', '--yes', ...more],
    )

  it('pays by the session key alone, and explains what was spent', async () => {
    const delegating = 'delegating the account ...'
    expect(await grant('shop', '--on-chain')).toMatchObject({ code: 0, stderr: expect.stringContaining(delegating) })
    const next = await grant('shop 2', '--on-chain')
    expect([next.code, next.stderr.includes(delegating)]).toEqual([0, false])
    const ran = runs
    const paid = JSON.parse((await pay('-d', 'budget', '--budget', 'shop', '--json')).stdout)
    expect(paid).toMatchObject({ ok: true, data: { body: `${ran + 1} budget`, payment: { backEnd: 'channel' } } })
    const again = await pay('-d', 'again', '--budget', 'shop', '--json')
    expect(JSON.parse(again.stdout).data.payment.channelId).toBe(paid.data.payment.channelId)
    const shown = (await koinon('budget', 'explain', 'shop')).stdout
    expect(shown).toContain(
      'Of its 0.05 dollars 0.002 are used, 0.018 were put into channels and not used and 0.03 are left.',
    )
    expect(shown).toMatch(
      /It can spend 0\.03 dollars of that now.*\n0\.018 dollars lie in channels: they pay for more calls/,
    )
    expect((await koinon('budget', 'list')).stdout).toMatch(
      /in channels.*shop +limited +usable +0\.002 +0\.018 +0\.03/s,
    )
    const elsewhere = ['--to', stockPayee.address, '--service', 'https://api.example', '--yes']
    await koinon('budget', 'grant', '--label', 'elsewhere', ...elsewhere)
    const other = await pay('-d', 'other', '--budget', 'elsewhere', '--json')
    expect(JSON.parse(other.stdout)).toMatchObject({
      error: { code: 'payments/budget-refused', hint: expect.stringContaining('koinon budget explain') },
    })
    await koinon('budget', 'revoke', 'shop', '--yes')
    const ended = (await koinon('budget', 'explain', 'shop')).stdout
    expect(ended).toMatch(/^It can spend nothing now: you revoked it\. What it says:/)
    expect(ended).toContain('not used and 0.03 are not to be spent any more.')
    expect(ended).toMatch(
      /0\.018 dollars in channels are still at risk\. .*budget withdraw.* free 15 min after you ask/,
    )
    expect(ended).toMatch(/The ledger does not know that you revoked it.*--on-chain/)
    const late = await pay('-d', 'late', '--budget', 'shop', '--json')
    expect(JSON.parse(late.stdout).error).toMatchObject({ message: expect.stringContaining('(revoked)') })
    expect(runs).toBe(ran + 2)
  })

  it('waits for the word of the owner under propose, and pays once for it', async () => {
    const { agent } = JSON.parse((await grant('asks', '--autonomy', 'propose', '--json')).stdout).data
    const { dollar } = network.network.contracts
    const giver = await network.fund('key giver')
    await giver.sender.call({ address: dollar, abi: testDollarAbi, functionName: 'faucet', args: [agent, 5_000n] })
    const waiting = JSON.parse((await pay('-d', 'asked', '--budget', 'asks', '--json')).stdout)
    expect(waiting.error).toMatchObject({ code: 'payments/budget-waits' })
    const [proposal] = JSON.parse((await koinon('budget', 'approve', 'asks', '--json')).stdout).data.proposals
    expect(await koinon('budget', 'approve', 'asks', proposal.id, '--yes')).toMatchObject({ code: 0 })
    expect((await pay('-d', 'asked', '--budget', 'asks')).stdout).toContain('asked')
    const next = JSON.parse((await pay('-d', 'asked', '--budget', 'asks', '--json')).stdout)
    expect(next.error).toMatchObject({ code: 'payments/budget-waits' })
  })
})

describe('a budget for tools of MCP', () => {
  it('pays what a call may cost and its ceiling and budget allow', async () => {
    const label = ['--label', 'tools', '--to', stockPayee.address, '--service', seller.url]
    await runKoinon(home.path, 'budget', 'grant', ...label, '--max-per-call', '0.001', '--max-total', '0.05', '--yes')
    const milliDollar = 1_000_000_000n
    const service = createServicePayer(home, 2n * milliDollar, { budget: 'tools' })
    const call = { url: `${seller.url}/paid`, method: 'POST', body: {}, signal: AbortSignal.timeout(30_000) } as const
    try {
      const dear = service.pay({ ...call, maximumPicoUsd: milliDollar - 1n })
      await expect(dear).rejects.toMatchObject({ code: 'payments/above-named-price' })
      for (let index = 0; index < 2; index++) {
        const { response, paidPicoUsd } = await service.pay({ ...call, maximumPicoUsd: milliDollar })
        expect([response.status, paidPicoUsd]).toEqual([200, milliDollar])
      }
      const beyond = service.pay({ ...call, maximumPicoUsd: milliDollar })
      await expect(beyond).rejects.toMatchObject({ code: 'payments/over-limit' })
    } finally {
      await service.close()
    }
  })
})

describe('a paying proxy', () => {
  it('pays for programs that cannot, up to its total, and says what was spent', async () => {
    const limits = { maximumPerCallAtomic: 1_000n, maximumTotalAtomic: 2_000n, maximumInChannelsAtomic: 100_000n }
    const owner = await openHomePayer(home, 'proxy', limits)
    const proxy = new PayingProxy({
      port: 0,
      upstream: new URL(seller.url),
      fetch: owner.fetch,
      spent: () => owner.payer.spent(),
      ...limits,
    })
    const url = await proxy.start()
    try {
      const ask = (headers: Record<string, string> = {}) =>
        fetch(`${url}/paid`, { method: 'POST', body: 'q', headers: { authorization: 'Bearer sk-none', ...headers } })
      expect([(await ask()).status, (await ask()).status]).toEqual([200, 200])
      const refused = await ask()
      expect([refused.status, await refused.json()]).toMatchObject([402, { error: { code: 'payments/over-limit' } }])
      expect(await (await fetch(`${url}/spend`)).json()).toMatchObject({
        calls: 3,
        paidCalls: 2,
        refusedCalls: 1,
        spentAtomic: '2000',
      })
      // A page whose name was pointed at this machine, and one that sends requests to its ports.
      expect((await ask({ origin: 'http://evil.example' })).status).toBe(421)
      expect((await ask({ 'sec-fetch-site': 'cross-site' })).status).toBe(421)
    } finally {
      await proxy.stop()
      await owner.close()
    }
  })
})

describe('a revoked budget whose key was copied', () => {
  const explain = async () => (await runKoinon(home.path, 'budget', 'explain', 'shop')).stdout
  /** The seller and whoever has the key claim what they like. */
  const claim = async (totalClaimed: bigint) => {
    const { grantHash, sessionKey = '0x' } = findBudget(home, 'shop')
    const store = await DurableStore.open(join(home.path, 'payer', `budget-${grantHash.slice(2)}.db`), payerSchema)
    const [channel] = (await durablePayerStore(store).load()).channels
    await store.close()
    if (channel === undefined) throw new Error('no channel')
    const { channelId, config } = channel
    const { signature } = createVoucherSigner(hexToBytes(sessionKey), network.domain).sign({
      channelId,
      maxClaimableAtomic: totalClaimed,
    })
    const seller = await network.fund('stock seller')
    const voucher = { channel: config, maxClaimableAmount: totalClaimed }
    await seller.sender.call({
      address: network.domain.escrow,
      abi: batchSettlementAbi,
      functionName: 'claim',
      args: [[{ voucher, signature, totalClaimed }]],
    })
  }

  it('says what was claimed beyond what it owes, until when the rest is at risk, and never that it came back', async () => {
    await claim(15_000n)
    const robbed = await explain()
    expect(robbed).toContain('0.013 dollars were claimed from its channels beyond the charges that this home knows of')
    expect(robbed).toContain('0.005 dollars in channels are still at risk.')
    await runKoinon(home.path, 'budget', 'withdraw', 'shop', '--yes')
    expect(await explain()).toMatch(/0\.005 dollars of channels were asked back .*; until you have it back, whoever/)
    await network.advanceSeconds(901)
    expect(await explain()).toMatch(/0\.005 dollars of channels are free now: fetch them with .*withdraw.*until you/)
    await claim(20_000n)
    const empty = await explain()
    expect(empty).toMatch(/0\.018 dollars were claimed .*\nNothing lies in its channels any more\.\n/)
    expect(empty).not.toContain('came back')
  })

  it('says what it cannot know, and that it could not be checked whether the ledger knows of the revocation', async () => {
    rmSync(join(home.path, 'payer'), { recursive: true })
    expect(await explain()).toContain('This home has no record of its channels')
    writeFileSync(home.networkFile, JSON.stringify({ ...network.network, rpcUrl: 'http://127.0.0.1:1' }))
    expect(await explain()).toContain('could not be checked whether it knows that you revoked it')
  })
})
