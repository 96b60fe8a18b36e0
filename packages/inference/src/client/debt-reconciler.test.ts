import { bytesToHex, type Hex, systemClock, systemRandom } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import { channelIdOf } from '@koinon/payments/rules'
import { nodeRequestHeader, signNodeRequest } from '@koinon/work'
import { request as undiciRequest } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { testChannel, testDomain, testParty, testSession } from '../testing/parties.ts'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork, type TestNetwork, type TestNetworkOptions } from '../testing/test-network.ts'
import { until } from '../testing/wait.ts'
import { RequestIds } from './request-ids.ts'

const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hello' }] }
const pricePicoUsd = 5n * 50_000n + 4n * 200_000n
let network: TestNetwork | undefined

afterEach(async () => {
  await network?.close()
  network = undefined
})

async function setup(options: TestNetworkOptions = {}) {
  const engine = new ScriptedEngine({ pieceDelayMs: 5 })
  const net = await startTestNetwork({ providers: [{ engine }], ...options })
  network = net
  const provider = net.providers[0] as NonNullable<(typeof net.providers)[0]>
  const channelId = channelIdOf(
    testChannel(net.gateway.account, net.gateway.account, provider.party.account),
    testDomain,
  )
  const ids = new RequestIds({ key: net.gateway.secretKey, random: systemRandom })
  const session = await testSession(net.gateway)
  const signed = (method: string, path: string, body: string, by = session): string =>
    signNodeRequest(
      {
        recipient: provider.party.account,
        method,
        path,
        bodyHash: bytesToHex(sha256Native(body)),
        nonce: bytesToHex(systemRandom(16)),
        expiresAtMs: systemClock.nowMs() + 30_000,
      },
      by,
    )
  return {
    net,
    engine,
    provider,
    channelId,
    signed,
    /** An answer that the miner made final and the gateway's books know nothing of, as after a crash. */
    async lose(requestId?: Hex, body = JSON.stringify(hello)): Promise<void> {
      const answer = await undiciRequest(`${provider.url}/v1/chat/completions`, {
        method: 'POST',
        headers: {
          [nodeRequestHeader]: signed('POST', '/v1/chat/completions', body),
          'x-koinon-request-id': requestId ?? ids.make(bytesToHex(sha256Native(body)), provider.party.account),
          'x-koinon-channel': channelId,
        },
        body,
      })
      await answer.body.text()
      expect(answer.statusCode).toBe(200)
    },
    reconcile: () => net.reconcile(provider.party.account),
    ours: () => net.till.book.require(channelId).owedPicoUsd,
    theirs: () => provider.till.book.require(channelId).owedPicoUsd,
    reports: () => net.events.filter((event) => event.kind === 'reconciled'),
  }
}

