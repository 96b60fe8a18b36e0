/** Extensions of the stock packages: signed offers and receipts, payment ids, signing in. */
import { bytesToHex, signDigest } from '@koinon/base'
import {
  createEIP712OfferReceiptIssuer,
  createOfferReceiptExtension,
  declareOfferReceiptExtension,
} from '@x402/extensions/offer-receipt'
import { declarePaymentIdentifierExtension, extractPaymentIdentifier } from '@x402/extensions/payment-identifier'
import {
  createSIWxResourceServerExtension,
  declareSIWxExtension,
  InMemorySIWxStorage,
} from '@x402/extensions/sign-in-with-x'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryPayerStore } from '../../client/payer-store.ts'
import { receiptOf } from '../../client/paying-fetch.ts'
import { payTaskCall, payToolCall } from '../../messages/pay-messages.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { testPayer } from '../../testing/payer-fixtures.ts'
import {
  type Listening,
  startFacilitator,
  startHonoSeller,
  stockPayee,
  testNetworkName,
} from '../../testing/stock-sellers.ts'
import { readPaymentRequired } from './challenge.ts'
import { createPayingFetch } from './create-paying-fetch.ts'
import { signInHeaders } from './sign-in.ts'
import { checkOffer, checkSignedReceipt } from './signed-offers.ts'
import { decodeBase64Json, encodeBase64Json } from './x402-wire.ts'

let net: TestNetwork
let facilitator: Listening
let seller: Listening
let runs = 0
const ids: string[] = []
const account = privateKeyToAccount(bytesToHex(stockPayee.secretKey))

beforeAll(async () => {
  net = await startNetwork()
  facilitator = await startFacilitator(net)
  seller = await startHonoSeller({
    net,
    facilitatorUrl: facilitator.url,
    schemes: ['exact'],
    extensions: {
      ...declareOfferReceiptExtension({ includeTxHash: true }),
      'payment-identifier': declarePaymentIdentifierExtension(true),
      ...declareSIWxExtension({ network: testNetworkName(net), statement: 'Come back' }),
    },
    extend: (server, origin) => {
      const issuer = createEIP712OfferReceiptIssuer(
        `did:pkh:eip155:1:${account.address}`,
        account.signTypedData as never,
      )
      server.registerExtension(createOfferReceiptExtension(issuer))
      server.registerExtension(createSIWxResourceServerExtension({ storage: new InMemorySIWxStorage(), origin }))
      server.onAfterVerify(
        async ({ paymentPayload }) => void ids.push(String(extractPaymentIdentifier(paymentPayload as never))),
      )
    },
    handle: (body) => `${++runs} ${body}`,
  })
}, 120_000)

afterAll(async () => {
  await seller?.close()
  await facilitator?.close()
  await net?.close()
})

describe('a stock seller with extensions', () => {
  it('has its signed offer and receipt checked, gets a payment id, and lets who paid come back', async () => {
    const who = await net.fund('extended')
    const payer = testPayer(net, who.secretKey)
    const signer = { address: who.address, signDigest: async (digest: Uint8Array) => signDigest(digest, who.secretKey) }
    let isSigningIn = false
    const pay = createPayingFetch({
      payer,
      beforePaying: async (challenge, url) =>
        isSigningIn ? signInHeaders(challenge, url, net.network.chainId, signer) : undefined,
    })
    const url = `${seller.url}/paid`
    const headers = { 'idempotency-key': 'an-id-that-i-chose' }
    const first = await pay(url, { method: 'POST', body: 'a', headers })
    expect([first.status, await first.text(), ids]).toEqual([200, '1 a', ['an-id-that-i-chose']])
    const signed = checkSignedReceipt(receiptOf(first)?.raw, who.address)
    expect(signed).toEqual({ format: 'eip712', signer: stockPayee.address })
    expect(() => checkSignedReceipt(receiptOf(first)?.raw, stockPayee.address)).toThrow('another payer')
    isSigningIn = true
    const back = await pay(url, { method: 'POST', body: 'b' })
    expect([back.status, await back.text(), receiptOf(back)]).toEqual([200, '2 b', undefined])
    expect(payer.spent()).toBe(1_000n)
  })

  it('whose terms were changed on the way is refused, because its offer says otherwise', async () => {
    const response = await fetch(`${seller.url}/paid`, { method: 'POST', body: 'a' })
    const required = decodeBase64Json(response.headers.get('payment-required') as string) as {
      readonly accepts: readonly [Record<string, unknown>]
    }
    const challenge = readPaymentRequired(required, '')
    expect(checkOffer(challenge, required.accepts[0])).toEqual({ format: 'eip712', signer: stockPayee.address })
    const who = await net.fund('tampered')
    const accepts = [{ ...required.accepts[0], amount: '2000' }]
    const tampered = async (): Promise<Response> =>
      new Response('', { status: 402, headers: { 'payment-required': encodeBase64Json({ ...required, accepts }) } })
    const pay = createPayingFetch({ payer: testPayer(net, who.secretKey), fetch: tampered, allowHttp: true })
    await expect(pay(`${seller.url}/paid`, { method: 'POST' })).rejects.toMatchObject({
      code: 'payments/offer-mismatch',
    })
  })

  it('that asks to sign in for somebody else is not signed for', async () => {
    const response = await fetch(`${seller.url}/paid`, { method: 'POST', body: 'a' })
    const raw = readPaymentRequired(decodeBase64Json(response.headers.get('payment-required') as string), '')
    const signer = { address: stockPayee.address, signDigest: () => Promise.reject(new Error('asked to sign')) }
    expect(await signInHeaders({ raw } as never, 'http://bank.example/', net.network.chainId, signer)).toBeUndefined()
    expect(await signInHeaders({ raw } as never, `${seller.url}/paid`, 1, signer)).toBeUndefined()
  })
})

