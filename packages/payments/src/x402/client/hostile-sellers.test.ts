/** Sellers that cheat: what they get is never more than what was signed for one call, and mostly nothing. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bytesToHex, type Hex } from '@koinon/base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Payer, type PayerOptions } from '../../client/payer.ts'
import { memoryPayerStore } from '../../client/payer-store.ts'
import { type PayingFetchOptions, payingFetch, receiptOf } from '../../client/paying-fetch.ts'
import { localPaymentSigner } from '../../client/payment-signer.ts'
import type { PayerPolicy } from '../../rules/payer-policy.ts'
import { party, seed, testDomain } from '../../testing/fixtures.ts'
import { decodeBase64Json, encodeBase64Json, x402Wire } from './x402-wire.ts'

const token = `0x${'dd'.repeat(20)}` as const
const seller = party('hostile seller')
const thief = party('thief')

type Payload = {
  readonly accepted: { readonly scheme: string; readonly amount: string }
  readonly payload: {
    readonly type?: string
    readonly voucher?: { readonly channelId: Hex; readonly maxClaimableAmount: string; readonly signature: Hex }
    readonly deposit?: { readonly amount: string }
    readonly authorization?: { readonly nonce: Hex; readonly value: string; readonly to: string }
    readonly signature?: Hex
  }
}

let behave: (payload: Payload | undefined, response: ServerResponse, request: IncomingMessage) => void
let url = ''
let received: Payload[] = []
const server = createServer((request, response) => {
  const header = request.headers['payment-signature']
  const payload = header === undefined ? undefined : (decodeBase64Json(String(header)) as Payload)
  if (payload !== undefined) received.push(payload)
  request.resume().on('end', () => behave(payload, response, request))
})

beforeEach(async () => {
  received = []
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/paid`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function accepted(changes: Record<string, unknown> = {}, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    scheme: 'batch-settlement',
    network: `eip155:${testDomain.chainId}`,
    amount: '1000',
    asset: token,
    payTo: seller.address,
    maxTimeoutSeconds: 1,
    extra: { name: 'Test Dollar', version: '1', receiverAuthorizer: seller.address, withdrawDelay: 900, ...extra },
    ...changes,
  }
}

function ask(response: ServerResponse, accepts: unknown, error?: string): void {
  const required = { x402Version: 2, error, resource: { url }, accepts: [accepts].flat() }
  response.writeHead(402, { 'payment-required': encodeBase64Json(required) }).end('{}')
}

function answer(response: ServerResponse, charged: string, owed: string, channelId: Hex | undefined): void {
  const extra = {
    chargedAmount: charged,
    channelState: { channelId, balance: '20000', totalClaimed: '0', chargedCumulativeAmount: owed },
  }
  response
    .writeHead(200, { 'payment-response': encodeBase64Json({ success: true, transaction: '', network: 'x', extra }) })
    .end('done')
}

function newPayer(changes: Partial<PayerOptions> = {}, policy: Partial<PayerPolicy> = {}): Payer {
  return new Payer({
    signer: localPaymentSigner(seed('honest payer')),
    policy: {
      assets: [
        {
          chainId: testDomain.chainId,
          token,
          name: 'Test Dollar',
          version: '1',
          decimals: 6,
          escrow: testDomain.escrow,
          collector: party('collector').address,
        },
      ],
      maximumPerCallAtomic: 5_000n,
      maximumInChannelsAtomic: 100_000n,
      maximumTimeoutSeconds: 300,
      maximumWithdrawDelaySeconds: 86_400,
      ...policy,
    },
    ...changes,
  })
}

function payWith(payer: Payer, changes: Partial<PayingFetchOptions> = {}): (body?: string) => Promise<Response> {
  const pay = payingFetch({ payer, wires: [x402Wire], graceMs: 200, concludeMs: 1_200, ...changes })
  return (body = 'a') => pay(url, { method: 'POST', body })
}

/** The most that the seller could ever claim by what it received. */
const claimable = (): bigint =>
  received.reduce((most, { payload }) => {
    const value = BigInt(payload.voucher?.maxClaimableAmount ?? 0)
    return value > most ? value : most
  }, 0n)

