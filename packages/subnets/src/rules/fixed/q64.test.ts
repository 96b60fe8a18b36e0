import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { divQ64, expQ64, integerRoot, lnQ64, mulQ64, oneQ64, powerQ64, powQ64, sqrtQ64 } from './q64.ts'

const toNumber = (q: bigint): number => Number(q) / 2 ** 64
const toQ64 = (value: number): bigint => BigInt(Math.round(value * 2 ** 32)) << 32n

describe('Q64', () => {
  it('multiplies downwards and divides towards zero', () => {
    expect(mulQ64(-1n, 1n)).toBe(-1n)
    expect(divQ64(-1n, 3n << 64n)).toBe(0n)
    expect(mulQ64(toQ64(1.5), toQ64(-2))).toBe(toQ64(-3))
    expect(() => divQ64(1n, 0n)).toThrow(/zero/)
  })

  it('agrees with doubles on exp, ln, pow and sqrt', () => {
    fc.assert(
      fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (value) => {
        const x = toQ64(value)
        const e = toNumber(expQ64(x))
        expect(Math.abs(e - Math.exp(toNumber(x)))).toBeLessThanOrEqual(2 ** -63 + e * 1e-14)
      }),
    )
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), fc.integer({ min: -3, max: 3 }), (value, power) => {
        const x = toQ64(value)
        expect(toNumber(lnQ64(x))).toBeCloseTo(Math.log(toNumber(x)), 12)
        expect(toNumber(sqrtQ64(x)) / Math.sqrt(toNumber(x))).toBeCloseTo(1, 9)
        expect(toNumber(powQ64(x, toQ64(power + 0.5))) / toNumber(x) ** (power + 0.5)).toBeCloseTo(1, 3)
      }),
    )
  })

  it('has exact values where there are any', () => {
    expect(expQ64(0n)).toBe(oneQ64)
    expect(lnQ64(oneQ64)).toBe(0n)
    expect(expQ64(oneQ64)).toBe(50143449209799256682n)
    expect(powQ64(0n, 0n)).toBe(oneQ64)
    expect(powQ64(0n, 1n)).toBe(0n)
    expect(powerQ64(toQ64(1.5), 3n)).toBe(toQ64(3.375))
    expect(expQ64(-46n * oneQ64)).toBe(0n)
    expect(expQ64(-(1n << 200n))).toBe(0n)
  })

  it('grows with its argument', () => {
    fc.assert(
      fc.property(fc.bigInt(-50n * oneQ64, 87n * oneQ64), fc.bigInt(0n, oneQ64), (x, step) => {
        expect(expQ64(x + step) >= expQ64(x)).toBe(true)
      }),
    )
  })

  it('takes roots downwards', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 1n << 300n), fc.bigInt(1n, 9n), (value, degree) => {
        const root = integerRoot(value, degree)
        expect(root ** degree <= value && (root + 1n) ** degree > value).toBe(true)
      }),
    )
  })

  it('refuses what has no value', () => {
    expect(() => expQ64(89n * oneQ64)).toThrow(/88/)
    expect(() => lnQ64(0n)).toThrow(/above 0/)
    expect(() => lnQ64(1n << 128n)).toThrow(/below/)
    expect(() => sqrtQ64(-1n)).toThrow(/negative/)
    expect(() => powerQ64(1n, -1n)).toThrow(/negative/)
    expect(() => powQ64(0n, -1n)).toThrow(/above 0/)
  })
})