describe('DebtReconciler', () => {
  it('makes lost answers good wherever they stand in the bill, once, and vouchers them', async () => {
    const { net, lose, reconcile, ours, theirs, reports, provider, channelId } = await setup()
    await lose()
    await (await net.post('/v1/chat/completions', hello)).text()
    await lose()
    await (await net.post('/v1/chat/completions', hello)).text()
    expect(theirs() - ours()).toBe(2n * pricePicoUsd)
    await Promise.all([reconcile(), reconcile()])
    await reconcile()
    expect([ours(), theirs(), net.owed().owedPicoUsd]).toEqual([
      4n * pricePicoUsd,
      4n * pricePicoUsd,
      2n * pricePicoUsd,
    ])
    expect(reports()).toMatchObject([{ recovered: 2, recoveredPicoUsd: 2n * pricePicoUsd, disputed: 0 }])
    await until(
      'the miner has the voucher for all of it',
      () => provider.till.book.require(channelId).voucherAtomic === (4n * pricePicoUsd) / 1_000_000n,
    )
  })

  it('finds what lies more than a page back', async () => {
    const { net, lose, reconcile, ours, theirs } = await setup({ limits: { requestsPerMinute: 1_000 } })
    await lose()
    for (let group = 0; group < 6; group++) {
      const answers = Array.from({ length: 10 }, () => net.post('/v1/chat/completions', hello))
      await Promise.all(answers.map(async (answer) => (await answer).text()))
    }
    await reconcile()
    expect(ours()).toBe(theirs())
  })

  it('does not pay for what it never asked: a foreign id, or an id of ours for another request', async () => {
    const { lose, reconcile, ours, reports, net, provider } = await setup()
    await lose(bytesToHex(systemRandom(16)))
    const ids = new RequestIds({ key: net.gateway.secretKey, random: systemRandom })
    await lose(ids.make(bytesToHex(sha256Native('another request')), provider.party.account))
    await reconcile()
    expect(ours()).toBe(0n)
    expect(reports()).toMatchObject([{ recovered: 0, disputed: 2, objection: 'we did not ask this' }])
  })

  it('does not pay a miner for what it asked another', async () => {
    const { lose, reconcile, ours, reports, net, provider } = await setup({
      providers: [{ engine: new ScriptedEngine() }, { engine: new ScriptedEngine() }],
    })
    const rival = net.providers[1]?.party.account as Hex
    const answer = await net.post('/v1/chat/completions', hello, { 'x-koinon-provider': rival })
    await answer.text()
    const requestId = answer.headers.get('x-request-id') as Hex
    const ids = new RequestIds({ key: net.gateway.secretKey, random: systemRandom })
    const bodyHash = bytesToHex(sha256Native(JSON.stringify(hello)))
    expect([ids.isOurs(requestId, bodyHash, rival), ids.isOurs(requestId, bodyHash, provider.party.account)]).toEqual([
      true,
      false,
    ])
    await lose(requestId)
    await reconcile()
    expect(ours()).toBe(0n)
    expect(reports()).toMatchObject([{ recovered: 0, disputed: 1, objection: 'we did not ask this' }])
  })

  it.each([
    ['a channel without money', { userDepositAtomic: 0n }, 402],
    ['miners that are all full', { limits: { waitingAnswers: 0 } }, 503],
  ] as const)('does not pay for the id of a refusal: %s', async (_, options, status) => {
    const { lose, reconcile, ours, reports, net, provider } = await setup(options)
    if (status === 503) net.table.get(provider.party.account)?.refusedForNow(systemClock.nowMs() + 60_000)
    const refused = await net.post('/v1/chat/completions', hello)
    expect(refused.status).toBe(status)
    await lose(refused.headers.get('x-request-id') as Hex)
    await reconcile()
    expect(ours()).toBe(0n)
    expect(reports()).toMatchObject([{ recovered: 0, disputed: 1, objection: 'we did not ask this' }])
  })

  it('does not pay without the evidence from which the amount follows', async () => {
    const { lose, reconcile, ours, reports, provider } = await setup()
    await lose()
    await provider.till.store.write([{ sql: 'update inference_evidence set request = ?', values: [Buffer.from('{}')] }])
    await reconcile()
    expect(reports()).toMatchObject([{ disputed: 1, objection: 'its evidence is of another request' }])
    await provider.till.store.write([{ sql: 'delete from inference_evidence' }])
    await reconcile()
    expect([reports().length, ours()]).toEqual([2, 0n])
  })

  it('pays no more in a day than its owner allows', async () => {
    const { lose, reconcile, ours, reports } = await setup({ limits: { recoveredPicoUsdPerDay: 2n * pricePicoUsd } })
    for (let count = 0; count < 3; count++) await lose()
    await reconcile()
    expect(ours()).toBe(2n * pricePicoUsd)
    expect(reports()).toMatchObject([{ recovered: 2, disputed: 1, objection: 'too much was recovered today' }])
  })

  it('leaves an answer that is about to become final alone', async () => {
    let goOn: (() => void) | undefined
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const { net, reconcile, ours, theirs, reports } = await setup({
      finalize: async (answer, ledger) => {
        await waiting
        return ledger.finalize(answer)
      },
    })
    const answer = net.post('/v1/chat/completions', hello)
    await until('the miner has committed', () => theirs() === pricePicoUsd)
    await reconcile()
    expect([ours(), reports()]).toEqual([0n, []])
    goOn?.()
    expect((await answer).status).toBe(200)
    await reconcile()
    expect([ours(), theirs()]).toEqual([pricePicoUsd, pricePicoUsd])
  })

  it('begins by itself when a miner gives no more credit, and the waiting answer is served', async () => {
    const engine = new ScriptedEngine()
    const { net, lose, ours, theirs } = await setup({
      providers: [{ engine, creditLimitPicoUsd: 2n * pricePicoUsd }],
    })
    for (let count = 0; count < 3; count++) await lose()
    const answer = await net.post('/v1/chat/completions', hello)
    expect(answer.status).toBe(200)
    expect([ours(), theirs(), net.owed().owedPicoUsd]).toEqual([4n * pricePicoUsd, 4n * pricePicoUsd, pricePicoUsd])
  })
})

describe('the end of a bill', () => {
  it('is shown to the payer of the channel, and to nobody else', async () => {
    const { lose, provider, channelId, signed } = await setup()
    await lose()
    const path = `/v1/channels/${channelId}/receipts?limit=5`
    const look = async (header: string) => {
      const { statusCode, body } = await undiciRequest(`${provider.url}${path}`, {
        headers: { [nodeRequestHeader]: header },
      })
      return { status: statusCode, json: (await body.json()) as { receipts?: unknown[] } }
    }
    const own = await look(signed('GET', path, ''))
    expect([own.status, own.json.receipts?.length]).toEqual([200, 1])
    const stranger = await testSession(testParty('stranger'))
    expect((await look(signed('GET', path, '', stranger))).status).toBe(404)
    expect((await look('')).status).toBe(401)
  })
})