/** A tool and an agent in front of the stock seller: they carry over what it asks and says. */
async function carried(
  payload: unknown,
): Promise<{ readonly required?: unknown; readonly receipt?: unknown; readonly text: string }> {
  const headers = payload === undefined ? {} : { 'payment-signature': encodeBase64Json(payload) }
  const response = await fetch(`${seller.url}/paid`, { method: 'POST', body: 'tool', headers })
  const [required, receipt] = ['payment-required', 'payment-response'].map((name) => response.headers.get(name))
  return {
    ...(response.status === 402 ? { required: decodeBase64Json(required as string) } : {}),
    ...(receipt == null ? {} : { receipt: decodeBase64Json(receipt) }),
    text: await response.text(),
  }
}

describe('messages', () => {
  it('of MCP carry payments in _meta', async () => {
    const who = await net.fund('mcp')
    const payer = testPayer(net, who.secretKey)
    const call = { payer, origin: 'mcp://test', resourceUrl: 'mcp://tool/work', request: { name: 'work' } }
    const { answer, receipt } = await payToolCall({
      ...call,
      send: async (meta) => {
        const { required, receipt: paid, text } = await carried(meta['x402/payment'])
        return required === undefined
          ? { content: [{ type: 'text', text }], _meta: { 'x402/payment-response': paid } }
          : { isError: true, content: [{ type: 'text', text: JSON.stringify(required) }] }
      },
    })
    expect(answer).toMatchObject({ content: [{ text: expect.stringMatching(/ tool$/) }] })
    expect(receipt).toMatchObject({ backEnd: 'exact', chargedAtomic: 1_000n, isStated: true })
    const free = await payToolCall({ ...call, send: async () => ({ content: [] }) })
    expect(free.receipt).toBeUndefined()
  })

  it('of A2A carry payments in metadata; an answer that is lost is asked for with the same payment', async () => {
    const who = await net.fund('a2a')
    const payer = testPayer(net, who.secretKey, { store: memoryPayerStore() })
    const payments: unknown[] = []
    const { receipt } = await payTaskCall({
      payer,
      origin: 'https://agent.example',
      resourceUrl: 'https://agent.example/',
      request: { parts: [] },
      send: async (metadata) => {
        const payload = metadata['x402.payment.payload']
        if (payload !== undefined) payments.push(payload)
        if (payments.length === 1) throw new Error('the connection was lost')
        const { required, receipt: paid } = await carried(payload)
        const fields =
          required === undefined
            ? { 'x402.payment.status': 'payment-completed', 'x402.payment.receipts': [paid] }
            : { 'x402.payment.status': 'payment-required', 'x402.payment.required': required }
        return { kind: 'task', status: { message: { metadata: fields } } }
      },
    })
    expect(receipt).toMatchObject({ chargedAtomic: 1_000n })
    expect(payments[1]).toEqual(payments[0])
  })
})
