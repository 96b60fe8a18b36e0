import { describe, expect, it } from 'vitest'
import { type AllowanceLimits, Allowances } from './allowances.ts'

const payers = { rich: `0x${'aa'.repeat(20)}`, other: `0x${'bb'.repeat(20)}` } as const
const key = (digit: string, payer: `0x${string}` = payers.rich) => ({
  keyHash: `0x${digit.repeat(64)}` as const,
  payer,
})
const limits: AllowanceLimits = {
  requestsPerMinute: 4,
  requestsPerMinutePerPayer: 6,
  inFlightPerKey: 2,
  inFlightPerPayer: 3,
  doorCallsPerMinute: 3,
  keyCallsPerMinute: 2,
}

describe('Allowances', () => {
  it('counts a payer with all its keys together and tells of the nearer bound', () => {
    const allowances = new Allowances(limits)
    const remaining = ['1', '1', '1', '2', '2'].map(
      (digit) => allowances.take('answers', key(digit), 0)['x-ratelimit-remaining-requests'],
    )
    // The key's own 3, 2, 1 are nearer than the payer's 5, 4, 3; for the second key the payer's 2 and 1 are.
    expect(remaining).toEqual([3, 2, 1, 2, 1])
    expect(allowances.take('answers', key('2'), 0)).toMatchObject({
      'x-ratelimit-limit-requests': 6,
      'x-ratelimit-remaining-requests': 0,
    })
    expect(() => allowances.take('answers', key('3'), 0)).toThrow(/payer of this key.*6 times a minute/)
    expect(allowances.take('answers', key('4', payers.other), 0)['x-ratelimit-remaining-requests']).toBe(3)
  })

  it('gives reads an allowance of their own', () => {
    const allowances = new Allowances(limits)
    for (let count = 0; count < 4; count++) allowances.take('reads', key('1'), 0)
    expect(() => allowances.take('reads', key('1'), 0)).toThrow(/This key may ask 4 times/)
    expect(allowances.take('answers', key('1'), 0)['x-ratelimit-remaining-requests']).toBe(3)
    expect(allowances.take('reads', key('1'), 15_000)['x-ratelimit-remaining-requests']).toBe(0)
  })

  it('bounds answers at once, of a key and of its payer, and forgets them when they end', () => {
    const allowances = new Allowances(limits)
    const leave = [allowances.enter(key('1')), allowances.enter(key('1'))]
    expect(() => allowances.enter(key('1'))).toThrow(/This key has 2 answers/)
    leave.push(allowances.enter(key('2')))
    expect(() => allowances.enter(key('3'))).toThrow(/payer of this key has 3 answers/)
    allowances.enter(key('4', payers.other))()
    for (const end of leave) end()
    expect(() => allowances.enter(key('3'))).not.toThrow()
  })

  it('counts strangers by address', () => {
    const allowances = new Allowances(limits)
    allowances.takeAsStranger('10.0.0.1', 0)
    expect(allowances.takeAsStranger('10.0.0.1', 0)['x-ratelimit-remaining-requests']).toBe(0)
    expect(() => allowances.takeAsStranger('10.0.0.1', 0)).toThrow(/This address/)
    expect(() => allowances.takeAsStranger('10.0.0.2', 0)).not.toThrow()
    expect(() => allowances.takeAsStranger(undefined, 0)).not.toThrow()
    allowances.takeAsStranger('2001:db8::1', 0)
    allowances.takeAsStranger('2001:db8::2', 0)
    expect(() => allowances.takeAsStranger('2001:db8::3', 0)).toThrow(/This address/)
  })
})
