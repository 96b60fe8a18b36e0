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

  it('count a payer that signed, from wherever it comes, and nobody for a name that others write', () => {
    let nowMs = 0
    const limits = new PayerLimits({ nowMs: () => nowMs }, 2)
    const payer = `0x${'aB'.repeat(20)}`
    for (let call = 0; call < 9; call++) limits.check(payer)
    for (const name of [payer, payer.toLowerCase()]) limits.note(name)
    expect(() => limits.check(payer)).toThrow(limited)
    limits.check(`0x${'cd'.repeat(20)}`)
    limits.check(undefined)
    nowMs = 60_000
    limits.check(payer)
  })

  it('know who should have signed', () => {
    const from = `0x${'Ab'.repeat(20)}`
    for (const payload of [
      { authorization: { from } },
      { permit2Authorization: { from } },
      { channelConfig: { payer: 'anybody', payerAuthorizer: from } },
    ])
      expect(signerIn({ paymentPayload: { payload } })).toBe(from.toLowerCase())
    for (const body of [undefined, {}, { paymentPayload: { payload: { authorization: { from: 7 } } } }])
      expect(signerIn(body)).toBeUndefined()
  })
})
