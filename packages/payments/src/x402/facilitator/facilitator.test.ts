import { join } from 'node:path'
import { systemClock } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { BatchSettlementChannelManager, type BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/server'
import { x402HTTPClient } from '@x402/fetch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { party, temporaryFolder } from '../../testing/fixtures.ts'
import { dollarOf } from '../../testing/settlement.ts'
import { type StockServerOptions, startStockServer, stockClient, stockFetch } from '../../testing/stock-x402.ts'
import { Facilitator, facilitatorSchema } from './facilitator.ts'
import { FacilitatorServer } from './facilitator-server.ts'

type Json = Record<string, unknown>
type Funded = Awaited<ReturnType<TestNetwork['fund']>>

const folder = temporaryFolder()
const priceAtomic = 1_000n
let network: TestNetwork
let payer: Funded
let store: DurableStore
let server: FacilitatorServer
let facilitatorUrl: string
const closers: (() => Promise<void>)[] = []

beforeAll(async () => {
  network = await startNetwork()
  const gas = await network.fund('facilitator')
  payer = await network.fund('payer')
  store = await DurableStore.open(join(folder.path, 'facilitator.db'), facilitatorSchema)
  const facilitator = new Facilitator({
    store,
    reader: network.reader,
    sender: gas.sender,
    domain: network.domain,
    assets: [dollarOf(network)],
    unsettledBlocks: 0,
    clock: systemClock,
  })
  server = new FacilitatorServer({ facilitator, host: '127.0.0.1', port: 0, clock: systemClock })
  facilitatorUrl = `http://127.0.0.1:${await server.start()}`
})

afterAll(async () => {
  for (const close of closers) await close()
  await server.stop(100)
  await store.close()
  await network.close()
  folder.remove()
})

async function sell(
  kind: StockServerOptions['kind'],
  scheme: StockServerOptions['scheme'],
  changes: Partial<StockServerOptions> = {},
) {
  const seller = party(`seller ${kind} ${scheme} ${closers.length}`)
  const stock = await startStockServer({
    ...{ kind, scheme, facilitatorUrl, priceAtomic },
    chainId: network.domain.chainId,
    asset: dollarOf(network),
    receiverKey: seller.secretKey,
    ...changes,
  })
  closers.push(() => stock.close())
  return { ...stock, seller }
}

async function post(path: string, body: unknown): Promise<{ status: number; json: Json; retryAfter: string | null }> {
  const response = await fetch(`${facilitatorUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return {
    status: response.status,
    json: (await response.json()) as Json,
    retryAfter: response.headers.get('retry-after'),
  }
}

/** What a stock client would send for this resource, as a server would pass it on. */
async function proofFor(url: string): Promise<{ header: Record<string, string>; body: Json }> {
  const client = stockClient(payer.secretKey, network.domain.chainId, dollarOf(network))
  const http = new x402HTTPClient(client)
  const refused = await fetch(url)
  const required = http.getPaymentRequiredResponse((name) => refused.headers.get(name), await refused.text())
  const payload = await client.createPaymentPayload(required)
  const header = http.encodePaymentSignatureHeader(payload)
  return { header, body: { x402Version: 2, paymentPayload: payload, paymentRequirements: payload.accepted } }
}

describe('the facilitator, with stock servers and stock clients', () => {
  it.each(['express', 'hono'] as const)('settles exact payments of %s', async (kind) => {
    const { url, seller } = await sell(kind, 'exact')
    const pay = stockFetch(payer.secretKey, network.domain.chainId, dollarOf(network))
    const answers = await Promise.all(Array.from({ length: 8 }, () => pay(url)))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(await network.dollarsOf(seller.address)).toBe(8n * priceAtomic)
  })

  it.each(['express', 'hono'] as const)('serves channels of %s from deposit to refund', async (kind) => {
    const { url, seller, scheme, facilitator } = await sell(kind, 'batch-settlement')
    const pay = stockFetch(payer.secretKey, network.domain.chainId, dollarOf(network))
    for (let call = 0; call < 4; call++) expect((await pay(url)).status).toBe(200)

    const manager = new BatchSettlementChannelManager({
      scheme: scheme as BatchSettlementEvmScheme,
      facilitator,
      receiver: seller.address,
      token: dollarOf(network).token,
      network: `eip155:${network.domain.chainId}`,
    })
    const before = await network.dollarsOf(payer.address)
    expect(await manager.claim()).toHaveLength(1)
    await manager.settle()
    expect(await network.dollarsOf(seller.address)).toBe(4n * priceAtomic)
    await manager.refundIdleChannels({ idleSecs: 0 })
    // The first deposit is ten prices.
    expect(await network.dollarsOf(payer.address)).toBe(before + 6n * priceAtomic)
  })

  it('lets one proof be worked for once, however often it is sent at once, and never again', async () => {
    let calls = 0
    const { url, seller } = await sell('express', 'exact', { onCall: () => void calls++ })
    const { header } = await proofFor(url)
    const statuses = await Promise.all(
      Array.from({ length: 6 }, async () => (await fetch(url, { headers: header })).status),
    )
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(calls).toBe(1)
    expect((await fetch(url, { headers: header })).status).toBe(402)
    expect(calls).toBe(1)
    expect(await network.dollarsOf(seller.address)).toBe(priceAtomic)
  })

  it('tells the same to everybody who asks to settle the same payment', async () => {
    const { url, seller } = await sell('hono', 'exact')
    const { body } = await proofFor(url)
    const answers = await Promise.all(Array.from({ length: 6 }, () => post('/settle', body)))
    expect(new Set(answers.map(({ json }) => JSON.stringify(json))).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 200, json: { success: true, amount: '1000' } })
    expect(await network.dollarsOf(seller.address)).toBe(priceAtomic)
    expect((await post('/verify', body)).json).toMatchObject({
      isValid: false,
      invalidReason: 'invalid_exact_evm_nonce_already_used',
    })
  })

  it('holds the payment against what the server asks for, whatever the payer says', async () => {
    const { url } = await sell('hono', 'exact')
    const { body } = await proofFor(url)
    const requirements = body['paymentRequirements'] as Json
    const payload = body['paymentPayload'] as Json
    const tampered = (changes: Json, accepted: Json = {}) => ({
      ...body,
      paymentRequirements: { ...requirements, ...changes },
      paymentPayload: { ...payload, accepted: { ...requirements, ...changes, ...accepted } },
    })
    const stranger = `0x${'ee'.repeat(20)}`
    const reasons = []
    for (const changes of [
      { amount: '1001' },
      { amount: '999' },
      { payTo: stranger },
      { asset: stranger },
      { network: 'eip155:1' },
      { scheme: 'upto' },
    ]) {
      const verified = (await post('/verify', tampered(changes))).json
      const settled = (await post('/settle', tampered(changes))).json
      expect(settled).toMatchObject({ success: false, errorReason: verified['invalidReason'] })
      reasons.push(verified['invalidReason'])
    }
    expect(reasons).toEqual([
      'invalid_exact_evm_authorization_value',
      'invalid_exact_evm_authorization_value',
      'invalid_exact_evm_recipient_mismatch',
      'unsupported_asset',
      'invalid_network',
      'unsupported_scheme',
    ])
    expect((await post('/settle', tampered({}, { amount: '1' }))).status).toBe(400)
  })

  it('reads nothing that is not a request', async () => {
    for (const body of ['', '[]', '{', '{"x402Version":2}', JSON.stringify({ x402Version: 1 }), '"x"'.repeat(9)]) {
      expect(await post('/verify', body)).toMatchObject({ status: 400, json: { isValid: false } })
      expect(await post('/settle', body)).toMatchObject({ status: 400, json: { success: false } })
    }
    expect((await post('/settle', `{"a":"${'x'.repeat(200_000)}"}`)).status).toBe(413)
    expect((await fetch(`${facilitatorUrl}/else`)).status).toBe(404)
  })

  it('answers 503 and not 402 while nobody knows, and the truth when it is asked again', async () => {
    const { url, seller } = await sell('hono', 'exact')
    const { body } = await proofFor(url)
    const slow = await DurableStore.open(join(folder.path, 'hurried.db'), facilitatorSchema)
    const gas = await network.fund('hurried')
    const facilitator = new Facilitator({
      ...{ store: slow, reader: network.reader, sender: gas.sender, domain: network.domain, clock: systemClock },
      assets: [dollarOf(network)],
      unsettledBlocks: 0,
      settleTimeoutMs: 1,
    })
    const hurried = new FacilitatorServer({ facilitator, host: '127.0.0.1', port: 0, clock: systemClock })
    const ask = async (port: number) => {
      const response = await fetch(`http://127.0.0.1:${port}/settle`, { method: 'POST', body: JSON.stringify(body) })
      return { status: response.status, retryAfter: response.headers.get('retry-after'), json: await response.json() }
    }
    const port = await hurried.start()
    expect(await ask(port)).toMatchObject({
      status: 503,
      retryAfter: '2',
      json: { success: false, errorReason: 'settlement_pending' },
    })
    let last = await ask(port)
    for (let attempt = 0; last.status === 503 && attempt < 100; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      last = await ask(port)
    }
    expect(last).toMatchObject({ status: 200, json: { success: true } })
    expect(await network.dollarsOf(seller.address)).toBe(priceAtomic)
    await hurried.stop(100)
    await slow.close()
  })

  it('says what it supports, and lists what was paid for', async () => {
    const supported = (await (await fetch(`${facilitatorUrl}/supported`)).json()) as { kinds: { scheme: string }[] }
    expect(supported.kinds.map(({ scheme }) => scheme)).toEqual(['exact', 'batch-settlement'])
    const { url, seller } = await sell('express', 'exact')
    const pay = stockFetch(payer.secretKey, network.domain.chainId, dollarOf(network))
    await pay(`${url}?secret=1`)
    const listed = (await (
      await fetch(`${facilitatorUrl}/discovery/resources?type=http&payTo=${seller.address}`)
    ).json()) as { items: Json[]; pagination: Json }
    expect(listed.pagination).toEqual({ limit: 20, offset: 0, total: 1 })
    expect(listed.items[0]).toMatchObject({ resource: url, type: 'http', description: 'A call', settledPayments: 1 })
  })
})
