import { describe, expect, it } from 'vitest'
import { gainOver, gainPpm, verdictOf } from './gain.ts'

const takings = (earned: number, spent = 0, stakeEpochs = 0) => ({ earned, spent, stakeEpochs })

describe('gain', () => {
  it('compares profits, per unit of stake where there is any', () => {
    expect(gainPpm(takings(110), takings(100))).toBe(100_000n)
    expect(gainPpm(takings(110, 60), takings(100, 50))).toBe(0n)
    expect(gainPpm(takings(60, 0, 5), takings(100, 0, 10))).toBe(200_000n)
    expect(gainPpm(takings(0, 50), takings(100))).toBe(-1_500_000n)
  })

  it('rounds down on both sides of nothing', () => {
    expect(gainPpm(takings(4), takings(3))).toBe(333_333n)
    expect(gainPpm(takings(2), takings(3))).toBe(-333_334n)
  })

  it('is undefined where honest play earns nothing', () => {
    expect(gainPpm(takings(5), takings(0))).toBeUndefined()
    expect(gainPpm(takings(5), takings(5, 5))).toBeUndefined()
  })

  it('is exact far beyond 53 bits', () => {
    const large = 2 ** 52
    expect(gainPpm(takings(large, 0, large), takings(large - 1, 0, large))).toBe(0n)
  })

  it('has the interval of the mean by Student', () => {
    const gain = gainOver([10_000n, 20_000n, 30_000n])
    // Mean 2, deviation 1, three seeds: 4.303 / sqrt(3).
    expect(gain?.meanPercent).toBeCloseTo(2, 12)
    expect(gain?.highPercent).toBeCloseTo(2 + 4.303 / Math.sqrt(3), 9)
    expect(gain?.lowPercent).toBeCloseTo(2 - 4.303 / Math.sqrt(3), 9)
    expect(gainOver([])).toBeUndefined()
    expect(gainOver([10_000n])?.highPercent).toBe(Number.POSITIVE_INFINITY)
  })

  it('says what pays only when the whole interval does', () => {
    const gain = { meanPercent: 2, lowPercent: 1, highPercent: 3, seeds: 3 }
    expect(verdictOf(gain)).toBe('profitable')
    expect(verdictOf({ ...gain, lowPercent: 0.4 })).toBe('unclear')
    expect(verdictOf({ ...gain, lowPercent: -9, highPercent: 0.4 })).toBe('not profitable')
  })
})
