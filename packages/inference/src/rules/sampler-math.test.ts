import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exponential, gumbel, naturalLog, philox, seedKey, tokenUniform } from './sampler-math.ts'

type Vectors = {
  readonly philox: readonly { counter: [number, number, number, number]; key: [number, number]; words: number[] }[]
  readonly naturalLog: readonly { x: string; result: string }[]
  readonly exponential: readonly { x: string; result: string }[]
  readonly gumbel: readonly { seed: string; position: number; tokenId: number; uniform: string; result: string }[]
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/sampler.json', import.meta.url), 'utf8'),
) as Vectors

const bitsOf = (value: number) => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16).padStart(16, '0')
}
const fromBits = (hex: string) => {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt(`0x${hex}`))
  return view.getFloat64(0)
}

describe('philox', () => {
  it('gives the published words of Philox4x32-10', () => {
    expect([...philox([0, 0, 0, 0], [0, 0])]).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8])
    for (const { counter, key, words } of vectors.philox) expect([...philox(counter, key)]).toEqual(words)
  })
})

describe('naturalLog', () => {
  it('has the bits of the vectors', () => {
    for (const { x, result } of vectors.naturalLog) expect(bitsOf(naturalLog(fromBits(x)))).toBe(result)
  })

  it('is a logarithm, over the whole range the sampler uses', () => {
    for (let x = 1e-17; x < 100; x *= 1.0137) {
      expect(Math.abs(naturalLog(x) - Math.log(x))).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(Math.log(x))))
    }
  })
})

describe('exponential', () => {
  it('has the bits of the vectors', () => {
    for (const { x, result } of vectors.exponential) expect(bitsOf(exponential(fromBits(x)))).toBe(result)
  })

  it('is an exponential for negative arguments and never negative', () => {
    for (let x = -0.001; x > -705; x *= 1.03) {
      const wanted = Math.exp(x)
      if (x > -700) expect(Math.abs(exponential(x) / wanted - 1)).toBeLessThan(1e-15)
      else expect(exponential(x)).toBe(0)
    }
  })
})

describe('tokenUniform and gumbel', () => {
  it('have the bits of the vectors, for seeds of 64 bits', () => {
    for (const { seed, position, tokenId, uniform, result } of vectors.gumbel) {
      const key = seedKey(BigInt(seed))
      expect(bitsOf(tokenUniform(key, position, tokenId))).toBe(uniform)
      expect(bitsOf(gumbel(key, position, tokenId))).toBe(result)
    }
  })

  it('are spread like their distributions', () => {
    const count = 20_000
    let uniformSum = 0
    let gumbelSum = 0
    for (let position = 0; position < count; position++) {
      const uniform = tokenUniform([1, 2], position, 3)
      expect(uniform > 0 && uniform < 1).toBe(true)
      uniformSum += uniform
      gumbelSum += gumbel([1, 2], position, 3)
    }
    expect(uniformSum / count).toBeCloseTo(0.5, 1)
    expect(gumbelSum / count).toBeCloseTo(0.5772, 1)
  })
})
