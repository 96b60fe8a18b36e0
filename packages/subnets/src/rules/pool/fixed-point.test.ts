import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exactBits, exactExp, exactLn } from '../../testing/exact-pool.ts'
import { expDown, expNegUp, lnDown, oneQ128 } from './fixed-point.ts'

const scale = exactBits - 128n
const operand = fc.bigInt({ min: 1n, max: (1n << 127n) - 1n })

/** value * 2^172 - exact: how far parts of 2^128 are above the oracle. */
const above = (value: bigint, exact: bigint) => (value << scale) - exact

describe('lnDown', () => {
  it('is never above ln and less than 2^8 units below', () => {
    fc.assert(
      fc.property(operand, operand, (a, b) => {
        const [n, d] = a > b ? [a, b] : [b, a]
        const error = above(lnDown(n, d), exactLn(n, d))
        expect(error <= 1n << 20n && error > -(1n << (scale + 8n))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps the smallest step of the largest reserve', () => {
    const reserve = (1n << 96n) - 2n
    expect(lnDown(reserve + 1n, reserve)).toBe(1n << 32n)
    expect(lnDown(reserve, reserve)).toBe(0n)
  })

  it('refuses what it cannot count', () => {
    for (const [n, d] of [
      [1n, 2n],
      [1n, 0n],
      [1n << 127n, 1n],
      [0n, 0n],
    ] as const) {
      expect(() => lnDown(n, d)).toThrow(/logarithm/)
    }
  })
})

describe('expDown and expNegUp', () => {
  it('bound e^z from below and e^-z from above, within 2^-120', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 100n * oneQ128 }), (z) => {
        const { mantissa, k } = expDown(z)
        expect(mantissa >= oneQ128 && mantissa < 2n * oneQ128).toBe(true)
        const grown = exactExp(z << scale)
        const growth = above(mantissa << k, grown)
        expect(growth <= 1n << 20n && growth > -(grown >> 120n)).toBe(true)
        const decayed = above(expNegUp(z), exactExp(-(z << scale)))
        expect(decayed >= -(1n << 20n) && decayed < 1n << (scale + 8n)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('never reaches zero', () => {
    expect(expNegUp(0n)).toBe(oneQ128)
    expect(expNegUp(684n * oneQ128)).toBe(1n)
    expect(expNegUp(1n << 200n)).toBe(1n)
  })
})
