import { describe, expect, it } from 'vitest'
import { floatToHalf, halfToFloat } from './half.ts'

describe('halfToFloat and floatToHalf', () => {
  it('round-trip every finite binary16 value', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const isFinite = ((bits >>> 10) & 31) !== 31
      if (isFinite) expect(floatToHalf(halfToFloat(bits))).toBe(bits === 0x8000 ? 0x8000 : bits)
    }
  })

  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65_504, 0x7bff],
    [65_520, 0x7c00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [2 ** -25 * 1.001, 1],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [Number.NaN, 0x7e00],
  ])('rounds %d to nearest even', (value, bits) => {
    expect(floatToHalf(value)).toBe(bits)
  })

  it('reads infinities and NaN', () => {
    expect(halfToFloat(0x7c00)).toBe(Number.POSITIVE_INFINITY)
    expect(halfToFloat(0xfc00)).toBe(Number.NEGATIVE_INFINITY)
    expect(halfToFloat(0x7e01)).toBeNaN()
  })
})