describe("terms that are not the payer's", () => {
  it.each([
    ['another chain', accepted({ network: 'eip155:1' }), 'payments/asset-not-allowed'],
    ['another token', accepted({ asset: thief.address }), 'payments/asset-not-allowed'],
    ['another name of the token', accepted({}, { name: 'Other' }), 'payments/asset-not-allowed'],
    ['a price above the limit', accepted({ amount: '5001' }), 'payments/over-limit'],
    ['a withdrawal delay of a month', accepted({}, { withdrawDelay: 2_592_000 }), 'payments/withdraw-delay'],
    ['nothing that can be read', accepted({ amount: '-5' }), 'payments/nothing-payable'],
    ['a negative timeout', accepted({ maxTimeoutSeconds: -1 }), 'payments/nothing-payable'],
  ])('%s: nothing is signed', async (_name, terms, code) => {
    behave = (_payload, response) => ask(response, terms)
    await expect(payWith(newPayer())()).rejects.toMatchObject({ code })
    expect(received).toEqual([])
  })

  it("a payee that is not allowed, a spent total, an origin's limit", async () => {
    behave = (payload, response) =>
      payload === undefined
        ? ask(response, accepted())
        : answer(
            response,
            '1000',
            payload.payload.voucher?.maxClaimableAmount as string,
            payload.payload.voucher?.channelId,
          )
    await expect(payWith(newPayer({}, { payees: [thief.address] }))()).rejects.toMatchObject({
      code: 'payments/payee-not-allowed',
    })
    for (const policy of [{ maximumTotalAtomic: 2_500n }, { maximumPerOriginAtomic: 2_500n }]) {
      const pay = payWith(newPayer({}, policy))
      expect([(await pay('1')).status, (await pay('2')).status]).toEqual([200, 200])
      await expect(pay('3')).rejects.toMatchObject({ code: 'payments/over-limit' })
    }
  })

  it('limits hold for calls at the same time', async () => {
    behave = (payload, response) =>
      payload === undefined
        ? ask(response, accepted({ scheme: 'exact' }))
        : setTimeout(() => answer(response, '1000', '1000', undefined), 50)
    const pay = payWith(newPayer({}, { maximumTotalAtomic: 3_500n }))
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => pay(String(index))))
    expect([results.filter(({ status }) => status === 'fulfilled').length, received.length]).toEqual([3, 3])
  })

  it('a deposit beyond the ceiling of what may lie in channels', async () => {
    behave = (_payload, response) => ask(response, accepted())
    await expect(payWith(newPayer({}, { maximumInChannelsAtomic: 900n }))()).rejects.toMatchObject({
      code: 'payments/too-much-in-channels',
    })
    behave = (payload, response) =>
      payload === undefined
        ? ask(response, accepted({}, { minDeposit: '99999999999' }))
        : answer(response, '1000', '1000', payload.payload.voucher?.channelId)
    const payer = newPayer()
    await payWith(payer)()
    expect(received.map(({ payload }) => payload.deposit?.amount)).toEqual(['100000'])
  })
})

describe('a seller that changes its terms after it was paid', () => {
  it.each([
    ['a higher price', accepted({ amount: '1001' })],
    ['another payee', accepted({ payTo: thief.address })],
    ['another asset', accepted({ asset: thief.address })],
  ])('%s is refused', async (change, terms) => {
    behave = (payload, response) => ask(response, payload === undefined ? accepted() : terms)
    await expect(payWith(newPayer())()).rejects.toMatchObject({ code: 'payments/terms-changed', details: { change } })
    expect(received).toHaveLength(1)
  })
})

