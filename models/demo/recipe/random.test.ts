import { describe, expect, test } from 'vitest'
import { below, createRandom, normal, pick, seedOf, shuffled } from './random.ts'

describe('createRandom', () => {
  test('gives the same numbers for the same seed and others for another', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, createRandom(seed))
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
  })

  test('is uniform enough', () => {
    const random = createRandom(9)
    const counts = Array.from({ length: 10 }, () => 0)
    for (let index = 0; index < 20_000; index++) {
      const bin = below(random, 10)
      counts[bin] = (counts[bin] ?? 0) + 1
    }
    expect(Math.min(...counts)).toBeGreaterThan(1_800)
    expect(Math.max(...counts)).toBeLessThan(2_200)
    let mean = 0
    for (let index = 0; index < 20_000; index++) mean += random() / 20_000
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01)
  })

  test('normal deviates have mean 0 and variance 1', () => {
    const random = createRandom(4)
    const values = Array.from({ length: 20_000 }, () => normal(random))
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(variance - 1)).toBeLessThan(0.05)
  })
})

describe('pick and shuffled', () => {
  test('refuse an empty list and keep all items', () => {
    expect(() => pick(createRandom(1), [])).toThrow(RangeError)
    expect(shuffled(createRandom(1), [1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4])
    expect(seedOf('a')).not.toBe(seedOf('b'))
  })
})
