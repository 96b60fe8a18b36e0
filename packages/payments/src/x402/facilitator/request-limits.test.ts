import { describe, expect, it } from 'vitest'
import { signerIn } from './facilitator-wire.ts'
import { PayerLimits, RequestLimits } from './request-limits.ts'

const limited = expect.objectContaining({ code: 'payments/rate-limited' })

describe('limits of a facilitator', () => {
  it('count an address by the minute, and this machine not at all', () => {
    let nowMs = 0
    const limits = new RequestLimits({ nowMs: () => nowMs }, 2)
    for (const _ of [1, 2]) limits.take('192.0.2.1')
    expect(() => limits.take('192.0.2.1')).toThrow(limited)
    limits.take('192.0.2.2')
    for (let call = 0; call < 5; call++) limits.take('127.0.0.1')
    nowMs = 60_000
    limits.take('192.0.2.1')
  })

  it('are not lifted by many names: who asked little is forgotten first, and never all', () => {
    const limits = new RequestLimits({ nowMs: () => 0 }, 2)
    for (const _ of [1, 2]) limits.take('192.0.2.1')
    for (let place = 0; place < 10_100; place++) limits.take(`2001:db8:${place.toString(16)}::1`)
    expect(() => limits.take('192.0.2.1')).toThrow(limited)
    // The newest of those that asked once are still counted.
    limits.take(`2001:db8:${(10_099).toString(16)}::1`)
    expect(() => limits.take(`2001:db8:${(10_099).toString(16)}::1`)).toThrow(limited)
    const payers = new PayerLimits({ nowMs: () => 0 }, 1)
    const signer = (name: number) => ({ account: `account ${name}`, signature: `signature ${name}` }) as never
    for (const signature of ['a', 'b']) payers.note({ account: '0xab', signature } as never)
    for (let place = 0; place < 10_100; place++) payers.note(signer(place))
    expect(() => payers.check({ account: '0xab', signature: 'c' } as never)).toThrow(limited)
  })

  it('count a payer that signed, from wherever it comes, and nobody for a name that others write', () => {
    let nowMs = 0
    const limits = new PayerLimits({ nowMs: () => nowMs }, 2)
    const by = (account: string, signature: string) => ({ account: `0x${account.repeat(20)}`, signature })
    for (let call = 0; call < 9; call++) limits.check(by('ab', '0x1'))
    for (const signature of ['0x1', '0x2']) limits.note(by('ab', signature))
    expect(() => limits.check(by('ab', '0x3'))).toThrow(limited)
    limits.check(by('cd', '0x3'))
    limits.check(undefined)
    nowMs = 60_000
    limits.check(by('ab', '0x3'))
  })

  it('let a seller use up nothing of its payer by showing one payment over and over', () => {
    const limits = new PayerLimits({ nowMs: () => 0 }, 2)
    const paid = { account: `0x${'ab'.repeat(20)}`, signature: '0x1' }
    for (const _ of [1, 2]) {
      limits.check(paid)
      limits.note(paid)
    }
    expect(() => limits.check(paid)).toThrow(limited)
    limits.check({ ...paid, signature: '0x2' })
  })

  it('know who should have signed', () => {
    const from = `0x${'Ab'.repeat(20)}`
    for (const payload of [
      { authorization: { from }, signature: '0xF1' },
      { permit2Authorization: { from }, signature: '0xF1' },
      { channelConfig: { payer: 'anybody', payerAuthorizer: from }, voucher: { signature: '0xf1' }, signature: '0x2' },
      { channelConfig: { payer: from, payerAuthorizer: `0x${'0'.repeat(40)}` }, voucher: { signature: '0xf1' } },
    ])
      expect(signerIn({ paymentPayload: { payload } })).toEqual({ account: from.toLowerCase(), signature: '0xf1' })
    // A channel of one's own beside somebody else's name.
    const two = { channelConfig: { payerAuthorizer: from }, authorization: { from: `0x${'cd'.repeat(20)}` } }
    expect(() => signerIn({ paymentPayload: { payload: two } })).toThrow(
      expect.objectContaining({ code: 'payments/bad-x402-request' }),
    )
    for (const body of [undefined, {}, { paymentPayload: { payload: { authorization: { from: 7 } } } }])
      expect(signerIn(body)).toBeUndefined()
  })
})