describe('a seller that keeps what it got', () => {
  it('and answers 402 again gets nothing more', async () => {
    behave = (_payload, response) => ask(response, accepted(), 'nope')
    const pay = payWith(newPayer())
    for (let round = 0; round < 3; round++)
      await expect(pay()).rejects.toMatchObject({ code: 'payments/payment-refused' })
    for (let round = 0; round < 3; round++)
      await expect(pay(`other ${round}`)).rejects.toMatchObject({ code: 'payments/payment-refused' })
    expect(claimable()).toBe(1_000n)
    expect(new Set(received.map(({ payload }) => payload.deposit?.amount))).toEqual(new Set(['20000']))
  })

  it('and answers 500, or never, gets one voucher step for any number of calls', async () => {
    behave = (payload, response) =>
      payload === undefined ? ask(response, accepted()) : response.writeHead(500).end('oops')
    const pay = payWith(newPayer())
    for (let round = 0; round < 3; round++) expect((await pay(`call ${round}`)).status).toBe(500)
    behave = (payload, response) => (payload === undefined ? ask(response, accepted()) : undefined)
    await expect(pay('never')).rejects.toMatchObject({ code: 'payments/outcome-unknown' })
    behave = (payload, response) => (payload === undefined ? ask(response, accepted()) : response.destroy())
    await expect(pay('cut')).rejects.toMatchObject({ code: 'payments/outcome-unknown' })
    expect(claimable()).toBe(1_000n)
  })

  it('of an exact payment gets the same authorization again, whatever it answers, until it says what became of it', async () => {
    let times = 0
    behave = (payload, response) => {
      if (payload === undefined) return ask(response, accepted({ scheme: 'exact', maxTimeoutSeconds: 60 }))
      times++
      if (times === 1) return response.destroy()
      if (times === 2) return void response.writeHead(503, { 'retry-after': '0' }).end()
      if (times === 3) return ask(response, accepted({ scheme: 'exact', maxTimeoutSeconds: 60 }), 'timeout')
      return answer(response, '1000', '0', undefined)
    }
    const payer = newPayer()
    const pay = payWith(payer)
    await expect(pay()).rejects.toMatchObject({ code: 'payments/payment-refused' })
    expect(payer.openCalls()).toHaveLength(1)
    expect((await pay()).status).toBe(200)
    expect(new Set(received.map(({ payload }) => payload.authorization?.nonce)).size).toBe(1)
    expect([times, payer.spent(), payer.openCalls()]).toEqual([4, 1_000n, []])
    // The next call of the same request is a new one.
    await pay()
    expect(new Set(received.map(({ payload }) => payload.authorization?.nonce)).size).toBe(2)
  })
})

describe('books that a seller made up', () => {
  const stateOf = (payload: Payload, owed: string, signed?: string, signature?: Hex): Record<string, unknown> => ({
    channelState: {
      channelId: payload.payload.voucher?.channelId,
      balance: '20000',
      totalClaimed: '0',
      chargedCumulativeAmount: owed,
    },
    ...(signed === undefined ? {} : { voucherState: { signedMaxClaimable: signed, signature } }),
  })

  it.each([
    ['without a voucher', (payload: Payload) => stateOf(payload, '5000')],
    [
      'with a forged voucher',
      (payload: Payload) =>
        stateOf(
          payload,
          '5000',
          '5000',
          thief.signer.sign({ channelId: payload.payload.voucher?.channelId as Hex, maxClaimableAtomic: 5_000n })
            .signature,
        ),
    ],
    [
      'with our voucher of less',
      (payload: Payload) => stateOf(payload, '5000', '1000', payload.payload.voucher?.signature),
    ],
    [
      'with our signature under another value',
      (payload: Payload) => stateOf(payload, '5000', '5000', payload.payload.voucher?.signature),
    ],
    [
      'of another channel',
      (payload: Payload) => ({
        ...stateOf(payload, '1000', '1000', payload.payload.voucher?.signature),
        channelState: { channelId: bytesToHex(seed('other')), balance: '1', chargedCumulativeAmount: '1000' },
      }),
    ],
  ])('%s are refused, and the channel is used no more', async (_name, state) => {
    behave = (payload, response) =>
      ask(
        response,
        accepted({}, payload === undefined ? {} : state(payload)),
        'invalid_batch_settlement_evm_cumulative_amount_mismatch',
      )
    const payer = newPayer()
    await expect(payWith(payer)()).rejects.toMatchObject({ code: 'payments/seller-overclaims' })
    expect(payer.channels()[0]?.isClosed).toBe(true)
    expect(claimable()).toBe(1_000n)
  })

  it('in a receipt are refused: more than the price, more than was signed, more than the calls under way', async () => {
    for (const [charged, owed] of [
      ['1001', '1001'],
      ['1000', '4000'],
      ['1000', '1001'],
    ] as const) {
      behave = (payload, response) =>
        payload === undefined
          ? ask(response, accepted())
          : answer(response, charged, owed, payload.payload.voucher?.channelId)
      const payer = newPayer()
      await expect(payWith(payer)()).rejects.toMatchObject({ code: 'payments/seller-overclaims' })
      expect(payer.channels()[0]).toMatchObject({ isClosed: true, owedAtomic: 0n, signedAtomic: 1_000n })
    }
  })

  it('that say an unanswered call was charged end that call as lost, once, and are proven by our own voucher', async () => {
    let isLost = false
    behave = (payload, response) => {
      if (payload === undefined) return ask(response, accepted())
      if (!isLost) return void (isLost = response.destroy() !== undefined)
      const { voucher } = payload.payload
      if (voucher?.maxClaimableAmount === '1000') {
        return ask(
          response,
          accepted({}, stateOf(payload, '1000', '1000', voucher.signature)),
          'invalid_batch_settlement_evm_cumulative_amount_mismatch',
        )
      }
      return answer(response, '1000', voucher?.maxClaimableAmount as string, voucher?.channelId)
    }
    const payer = newPayer()
    const pay = payWith(payer)
    await expect(pay()).rejects.toMatchObject({ code: 'payments/answer-lost' })
    expect([payer.spent(), payer.openCalls()]).toEqual([1_000n, []])
    expect((await pay('b')).status).toBe(200)
    expect([payer.spent(), claimable()]).toEqual([2_000n, 2_000n])
  })

  it('of less than is owed cost the seller, and not the payer', async () => {
    behave = (payload, response) =>
      payload === undefined ? ask(response, accepted()) : answer(response, '0', '0', payload.payload.voucher?.channelId)
    const payer = newPayer()
    const response = await payWith(payer)()
    expect([receiptOf(response)?.chargedAtomic, payer.spent()]).toEqual([0n, 0n])
  })
})

