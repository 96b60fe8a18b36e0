import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crps } from './crps.ts'
import { brierPpm, logScorePpm } from './probability.ts'

const whole = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 })

describe('crps', () => {
  it('is the mean distance less half of the mean spread, pair by pair', () => {
    fc.assert(
      fc.property(fc.array(whole, { minLength: 1, maxLength: 30 }), whole, (samples, truth) => {
        const n = BigInt(samples.length)
        const distance = samples.reduce((sum, x) => sum + BigInt(Math.abs(x - truth)), 0n)
        const spread = samples.flatMap((x) => samples.map((y) => BigInt(Math.abs(x - y)))).reduce((a, b) => a + b, 0n)
        expect(crps(samples, truth)).toBe(Number((2n * n * distance - spread) / (2n * n * n)))
      }),
    )
  })

  it('does not care for order and is the absolute error of one sample', () => {
    expect(crps([5], 12)).toBe(7)
    expect(crps([3, 9, 6], 6)).toBe(crps([9, 6, 3], 6))
    expect(crps([7, 7, 7], 7)).toBe(0)
  })

  it('is proper: on average a forecast of what really happens loses least', () => {
    const happens = [0, 0, 0, 100]
    const loss = (samples: number[]): number => happens.reduce((sum, truth) => sum + crps(samples, truth), 0)
    for (const other of [[0], [100], [0, 100], [25], [0, 50, 100], [-50, 0, 150]]) {
      expect(loss(happens)).toBeLessThan(loss(other))
    }
  })

  it('keeps its precision at the ends and refuses what is not a whole number', () => {
    expect(crps([Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER], 0)).toBe(Number.MAX_SAFE_INTEGER)
    for (const bad of [[], [Number.NaN], [0.5], [Number.POSITIVE_INFINITY], [2 ** 53]]) {
      expect(() => crps(bad, 0)).toThrow(/whole numbers/)
    }
    expect(() => crps([1], Number.NaN)).toThrow(/whole numbers/)
  })
})

describe('scores of probabilities', () => {
  it('have their textbook values', () => {
    expect(brierPpm([1_000_000, 0], 0)).toBe(0)
    expect(brierPpm([0, 1_000_000], 0)).toBe(2_000_000)
    expect(brierPpm([500_000, 500_000], 1)).toBe(500_000)
    expect(logScorePpm([1_000_000], 0)).toBe(0)
    expect(logScorePpm([500_000, 500_000], 0)).toBe(693_148)
    expect(logScorePpm([0, 1_000_000], 0)).toBe(13_815_511)
  })

  it('are proper: no other forecast loses less on average', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 0, max: 1000 }), (truth, said) => {
        for (const score of [brierPpm, logScorePpm]) {
          const expected = (p: number): number =>
            truth * score([p * 1000, 1_000_000 - p * 1000], 0) +
            (1000 - truth) * score([p * 1000, 1_000_000 - p * 1000], 1)
          // Each score is rounded by at most one.
          expect(expected(truth)).toBeLessThanOrEqual(expected(said) + 1000)
        }
      }),
    )
  })

  it('refuse what are no probabilities', () => {
    for (const bad of [[], [999_999], [-1, 1_000_001], [0.5, 999_999.5], [Number.NaN, 1_000_000]]) {
      expect(() => brierPpm(bad, 0)).toThrow(/sum to/)
      expect(() => logScorePpm(bad, 0)).toThrow(/sum to/)
    }
    expect(() => brierPpm([1_000_000], 1)).toThrow(/outcome/)
    expect(() => brierPpm([1_000_000], Number.NaN)).toThrow(/outcome/)
  })
})
