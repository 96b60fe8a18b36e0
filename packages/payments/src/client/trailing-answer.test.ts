/** Streams that are sold whole and cost what they come to: `fetch` shows no trailers, so the payer asks what was charged. */
import type { ServerResponse } from 'node:http'
import { isKoinonError } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { temporaryFolder } from '../testing/fixtures.ts'
import { accepted, answer, HostileSeller, newPayer, type SentPayload } from '../testing/hostile-seller.ts'
import { testPayer } from '../testing/payer-fixtures.ts'
import { startSeller, type TestSeller } from '../testing/seller.ts'
import { encodeBase64Json, x402Wire } from '../x402/client/x402-wire.ts'
import { payingFetch, receiptOf } from './paying-fetch.ts'

const folder = temporaryFolder()
let network: TestNetwork
let seller: TestSeller
let payers = 0

const event = (number: number) => Buffer.from(`data: ${number}\n\n`)

async function* parts(count: number) {
  for (let number = 1; number <= count; number++) yield { bytes: event(number), costAtomic: 40n }
}

beforeAll(async () => {
  network = await startNetwork()
  const [account, gas] = await Promise.all([network.fund('seller'), network.fund('gas')])
  seller = await startSeller(network, account, gas, {
    path: `${folder.path}/seller.db`,
    serve: async ({ url }) => ({
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      parts: parts(Number(new URL(url).pathname.slice(1))),
    }),
  })
}, 60_000)

afterAll(async () => {
  await seller?.close()
  await network?.close()
  folder.remove()
})

async function buyer(send: typeof fetch = fetch) {
  const { secretKey } = await network.fund(`buyer ${payers++}`)
  const payer = testPayer(network, secretKey)
  return { payer, pay: payingFetch({ payer, wires: [x402Wire], fetch: send }) }
}

const words = (count: number) => Array.from({ length: count }, (_, index) => event(index + 1)).join('')

describe('a stream that is sold whole', () => {
  it('is known to have cost what its seller charged, call after call', async () => {
    const { payer, pay } = await buyer()
    for (const [run, owedAtomic] of [
      [1, 280n],
      [2, 560n],
    ] as const) {
      const answer = await pay(`${seller.url}/7`)
      expect(receiptOf(answer)).toMatchObject({ isStated: false, chargedAtomic: 0n })
      expect([answer.status, await answer.text()]).toEqual([200, words(7)])
      expect(receiptOf(answer)).toMatchObject({ isStated: true, chargedAtomic: 280n })
      expect(payer.channels()).toMatchObject([{ owedAtomic }])
      expect([payer.spent(), payer.openCalls(), seller.runs.get('/7')]).toEqual([owedAtomic, [], run])
    }
  })

  it('whose seller does not tell counts with its worst case, until the same call is told what it cost', async () => {
    let isCut = true
    let sent = 0
    const { payer, pay } = await buyer(async (input, init) => {
      const isPaid = new Headers(init?.headers).has('payment-signature')
      if (isPaid && isCut && sent++ > 0) throw new Error('the connection was lost')
      return fetch(input, init)
    })
    const first = await pay(`${seller.url}/3`)
    expect(await first.text()).toBe(words(3))
    expect(receiptOf(first)).toMatchObject({ isStated: false })
    expect([payer.spent(), payer.openCalls().length]).toEqual([1_000n, 1])
    isCut = false
    const headers = { 'idempotency-key': 'newname_0123456789' }
    const told = await pay(`${seller.url}/3`, { headers })
    expect([told.status, receiptOf(told)?.chargedAtomic]).toEqual([410, 120n])
    expect(await told.json()).toMatchObject({ error: { code: 'payments/answer-not-kept' } })
    expect([payer.spent(), payer.openCalls(), seller.runs.get('/3')]).toEqual([120n, [], 1])
    expect(await (await pay(`${seller.url}/3`, { headers })).text()).toBe(words(3))
    expect(await (await pay(`${seller.url}/3`)).text()).toBe(words(3))
    expect([payer.spent(), payer.openCalls(), seller.runs.get('/3')]).toEqual([360n, [], 3])
  }, 30_000)

  it('stays open when its reader leaves, and its charge is heard with the next call', async () => {
    const { payer, pay } = await buyer()
    const answer = await pay(`${seller.url}/20`)
    await answer.body?.cancel()
    expect(payer.openCalls()).toHaveLength(1)
    expect((await pay(`${seller.url}/20`)).status).toBe(410)
    expect(payer.openCalls()).toEqual([])
    expect(payer.spent()).toBe(payer.channels()[0]?.owedAtomic)
  })
})

describe('a seller that announces a receipt behind its answer', () => {
  const hostile = new HostileSeller()
  beforeAll(() => hostile.start())
  afterAll(() => hostile.stop())

  /** Streams at once; what it does when it is asked for the receipt is given. */
  async function soldBy(
    asked: (response: ServerResponse, { payload }: SentPayload) => void,
    trailer = 'PAYMENT-RESPONSE',
  ) {
    hostile.received = []
    hostile.behave = (payload, response) => {
      if (payload !== undefined && hostile.received.length > 1) return asked(response, payload)
      if (payload !== undefined) return void response.writeHead(200, { trailer }).end('data: 1\n\n')
      const extensions = { 'payment-identifier': { info: { required: false } } }
      const required = { x402Version: 2, resource: { url: hostile.url }, accepts: [accepted()], extensions }
      response.writeHead(402, { 'payment-required': encodeBase64Json(required) }).end('{}')
    }
    const payer = newPayer()
    const sold = await payingFetch({ payer, wires: [x402Wire] })(hostile.url)
    const read = await sold.text().catch((error: unknown) => (isKoinonError(error) ? error.code : String(error)))
    return { payer, read, isStated: receiptOf(sold)?.isStated, asked: hostile.received.length - 1 }
  }

  it('gets nothing more signed by asking for money again, by streaming again, or by failing', async () => {
    for (const [again, times] of [
      [(response: ServerResponse) => hostile.ask(response, accepted({ amount: '2000' })), 1],
      [
        (response: ServerResponse) => void response.writeHead(200, { trailer: 'payment-response' }).end('data: 2\n\n'),
        1,
      ],
      [(response: ServerResponse) => void response.writeHead(500).end(), 4],
    ] as const) {
      const { payer, read, isStated, asked } = await soldBy(again)
      expect([read, isStated, asked]).toEqual(['data: 1\n\n', false, times])
      expect([hostile.claimable(), payer.spent(), payer.openCalls().length]).toEqual([1_000n, 1_000n, 1])
    }
  })

  it('is not asked where it announces another trailer, and signed for no more where it tells too much', async () => {
    expect(await soldBy(() => undefined, 'server-timing')).toMatchObject({ asked: 0, isStated: false })
    const greedy = await soldBy((response, { payload }) => answer(response, '2000', '2000', payload.voucher?.channelId))
    expect([greedy.read, greedy.payer.spent()]).toEqual(['payments/seller-overclaims', 1_000n])
  })
})
