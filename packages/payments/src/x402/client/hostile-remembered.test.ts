/** Sellers that are paid with the first request, for terms they named before, and make the most of it. */
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Payer } from '../../client/payer.ts'
import { memoryPayerStore } from '../../client/payer-store.ts'
import { type PayingFetchOptions, payingFetch, receiptOf } from '../../client/paying-fetch.ts'
import { accepted, answer, HostileSeller, newPayer, type SentPayload, thief } from '../../testing/hostile-seller.ts'
import { x402Wire } from './x402-wire.ts'

const hostile = new HostileSeller()
let aheadMs = 0
const clock = { nowMs: () => Date.now() + aheadMs }

beforeEach(() => hostile.start())

afterEach(() => hostile.stop())

function payWith(payer: Payer, changes: Partial<PayingFetchOptions> = {}): (body?: string) => Promise<Response> {
  const pay = payingFetch({ payer, wires: [x402Wire], graceMs: 200, concludeMs: 1_200, clock, ...changes })
  return (body = 'a') => pay(hostile.url, { method: 'POST', body })
}

/** Charges what was signed for, whatever it is. */
function serve(response: ServerResponse, { payload }: SentPayload, charged = '1000', owed?: string): void {
  answer(response, charged, owed ?? (payload.voucher?.maxClaimableAmount as string), payload.voucher?.channelId)
}

/** The books after a call that the seller kept the voucher of. */
function books({ payload }: SentPayload, owed: string, signed = payload.voucher?.maxClaimableAmount) {
  return {
    channelState: {
      channelId: payload.voucher?.channelId,
      balance: '20000',
      totalClaimed: '0',
      chargedCumulativeAmount: owed,
    },
    voucherState: { signedMaxClaimable: signed, signature: payload.voucher?.signature },
  }
}

/** A payer that was served and charged once, for a thousand. */
async function acquainted(payer: Payer, changes: Partial<PayingFetchOptions> = {}) {
  hostile.behave = (payload, response) =>
    payload === undefined ? hostile.ask(response, accepted()) : serve(response, payload)
  const pay = payWith(payer, changes)
  expect((await pay('first')).status).toBe(200)
  hostile.received = []
  hostile.requests = 0
  return pay
}

describe('a payer that was charged before', () => {
  it('pays with the first request, of the same method and path alone, for ten minutes', async () => {
    const payer = newPayer()
    const pay = await acquainted(payer)
    for (let call = 0; call < 5; call++) expect((await pay(`call ${call}`)).status).toBe(200)
    expect([hostile.requests, hostile.received.length, payer.spent()]).toEqual([5, 5, 6_000n])
    aheadMs += 600_000
    expect((await pay('late')).status).toBe(200)
    expect([hostile.requests, hostile.received.length]).toEqual([7, 6])
  })

  it('asks first after an answer that states no charge, and when the owner would not pay the old price', async () => {
    let isAllowed = true
    const pay = await acquainted(newPayer(), {
      onChallenge: () => {
        if (!isAllowed) throw new Error('no')
      },
    })
    hostile.behave = (_payload, response) => void response.writeHead(404).end()
    expect((await pay('gone')).status).toBe(404)
    hostile.behave = (payload, response) =>
      payload === undefined ? hostile.ask(response, accepted()) : serve(response, payload)
    await pay('back')
    expect([hostile.requests, hostile.received.length]).toEqual([3, 2])
    isAllowed = false
    hostile.behave = (_payload, response) => void response.end('free now')
    expect(await (await pay('refused')).text()).toBe('free now')
    expect(hostile.received.length).toBe(2)
  })

  it('asks first for a call that it cannot afford at the old price, or that it has begun before', async () => {
    const pay = await acquainted(newPayer({}, { maximumTotalAtomic: 1_500n }))
    hostile.behave = (payload, response) =>
      payload === undefined
        ? hostile.ask(response, accepted({ amount: '500' }))
        : serve(response, payload, '500', '1500')
    expect((await pay('cheaper')).status).toBe(200)
    expect([hostile.requests, hostile.claimable()]).toEqual([2, 1_500n])

    const payer = newPayer()
    const again = await acquainted(payer)
    hostile.behave = (_payload, response) => response.destroy()
    await expect(again('cut')).rejects.toMatchObject({ code: 'payments/outcome-unknown' })
    const [{ payload }] = hostile.received as [SentPayload]
    hostile.requests = 0
    hostile.behave = (sent, response) =>
      sent === undefined ? hostile.ask(response, accepted()) : serve(response, sent)
    expect((await again('cut')).status).toBe(200)
    expect(hostile.requests).toBe(2)
    expect(hostile.received.at(-1)?.payload.voucher).toEqual(payload.voucher)
  })

  it('that starts anew knows no terms, and takes up what it signed for old ones', async () => {
    const store = memoryPayerStore()
    const pay = await acquainted(newPayer({ store }))
    hostile.behave = (_payload, response) => response.destroy()
    await expect(pay('cut')).rejects.toMatchObject({ code: 'payments/outcome-unknown' })
    // The price rose while nobody looked.
    hostile.behave = (payload, response) =>
      payload === undefined ? hostile.ask(response, accepted({ amount: '1200' })) : serve(response, payload, '1200')
    const started = newPayer({ store })
    expect(receiptOf(await payWith(started)('cut'))?.chargedAtomic).toBe(1_200n)
    expect(hostile.claimable()).toBe(2_200n)
    expect(started.openCalls()).toHaveLength(1)
  })
})

