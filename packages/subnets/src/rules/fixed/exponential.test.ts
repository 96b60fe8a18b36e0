import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expQ32, sigmoidQ32 } from './exponential.ts'
import { wholeQ32 } from './q32.ts'

const { vectors } = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/incentives.json', import.meta.url), 'utf8'),
) as { vectors: { label: string; x: number[]; y: number[]; tol: number }[] }
const one = 1n << 32n

describe('expQ32', () => {
  it('is the series: exact at its ends, a constant at one, close to the function between', () => {
    expect(expQ32(0n)).toBe(one)
    expect(expQ32(one)).toBe(11_674_931_200n)
    expect(expQ32(21n * one)).toBe(expQ32(20n * one))
    expect(expQ32(-21n * one)).toBe(expQ32(-20n * one))
    expect(expQ32(-20n * one)).toBe(8n)
    for (const x of [-5, -0.5, 0.25, 3, 5]) {
      expect(Number(expQ32(BigInt(x * 2 ** 32))) / 2 ** 32).toBeCloseTo(Math.exp(x), 4)
    }
  })
})

describe('sigmoidQ32', () => {
  it('follows the vector', () => {
    const vector = vectors.find(({ label }) => label === 'sigmoid.rho40_kappa0.5')
    expect(vector?.x).toHaveLength(11)
    vector?.x.forEach((x, index) => {
      // The vector's arguments went through 32-bit floats where it comes from.
      const y = sigmoidQ32(Math.round(Math.fround(x) * wholeQ32), 40 * wholeQ32, wholeQ32 / 2)
      expect(Math.abs(y / wholeQ32 - (vector.y[index] as number))).toBeLessThanOrEqual(vector.tol)
    })
  })

  it('has the bits of the series in bigints', () => {
    const slope = fc.oneof(fc.constant(10 * wholeQ32), fc.integer({ min: -(330 * wholeQ32), max: 330 * wholeQ32 }))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: wholeQ32 }), slope, (x, steep) => {
        const exponent = (BigInt(-steep) * BigInt(x - wholeQ32 / 2)) >> 32n
        expect(BigInt(sigmoidQ32(x, steep, wholeQ32 / 2))).toBe((one * one) / (one + expQ32(exponent)))
      }),
      { numRuns: 2_000 },
    )
    // The exponent is exactly one here, where the series has its constant.
    expect(sigmoidQ32(0, 2 * wholeQ32, wholeQ32 / 2)).toBe(Number((one * one) / (one + 11_674_931_200n)))
  })
})
