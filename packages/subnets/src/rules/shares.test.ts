import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apportion, oneQ32 } from './shares.ts'

describe('apportion', () => {
  it('gives left-over units to the largest remainders, ties to the lower index', () => {
    expect(apportion([1n, 1n, 1n], 10n)).toEqual([4n, 3n, 3n])
    expect(apportion([5n, 3n, 1n], 10n)).toEqual([6n, 3n, 1n])
    expect(apportion([0n, 7n], 3n)).toEqual([0n, 3n])
  })

  it('gives nothing to nobody', () => {
    expect(apportion([0n, 0n], 10n)).toEqual([0n, 0n])
    expect(apportion([], 10n)).toEqual([])
    expect(apportion([1n, 2n], 0n)).toEqual([0n, 0n])
  })

  it('shares one among 256 equals evenly', () => {
    expect(new Set(apportion(Array(256).fill(3n), oneQ32))).toEqual(new Set([oneQ32 / 256n]))
  })

  it('refuses negative numbers', () => {
    expect(() => apportion([-1n], 1n)).toThrow(/negative/)
    expect(() => apportion([1n], -1n)).toThrow(/negative/)
  })

  it('loses and invents nothing, and is never off by a unit or more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(0n, 1n << 160n), { minLength: 1, maxLength: 50 }),
        fc.bigInt(0n, 1n << 100n),
        (weights, total) => {
          const sum = weights.reduce((a, b) => a + b, 0n)
          const parts = apportion(weights, total)
          expect(parts.reduce((a, b) => a + b, 0n)).toBe(sum === 0n ? 0n : total)
          parts.forEach((part, index) => {
            const distance = part * sum - (weights[index] as bigint) * total
            expect(distance < sum || sum === 0n).toBe(true)
            expect(-distance < sum || sum === 0n).toBe(true)
          })
        },
      ),
    )
  })
})
