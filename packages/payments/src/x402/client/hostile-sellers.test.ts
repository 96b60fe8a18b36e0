/** Sellers that cheat: what they get is never more than what was signed for one call, and mostly nothing. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bytesToHex, type Hex } from '@koinon/base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Payer } from '../../client/payer.ts'
import { memoryPayerStore } from '../../client/payer-store.ts'
import { type PayingFetchOptions, payingFetch, receiptOf } from '../../client/paying-fetch.ts'
import { seed } from '../../testing/fixtures.ts'
import { accepted, answer, HostileSeller, newPayer, type SentPayload, thief } from '../../testing/hostile-seller.ts'
import { encodeBase64Json, x402Wire } from './x402-wire.ts'

const hostile = new HostileSeller()

beforeEach(() => hostile.start())

afterEach(() => hostile.stop())

function payWith(payer: Payer, changes: Partial<PayingFetchOptions> = {}): (body?: string) => Promise<Response> {
  const pay = payingFetch({ payer, wires: [x402Wire], graceMs: 200, concludeMs: 1_200, ...changes })
  return (body = 'a') => pay(hostile.url, { method: 'POST', body })
}

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
    hostile.behave = (_payload, response) => hostile.ask(response, terms)
    await expect(payWith(newPayer())()).rejects.toMatchObject({ code })
    expect(hostile.received).toEqual([])
  })

  it("a payee that is not allowed, a spent total, an origin's limit", async () => {
    hostile.behave = (payload, response) =>
      payload === undefined
        ? hostile.ask(response, accepted())
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
    hostile.behave = (payload, response) =>
      payload === undefined
        ? hostile.ask(response, accepted({ scheme: 'exact' }))
        : setTimeout(() => answer(response, '1000', '1000', undefined), 50)
    const pay = payWith(newPayer({}, { maximumTotalAtomic: 3_500n }))
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => pay(String(index))))
    expect([results.filter(({ status }) => status === 'fulfilled').length, hostile.received.length]).toEqual([3, 3])
  })

  it('a deposit beyond the ceiling of what may lie in channels', async () => {
    hostile.behave = (_payload, response) => hostile.ask(response, accepted())
    await expect(payWith(newPayer({}, { maximumInChannelsAtomic: 900n }))()).rejects.toMatchObject({
      code: 'payments/too-much-in-channels',
    })
    hostile.behave = (payload, response) =>
      payload === undefined
        ? hostile.ask(response, accepted({}, { minDeposit: '99999999999' }))
        : answer(response, '1000', '1000', payload.payload.voucher?.channelId)
    const payer = newPayer()
    await payWith(payer)()
    expect(hostile.received.map(({ payload }) => payload.deposit?.amount)).toEqual(['100000'])
  })
})

describe('a seller that changes its terms after it was paid', () => {
  it.each([
    ['a higher price', accepted({ amount: '1001' })],
    ['another payee', accepted({ payTo: thief.address })],
    ['another asset', accepted({ asset: thief.address })],
  ])('%s is refused', async (change, terms) => {
    hostile.behave = (payload, response) => hostile.ask(response, payload === undefined ? accepted() : terms)
    await expect(payWith(newPayer())()).rejects.toMatchObject({ code: 'payments/terms-changed', details: { change } })
    expect(hostile.received).toHaveLength(1)
  })
})

describe('a seller that keeps what it got', () => {
  it('and answers 402 again gets nothing more', async () => {
    hostile.behave = (_payload, response) => hostile.ask(response, accepted(), 'nope')
    const pay = payWith(newPayer())
    for (let round = 0; round < 3; round++)
      await expect(pay()).rejects.toMatchObject({ code: 'payments/payment-refused' })
    for (let round = 0; round < 3; round++)
      await expect(pay(`other ${round}`)).rejects.toMatchObject({ code: 'payments/payment-refused' })
    expect(hostile.claimable()).toBe(1_000n)
    expect(new Set(hostile.received.map(({ payload }) => payload.deposit?.amount))).toEqual(new Set(['20000']))
  })

  it('and blames the payer is believed by the ledger alone', async () => {
    hostile.behave = (_payload, response) =>
      hostile.ask(response, accepted({ scheme: 'exact' }), 'invalid_exact_evm_insufficient_balance')
    const refusedTo = (heldAtomic: bigint | undefined) => {
      const balanceOf = () =>
        heldAtomic === undefined ? Promise.reject(new Error('away')) : Promise.resolve(heldAtomic)
      const isUsed = () => Promise.resolve(false)
      return payWith(newPayer({ ledger: { balanceOf, isUsed, depositOf: () => Promise.resolve(0n) } }))()
    }
    const code = 'payments/payment-refused'
    await expect(refusedTo(1_000n)).rejects.toMatchObject({ code, details: { isCovered: true } })
    await expect(refusedTo(undefined)).rejects.toMatchObject({ code, details: { isCovered: false } })
    await expect(refusedTo(999n)).rejects.toMatchObject({
      code: 'payments/payer-short',
      details: { neededAtomic: '1000', heldAtomic: '999' },
    })
  })

  it('and answers 500, or never, gets one voucher step for any number of calls', async () => {
    hostile.behave = (payload, response) =>
      payload === undefined ? hostile.ask(response, accepted()) : response.writeHead(500).end('oops')
    const pay = payWith(newPayer())
    for (let round = 0; round < 3; round++) expect((await pay(`call ${round}`)).status).toBe(500)
    hostile.behave = (payload, response) => (payload === undefined ? hostile.ask(response, accepted()) : undefined)
    await expect(pay('never')).rejects.toMatchObject({ code: 'payments/outcome-unknown' })
    hostile.behave = (payload, response) =>
      payload === undefined ? hostile.ask(response, accepted()) : response.destroy()
    await expect(pay('cut')).rejects.toMatchObject({ code: 'payments/outcome-unknown' })
    expect(hostile.claimable()).toBe(1_000n)
  })

  it('of an exact payment gets the same authorization again, whatever it answers, until it says what became of it', async () => {
    let times = 0
    hostile.behave = (payload, response) => {
      if (payload === undefined) return hostile.ask(response, accepted({ scheme: 'exact', maxTimeoutSeconds: 60 }))
      times++
      if (times === 1) return response.destroy()
      if (times === 2) return void response.writeHead(503, { 'retry-after': '0' }).end()
      if (times === 3) return hostile.ask(response, accepted({ scheme: 'exact', maxTimeoutSeconds: 60 }), 'timeout')
      return answer(response, '1000', '0', undefined)
    }
    const payer = newPayer()
    const pay = payWith(payer)
    await expect(pay()).rejects.toMatchObject({ code: 'payments/payment-refused' })
    expect(payer.openCalls()).toHaveLength(1)
    expect((await pay()).status).toBe(200)
    expect(new Set(hostile.received.map(({ payload }) => payload.authorization?.nonce)).size).toBe(1)
    expect([times, payer.spent(), payer.openCalls()]).toEqual([4, 1_000n, []])
    // The next call of the same request is a new one.
    await pay()
    expect(new Set(hostile.received.map(({ payload }) => payload.authorization?.nonce)).size).toBe(2)
  })
})

describe('books that a seller made up', () => {
  const stateOf = (payload: SentPayload, owed: string, signed?: string, signature?: Hex): Record<string, unknown> => ({
    channelState: {
      channelId: payload.payload.voucher?.channelId,
      balance: '20000',
      totalClaimed: '0',
      chargedCumulativeAmount: owed,
    },
    ...(signed === undefined ? {} : { voucherState: { signedMaxClaimable: signed, signature } }),
  })

  it.each([
    ['without a voucher', (payload: SentPayload) => stateOf(payload, '5000')],
    [
      'with a forged voucher',
      (payload: SentPayload) =>
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
      (payload: SentPayload) => stateOf(payload, '5000', '1000', payload.payload.voucher?.signature),
    ],
    [
      'with our signature under another value',
      (payload: SentPayload) => stateOf(payload, '5000', '5000', payload.payload.voucher?.signature),
    ],
    [
      'of another channel',
      (payload: SentPayload) => ({
        ...stateOf(payload, '1000', '1000', payload.payload.voucher?.signature),
        channelState: { channelId: bytesToHex(seed('other')), balance: '1', chargedCumulativeAmount: '1000' },
      }),
    ],
  ])('%s are refused, and the channel is used no more', async (_name, state) => {
    hostile.behave = (payload, response) =>
      hostile.ask(
        response,
        accepted({}, payload === undefined ? {} : state(payload)),
        'invalid_batch_settlement_evm_cumulative_amount_mismatch',
      )
    const payer = newPayer()
    await expect(payWith(payer)()).rejects.toMatchObject({ code: 'payments/seller-overclaims' })
    expect(payer.channels()[0]?.isClosed).toBe(true)
    expect(hostile.claimable()).toBe(1_000n)
  })

  it('in a receipt are refused: more than the price, more than was signed, more than the calls under way', async () => {
    for (const [charged, owed] of [
      ['1001', '1001'],
      ['1000', '4000'],
      ['1000', '1001'],
    ] as const) {
      hostile.behave = (payload, response) =>
        payload === undefined
          ? hostile.ask(response, accepted())
          : answer(response, charged, owed, payload.payload.voucher?.channelId)
      const payer = newPayer()
      await expect(payWith(payer)()).rejects.toMatchObject({ code: 'payments/seller-overclaims' })
      expect(payer.channels()[0]).toMatchObject({ isClosed: true, owedAtomic: 0n, signedAtomic: 1_000n })
    }
  })

  it('that say an unanswered call was charged end that call as lost, once, and are proven by our own voucher', async () => {
    let isLost = false
    hostile.behave = (payload, response) => {
      if (payload === undefined) return hostile.ask(response, accepted())
      if (!isLost) return void (isLost = response.destroy() !== undefined)
      const { voucher } = payload.payload
      if (voucher?.maxClaimableAmount === '1000') {
        return hostile.ask(
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
    expect([payer.spent(), hostile.claimable()]).toEqual([2_000n, 2_000n])
  })

  it('that claim refused calls later, which it had said cost nothing, bring one step that no limit counts', async () => {
    let kept = 0n
    hostile.behave = (payload, response) => {
      const { voucher } = payload?.payload ?? {}
      if (payload === undefined || voucher === undefined) return hostile.ask(response, accepted())
      const { maxClaimableAmount, signature, channelId } = voucher
      const isKnown = BigInt(maxClaimableAmount) === kept
      kept = BigInt(maxClaimableAmount)
      if (!isKnown) return answer(response, '0', `${kept - 1_000n}`, channelId, 400)
      const books = accepted({}, stateOf(payload, maxClaimableAmount, maxClaimableAmount, signature))
      return hostile.ask(response, books, 'invalid_batch_settlement_evm_cumulative_amount_mismatch')
    }
    const payer = newPayer({}, { maximumTotalAtomic: 3_000n })
    const pay = payWith(payer)
    const codes = new Set<string>()
    for (let call = 0; call < 12; call++) await pay(`${call}`).catch(({ code }) => codes.add(code))
    expect(codes).toEqual(new Set(['payments/answer-lost', 'payments/over-limit']))
    expect(hostile.claimable()).toBeLessThanOrEqual(4_000n)
  })

  it.each([200, 400])(
    'that take a price and state a charge of nothing (%i) get one step, which counts',
    async (status) => {
      hostile.behave = (payload, response) => {
        if (payload === undefined) return hostile.ask(response, accepted())
        const { maxClaimableAmount, channelId } = payload.payload.voucher ?? {}
        return answer(response, '0', maxClaimableAmount as string, channelId, status)
      }
      const payer = newPayer({}, { maximumTotalAtomic: 3_000n })
      await expect(payWith(payer)()).rejects.toMatchObject({ code: 'payments/seller-overclaims' })
      expect([payer.spent(), hostile.claimable(), payer.channels()[0]?.isClosed]).toEqual([1_000n, 1_000n, true])
    },
  )

  it('that take the price of calls beside each other and state charges of nothing get no more than counts', async () => {
    let highest = 0n
    hostile.behave = (payload, response) => {
      const { maxClaimableAmount, channelId } = payload?.payload.voucher ?? {}
      if (payload === undefined || maxClaimableAmount === undefined) return hostile.ask(response, accepted())
      if (BigInt(maxClaimableAmount) > highest) highest = BigInt(maxClaimableAmount)
      setTimeout(() => answer(response, '0', `${highest}`, channelId), 30)
    }
    const payer = newPayer({}, { maximumTotalAtomic: 4_000n })
    const pay = payWith(payer)
    for (let round = 0; round < 4; round++)
      await Promise.allSettled([pay(`${round}a`), pay(`${round}b`), pay(`${round}c`)])
    expect(hostile.claimable()).toBeLessThanOrEqual(4_000n)
  })

  it('that state charges of nothing beside a call without outcome get no more than counts, in however many processes', async () => {
    const store = memoryPayerStore()
    hostile.behave = (payload, response) => {
      const { maxClaimableAmount, channelId } = payload?.payload.voucher ?? {}
      if (payload === undefined || maxClaimableAmount === undefined) return hostile.ask(response, accepted())
      if (hostile.received.length === 1) return void response.destroy()
      answer(response, '0', maxClaimableAmount, channelId)
    }
    for (let call = 0; call < 8; call++) {
      const pay = payWith(newPayer({ store }, { maximumTotalAtomic: 4_000n }), { concludeMs: 0 })
      await pay(`${call}`).catch(() => undefined)
    }
    expect(hostile.claimable()).toBeLessThanOrEqual(4_000n)
  })

  it('that let their books down and up again in 402s get no more than counts', async () => {
    let isDown = false
    hostile.behave = (payload, response) => {
      const { maxClaimableAmount, channelId, signature } = payload?.payload.voucher ?? {}
      if (payload === undefined || maxClaimableAmount === undefined) return hostile.ask(response, accepted())
      isDown = !isDown
      const owed = isDown ? maxClaimableAmount : '0'
      const books = isDown ? stateOf(payload, owed, owed, signature) : stateOf(payload, '0', '0', undefined)
      if (hostile.received.length % 6 === 5) return answer(response, '0', '0', channelId)
      hostile.ask(response, accepted({}, books), 'invalid_batch_settlement_evm_cumulative_amount_mismatch')
    }
    const payer = newPayer({}, { maximumTotalAtomic: 4_000n })
    for (let call = 0; call < 8; call++) await payWith(payer)(`${call}`).catch(() => undefined)
    // One step of a new channel may be of calls that the payer's records do not know.
    expect(hostile.claimable()).toBeLessThanOrEqual(5_000n)
  })

  it('that charge nothing for calls at once, after one of them explained a rise, get what counted at once', async () => {
    let round = 0
    hostile.behave = (payload, response) => {
      const { channelId } = payload?.payload.voucher ?? {}
      if (payload === undefined || channelId === undefined) return hostile.ask(response, accepted())
      const most = hostile.claimable()
      setTimeout(() => answer(response, '0', round++ % 4 === 0 ? `${most - 1_000n}` : '0', channelId), 30)
    }
    const payer = newPayer({}, { maximumTotalAtomic: 4_000n })
    const pay = payWith(payer)
    for (let time = 0; time < 4; time++)
      await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => pay(`${time}${name}`)))
    expect(hostile.claimable()).toBeLessThanOrEqual(5_000n)
  })

  it('of calls at once may come in any order, also where they state no charge', async () => {
    const waiting: (() => void)[] = []
    let owed = 0
    hostile.behave = (payload, response) => {
      const { channelId } = payload?.payload.voucher ?? {}
      if (payload === undefined || channelId === undefined) return hostile.ask(response, accepted())
      owed += 1_000
      const state = { channelId, balance: '20000', totalClaimed: '0', chargedCumulativeAmount: `${owed}` }
      const settled = { success: true, transaction: '', network: accepted()['network'], extra: { channelState: state } }
      waiting.push(() => response.writeHead(200, { 'payment-response': encodeBase64Json(settled) }).end('work'))
      if (waiting.length % 2 === 1 && owed < 6_000 && owed !== 1_000) return
      for (const send of waiting.splice(0).reverse()) send()
    }
    const payer = newPayer()
    const pay = payWith(payer)
    expect((await pay('first')).status).toBe(200)
    for (const round of [1, 2]) {
      const answers = await Promise.all([pay(`${round}a`), pay(`${round}b`)])
      expect(answers.map(({ status }) => status)).toEqual([200, 200])
    }
    expect([(await pay('last')).status, payer.spent(), payer.channels()[0]?.isClosed]).toEqual([200, 6_000n, false])
  })

  it('of less than is owed cost the seller, and not the payer', async () => {
    hostile.behave = (payload, response) =>
      payload === undefined
        ? hostile.ask(response, accepted())
        : answer(response, '0', '0', payload.payload.voucher?.channelId)
    const payer = newPayer()
    const response = await payWith(payer)()
    expect([receiptOf(response)?.chargedAtomic, payer.spent()]).toEqual([0n, 0n])
  })
})

describe('what a payment never does', () => {
  it('follows a redirect', async () => {
    hostile.behave = (payload, response) =>
      payload === undefined
        ? hostile.ask(response, accepted())
        : response.writeHead(307, { location: 'https://thief.example/' }).end()
    await expect(payWith(newPayer())()).rejects.toMatchObject({ code: 'payments/redirected' })
  })

  it('goes to an origin that was redirected to', async () => {
    const other = createServer((_request, response) => void response.writeHead(307, { location: hostile.url }).end())
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    hostile.behave = (_payload, response) => hostile.ask(response, accepted())
    const pay = payingFetch({ payer: newPayer(), wires: [x402Wire] })
    const asked = pay(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`, { method: 'POST', body: 'a' })
    await expect(asked).rejects.toMatchObject({ code: 'payments/redirected' })
    expect(hostile.received).toEqual([])
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
    hostile.behave = (payload, response) =>
      payload === undefined
        ? hostile.ask(response, accepted({ scheme: 'exact', maxTimeoutSeconds: 60 }))
        : response.destroy()
    const id = 'idempotent-call-0001'
    for (let round = 0; round < 2; round++) {
      const pay = payingFetch({ payer: newPayer({ store }), wires: [x402Wire], concludeMs: 300 })
      const call = pay(hostile.url, { method: 'POST', body: `round ${round}`, headers: { 'idempotency-key': id } })
      await expect(call).rejects.toMatchObject({ code: 'payments/outcome-unknown', details: { paymentId: id } })
    }
    expect(new Set(hostile.received.map(({ payload }) => payload.authorization?.nonce)).size).toBe(1)
  })

  it('is asked for by a body larger than can be kept, or with a body that is a stream', async () => {
    hostile.behave = (payload, response) =>
      payload === undefined
        ? hostile.ask(response, accepted())
        : answer(response, '1000', '1000', payload.payload.voucher?.channelId)
    const pay = payingFetch({ payer: newPayer(), wires: [x402Wire], maximumBodyBytes: 10 })
    await expect(pay(hostile.url, { method: 'POST', body: 'more than ten bytes' })).rejects.toMatchObject({
      code: 'payments/body-too-large',
    })
    const body = new Blob(['short']).stream()
    expect((await pay(hostile.url, { method: 'POST', body, duplex: 'half' } as RequestInit)).status).toBe(200)
  })
})
