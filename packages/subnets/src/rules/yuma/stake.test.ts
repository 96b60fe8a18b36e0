import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wholeQ32 } from '../fixed/q32.ts'
import { capStakes, largestShares, stakeCap, stakeShares } from './stake.ts'

describe('stakeShares', () => {
  it('rounds down, of any amount', () => {
    expect([...stakeShares([1n, 2n, 0n])]).toEqual([1_431_655_765, 2_863_311_530, 0])
    expect([...stakeShares([10n ** 40n])]).toEqual([wholeQ32])
    expect([...stakeShares([0n, 0n])]).toEqual([0, 0])
  })
})

describe('capStakes', () => {
  const upTo = (count: number): bigint[] => Array.from({ length: count }, (_, index) => BigInt(index + 1))

  it('cuts to the nearest rank: nobody of 8, one of 9, seven of 64', () => {
    expect(stakeCap(upTo(8), 88)).toBe(8n)
    expect(stakeCap(upTo(9), 88)).toBe(8n)
    expect(stakeCap(upTo(64), 88)).toBe(57n)
    expect(capStakes([1n, 900n, 2n, 3n, 4n, 5n, 6n, 7n, 8n], 88)).toEqual([1n, 8n, 2n, 3n, 4n, 5n, 6n, 7n, 8n])
  })

  it('does not count zeros, and has no cap without stakes', () => {
    expect(stakeCap([0n, 0n, ...upTo(9)], 88)).toBe(8n)
    expect(capStakes([0n], 88)).toEqual([0n])
  })

  it('is exceeded by at most what the percentile leaves', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(1n, 50n), { minLength: 1 }),
        fc.integer({ min: 1, max: 100 }),
        (stakes, percent) => {
          const cap = stakeCap(stakes, percent) as bigint
          const atMost = stakes.filter((stake) => stake <= cap).length
          const below = stakes.filter((stake) => stake < cap).length
          expect(100 * atMost).toBeGreaterThanOrEqual(percent * stakes.length)
          expect(100 * below).toBeLessThan(percent * stakes.length)
        },
      ),
    )
  })
})

describe('largestShares', () => {
  it('prefers the higher uid among equals and never takes a zero', () => {
    expect(largestShares(Float64Array.of(5, 7, 5, 0), 2)).toEqual([false, true, true, false])
    expect(largestShares(Float64Array.of(5, 0, 0), 3)).toEqual([true, false, false])
    expect(largestShares(Float64Array.of(5), 0)).toEqual([false])
  })
})