describe('what a payment never does', () => {
  it('follows a redirect', async () => {
    behave = (payload, response) =>
      payload === undefined
        ? ask(response, accepted())
        : response.writeHead(307, { location: 'https://thief.example/' }).end()
    await expect(payWith(newPayer())()).rejects.toMatchObject({ code: 'payments/redirected' })
  })

  it('goes to an origin that was redirected to', async () => {
    const other = createServer((_request, response) => void response.writeHead(307, { location: url }).end())
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    behave = (_payload, response) => ask(response, accepted())
    const pay = payingFetch({ payer: newPayer(), wires: [x402Wire] })
    const asked = pay(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`, { method: 'POST', body: 'a' })
    await expect(asked).rejects.toMatchObject({ code: 'payments/redirected' })
    expect(received).toEqual([])
    await new Promise((resolve) => other.close(resolve))
  })

  it('goes over plain HTTP beyond this machine', async () => {
    const fetch = async (): Promise<Response> => {
      const required = { x402Version: 2, resource: { url: 'http://far.example/' }, accepts: [accepted()] }
      return new Response('{}', { status: 402, headers: { 'payment-required': encodeBase64Json(required) } })
    }
    const pay = payingFetch({ payer: newPayer(), wires: [x402Wire], fetch })
    await expect(pay('http://far.example/')).rejects.toMatchObject({ code: 'payments/insecure-origin' })
  })

  it('is made anew for the same payment id, also by another process', async () => {
    const store = memoryPayerStore()
    behave = (payload, response) =>
      payload === undefined ? ask(response, accepted({ scheme: 'exact', maxTimeoutSeconds: 60 })) : response.destroy()
    const id = 'idempotent-call-0001'
    for (let round = 0; round < 2; round++) {
      const pay = payingFetch({ payer: newPayer({ store }), wires: [x402Wire], concludeMs: 300 })
      const call = pay(url, { method: 'POST', body: `round ${round}`, headers: { 'idempotency-key': id } })
      await expect(call).rejects.toMatchObject({ code: 'payments/outcome-unknown', details: { paymentId: id } })
    }
    expect(new Set(received.map(({ payload }) => payload.authorization?.nonce)).size).toBe(1)
  })

  it('is asked for by a body larger than can be kept, or with a body that is a stream', async () => {
    behave = (payload, response) =>
      payload === undefined
        ? ask(response, accepted())
        : answer(response, '1000', '1000', payload.payload.voucher?.channelId)
    const pay = payingFetch({ payer: newPayer(), wires: [x402Wire], maximumBodyBytes: 10 })
    await expect(pay(url, { method: 'POST', body: 'more than ten bytes' })).rejects.toMatchObject({
      code: 'payments/body-too-large',
    })
    const body = new Blob(['short']).stream()
    expect((await pay(url, { method: 'POST', body, duplex: 'half' } as RequestInit)).status).toBe(200)
  })
})