describe('a seller that changed its price between two calls', () => {
  const raise = (amount: string) => {
    hostile.behave = (payload, response) => {
      if (payload === undefined || payload.accepted.amount !== amount)
        return hostile.ask(response, accepted({ amount }), 'invalid_payment_requirements')
      return serve(response, payload, amount)
    }
  }

  it('is paid the new one where the limits allow it, by one voucher in place of the other', async () => {
    const payer = newPayer()
    const pay = await acquainted(payer)
    raise('3000')
    expect(receiptOf(await pay('dearer'))?.chargedAtomic).toBe(3_000n)
    expect(hostile.received.map(({ payload }) => payload.voucher?.maxClaimableAmount)).toEqual(['2000', '4000'])
    expect([payer.spent(), payer.openCalls(), hostile.claimable()]).toEqual([4_000n, [], 4_000n])
    // And knows it from then on.
    hostile.requests = 0
    await pay('again')
    expect(hostile.requests).toBe(1)
  })

  it.each([
    ['a call', { maximumPerCallAtomic: 2_999n }],
    ['all calls', { maximumTotalAtomic: 3_999n }],
    ['its origin', { maximumPerOriginAtomic: 3_999n }],
  ])('hears nothing more where the limit of %s does not', async (_name, policy) => {
    const payer = newPayer({}, policy)
    const pay = await acquainted(payer)
    raise('3000')
    await expect(pay('dearer')).rejects.toMatchObject({ code: 'payments/over-limit' })
    expect([hostile.claimable(), payer.spent(), payer.openCalls().length]).toEqual([2_000n, 2_000n, 1])
  })

  it('hears nothing more where the owner says no', async () => {
    const pay = await acquainted(newPayer(), {
      onChallenge: ({ options }) => {
        if ((options[0]?.terms.maximumAtomic ?? 0n) > 1_000n) throw new Error('too dear')
      },
    })
    raise('3000')
    await expect(pay('dearer')).rejects.toMatchObject({ code: 'payments/outcome-unknown' })
    expect(hostile.claimable()).toBe(2_000n)
  })

  it('may not raise it a second time for the same call', async () => {
    const pay = await acquainted(newPayer())
    let asked = 1_000
    hostile.behave = (_payload, response) => hostile.ask(response, accepted({ amount: String((asked += 1_000)) }))
    await expect(pay('auction')).rejects.toMatchObject({ code: 'payments/terms-changed' })
    expect(hostile.received.map(({ accepted: { amount } }) => amount)).toEqual(['1000', '2000'])
    expect(hostile.claimable()).toBe(3_000n)
  })
})

describe('a seller that swaps what it stands for between two calls', () => {
  it.each([
    ['another payee', accepted({ payTo: thief.address })],
    ['another asset', accepted({ asset: thief.address })],
    ['another asset', accepted({ network: 'eip155:1' })],
    ['other terms of the channel', accepted({}, { withdrawDelay: 1_000 })],
    ['other terms of the channel', accepted({}, { receiverAuthorizer: thief.address })],
  ])('%s: nothing more is signed for this call', async (change, terms) => {
    const payer = newPayer()
    const pay = await acquainted(payer)
    hostile.behave = (_payload, response) => hostile.ask(response, terms)
    await expect(pay('swapped')).rejects.toMatchObject({ code: 'payments/terms-changed', details: { change } })
    expect([hostile.received.length, hostile.claimable()]).toEqual([1, 2_000n])
    expect(payer.spent()).toBe(2_000n)
    await pay('next').catch(() => undefined)
    expect(hostile.requests - hostile.received.length).toBe(1)
  })

  it('without any channel: the call ends, and the voucher stays counted', async () => {
    const payer = newPayer()
    const pay = await acquainted(payer)
    hostile.behave = (_payload, response) => hostile.ask(response, accepted({ scheme: 'exact' }))
    await expect(pay('exact now')).rejects.toMatchObject({ code: 'payments/payment-refused' })
    expect([payer.spent(), payer.openCalls().length, hostile.received.length]).toEqual([2_000n, 1, 1])
  })
})

