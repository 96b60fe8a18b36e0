import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { divQ32, mulQ32, normalizeQ32, toU16, wholeQ32 } from './q32.ts'

const share = fc.oneof(fc.constantFrom(0, 1, wholeQ32 - 1, wholeQ32), fc.integer({ min: 0, max: wholeQ32 }))
const signed = fc.integer({ min: -(2 ** 42), max: 2 ** 42 })

describe('mulQ32', () => {
  it('is the product of bigints, rounded down, whatever the signs', () => {
    fc.assert(
      fc.property(fc.oneof(fc.tuple(share, share), fc.tuple(signed, signed)), ([a, b]) => {
        expect(BigInt(mulQ32(a, b))).toBe((BigInt(a) * BigInt(b)) >> 32n)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('divQ32', () => {
  it('is the quotient of bigints, rounded down, as long as it is exact', () => {
    const sizes = fc.integer({ min: 1, max: 48 }).chain((bits) => fc.integer({ min: 1, max: 2 ** bits }))
    fc.assert(
      fc.property(fc.oneof(fc.tuple(share, share), fc.tuple(sizes, sizes)), ([a, b]) => {
        const exact = b === 0 ? 0n : (BigInt(a) << 32n) / BigInt(b)
        fc.pre(exact < 2n ** 53n)
        expect(BigInt(divQ32(a, b))).toBe(exact)
      }),
      { numRuns: 5_000 },
    )
  })

  it('is exact where a quotient is a whisker below the next', () => {
    for (const b of [3, 65_535, 2 ** 32 - 1, 2 ** 36 + 1, 2 ** 44 + 1, 2 ** 46 + 1]) {
      for (const a of [b - 1, b, b + 1]) expect(BigInt(divQ32(a, b))).toBe((BigInt(a) << 32n) / BigInt(b))
    }
  })
})

describe('normalizeQ32', () => {
  it('leaves less than a unit each of the whole, and zeros alone', () => {
    expect([...normalizeQ32(Float64Array.of(1, 1, 1))]).toEqual([1_431_655_765, 1_431_655_765, 1_431_655_765])
    expect([...normalizeQ32(Float64Array.of(0, 0))]).toEqual([0, 0])
    expect([...normalizeQ32(new Float64Array(0))]).toEqual([])
  })
})

describe('toU16', () => {
  it('rounds down and never leaves 16 bits', () => {
    expect([0, wholeQ32 / 2, wholeQ32 - 1, wholeQ32, 2 * wholeQ32].map(toU16)).toEqual([
      0, 32_767, 65_534, 65_535, 65_535,
    ])
  })
})
