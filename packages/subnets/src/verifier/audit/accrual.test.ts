import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accruedUntil, issuedUntil, type Schedule, splitChanges } from './accrual.ts'

const schedule: Schedule = {
  emissionPerSecond: 10n,
  halvingSeconds: 100n,
  startsAtSeconds: 1_000n,
  lives: [{ from: 1_050n }, { from: 1_050n }, { from: 1_120n }],
}

describe('issuedUntil', () => {
  it('halves the rate, rounded down, at the end of each period', () => {
    const at = (seconds: bigint) => issuedUntil(schedule, seconds)
    expect([999n, 1_000n, 1_001n, 1_100n, 1_101n, 1_200n, 1_201n].map(at)).toEqual([
      0n,
      0n,
      10n,
      1_000n,
      1_005n,
      1_500n,
      1_502n,
    ])
    // 10, 5, 2, 1, then nothing for ever.
    expect(at(10n ** 9n)).toBe(1_800n)
  })
})

describe('accruedUntil', () => {
  it('splits every second among the subnets that exist, rounded down between two geneses', () => {
    // Nobody before 1050; two from then to 1100 at 10 a second and to 1120 at 5; three from then on.
    expect(accruedUntil(schedule, 1, 1_050n)).toBe(0n)
    expect(accruedUntil(schedule, 1, 1_051n)).toBe(5n)
    expect(accruedUntil(schedule, 1, 1_120n)).toBe(300n)
    expect(accruedUntil(schedule, 1, 1_121n)).toBe(301n)
    expect(accruedUntil(schedule, 2, 1_121n)).toBe(301n)
    expect(accruedUntil(schedule, 3, 1_121n)).toBe(1n)
    expect(accruedUntil(schedule, 4, 1_121n)).toBe(0n)
  })

  it('ends for a subnet that was dissolved, and the others share its part', () => {
    const ended: Schedule = { ...schedule, lives: [{ from: 1_050n }, { from: 1_050n, to: 1_060n }, { from: 1_060n }] }
    expect(splitChanges(ended)).toEqual([
      { since: 1_050n, living: 1 },
      { since: 1_050n, living: 2 },
      { since: 1_060n, living: 1 },
      { since: 1_060n, living: 2 },
    ])
    expect(accruedUntil(ended, 2, 1_100n)).toBe(50n)
    expect(accruedUntil(ended, 1, 1_070n)).toBe(100n)
    expect(accruedUntil(ended, 3, 1_070n)).toBe(50n)
  })

  it('never gives more than was issued, and never falls', () => {
    const geneses = fc
      .array(fc.bigInt(1_000n, 1_500n), { minLength: 1, maxLength: 8 })
      .map((list) =>
        list.sort((a, b) => Number(a - b)).map((from, i) => (i % 2 === 0 ? { from } : { from, to: from + 40n })),
      )
    fc.assert(
      fc.property(geneses, fc.bigInt(1_000n, 2_000n), fc.bigInt(1n, 50n), (list, at, rate) => {
        const one: Schedule = { ...schedule, emissionPerSecond: rate, lives: list }
        const sum = list.reduce((all, _, index) => all + accruedUntil(one, index + 1, at), 0n)
        expect(sum).toBeLessThanOrEqual(issuedUntil(one, at))
        list.forEach((_, index) =>
          expect(accruedUntil(one, index + 1, at + 1n)).toBeGreaterThanOrEqual(accruedUntil(one, index + 1, at)),
        )
      }),
    )
  })
})
