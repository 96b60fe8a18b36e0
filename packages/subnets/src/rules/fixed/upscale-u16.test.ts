import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxUpscaleU16 } from './upscale-u16.ts'

const { vectors } = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/incentives.json', import.meta.url), 'utf8'),
) as { vectors: { label: string; cases: [number[], number[]][] }[] }
const fixed = (value: number): bigint => BigInt(Math.round(value * 2 ** 32))

describe('maxUpscaleU16', () => {
  it('follows the vector', () => {
    const cases = vectors.find(({ label }) => label === 'upscale_u16')?.cases ?? []
    expect(cases).toHaveLength(7)
    for (const [values, scaled] of cases) expect(maxUpscaleU16(values.map(fixed))).toEqual(scaled)
  })

  it('leaves nothing and zeros as they are', () => {
    expect(maxUpscaleU16([])).toEqual([])
    expect(maxUpscaleU16([0n, 0n])).toEqual([0, 0])
  })

  it('gives the largest 65535 and keeps the order', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, (1n << 63n) - 1n), { minLength: 1 }), (values) => {
        const scaled = maxUpscaleU16(values)
        const most = values.reduce((left, right) => (right > left ? right : left), 0n)
        values.forEach((value, index) => {
          if (value === most && most > 0n) expect(scaled[index]).toBe(65_535)
          values.forEach((other, at) => {
            if (value < other) expect(scaled[index]).toBeLessThanOrEqual(scaled[at] as number)
          })
        })
      }),
    )
  })
})