describe('a seller that takes the voucher and answers 402', () => {
  it('with books that say so: the call is lost and nothing more is signed for it', async () => {
    const payer = newPayer()
    const pay = await acquainted(payer)
    for (const amount of ['1000', '5000']) {
      hostile.received = []
      const owed = payer.spent() + 1_000n
      hostile.behave = (payload, response) =>
        hostile.ask(response, accepted({ amount }, books(payload as SentPayload, owed.toString())), 'pay again')
      await expect(pay(`taken at ${amount}`)).rejects.toMatchObject({ code: 'payments/answer-lost' })
      expect([hostile.received.length, payer.spent(), hostile.claimable()]).toEqual([1, owed, owed])
      hostile.behave = (payload, response) =>
        payload === undefined ? hostile.ask(response, accepted()) : serve(response, payload)
      await pay(`served ${amount}`)
    }
  })

  it('without books: the same voucher once more, and then no more', async () => {
    const payer = newPayer()
    const pay = await acquainted(payer)
    hostile.behave = (_payload, response) => hostile.ask(response, accepted(), 'nope')
    for (let round = 0; round < 3; round++)
      await expect(pay(`round ${round}`)).rejects.toMatchObject({ code: 'payments/payment-refused' })
    expect(hostile.claimable()).toBe(2_000n)
  })

  it('on a channel that the payer knows nothing of: twice the price at most, once in its life', async () => {
    hostile.behave = (payload, response) => {
      if (payload === undefined) return hostile.ask(response, accepted())
      const { maxClaimableAmount } = payload.payload.voucher as { readonly maxClaimableAmount: string }
      return hostile.ask(response, accepted({}, books(payload, maxClaimableAmount)), 'pay again')
    }
    const pay = payWith(newPayer())
    await expect(pay('new')).rejects.toMatchObject({ code: 'payments/answer-lost' })
    expect(hostile.claimable()).toBe(2_000n)
  })

  it('with books beyond what was signed: the channel is used no more', async () => {
    const payer = newPayer()
    const pay = await acquainted(payer)
    hostile.behave = (payload, response) =>
      hostile.ask(response, accepted({}, books(payload as SentPayload, '5000')), 'pay again')
    await expect(pay('made up')).rejects.toMatchObject({ code: 'payments/seller-overclaims' })
    expect([payer.channels()[0]?.isClosed, hostile.claimable()]).toEqual([true, 2_000n])
  })
})

describe('many calls at once for remembered terms', () => {
  it('never share a voucher, and all pass the limits together', async () => {
    const payer = newPayer({}, { maximumTotalAtomic: 9_500n })
    const pay = await acquainted(payer)
    let owed = 1_000
    hostile.behave = (payload, response) => {
      if (payload === undefined) return hostile.ask(response, accepted())
      setTimeout(() => serve(response, payload, '1000', String((owed += 1_000))), 30)
    }
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => pay(`call ${index}`)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(8)
    const values = hostile.received.map(({ payload }) => payload.voucher?.maxClaimableAmount)
    expect(new Set(values).size).toBe(values.length)
    expect([payer.spent(), hostile.claimable()]).toEqual([9_000n, 9_000n])
  })

  it('of one payment id are one call', async () => {
    const payer = newPayer()
    await acquainted(payer)
    const pay = payingFetch({ payer, wires: [x402Wire], graceMs: 200, concludeMs: 1_200, clock })
    hostile.behave = (payload, response) =>
      payload === undefined ? hostile.ask(response, accepted()) : setTimeout(() => serve(response, payload), 30)
    await pay(hostile.url, { method: 'POST', body: 'acquainted' })
    hostile.received = []
    const headers = { 'idempotency-key': 'the-very-same-call' }
    const calls = Array.from({ length: 6 }, () => pay(hostile.url, { method: 'POST', body: 'same', headers }))
    const results = await Promise.allSettled(calls)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect([hostile.received.length, payer.spent()]).toEqual([1, 3_000n])
  })
})
