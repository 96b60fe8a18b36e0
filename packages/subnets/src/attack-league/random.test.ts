import { describe, expect, it } from 'vitest'
import { bellDeviation, createLeagueRandom } from './random.ts'

const take = (count: number, next: () => number): readonly number[] => Array.from({ length: count }, next)

describe('random numbers of the league', () => {
  it('are the same for a seed and a label, and others for others', () => {
    const stream = (seed: string, label: string): readonly number[] => {
      const random = createLeagueRandom(seed, label)
      return take(4, random.nextUint32)
    }
    expect(stream('a', 'noise 1')).toEqual(stream('a', 'noise 1'))
    expect(stream('a', 'noise 1')).not.toEqual(stream('a', 'noise 2'))
    expect(stream('a', 'noise 1')).not.toEqual(stream('b', 'noise 1'))
    expect(stream('a"', 'b')).not.toEqual(stream('a', '"b'))
  })

  it('never change: old reports can be played again', () => {
    expect(take(4, createLeagueRandom('koinon', 'fixed').nextUint32)).toMatchInlineSnapshot(`
      [
        1464607923,
        2966107337,
        1136069993,
        3480984286,
      ]
    `)
  })

  it('stay below their bound and reach all of it', () => {
    const random = createLeagueRandom('a', 'below')
    expect(new Set(take(400, () => random.below(5)))).toEqual(new Set([0, 1, 2, 3, 4]))
  })

  it('form a bell around 0 of the deviation that they name', () => {
    const random = createLeagueRandom('a', 'bell')
    const values = take(20_000, random.bell)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(4)
    expect(Math.sqrt(variance)).toBeGreaterThan(bellDeviation - 3)
    expect(Math.sqrt(variance)).toBeLessThan(bellDeviation + 3)
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(510)
  })
})
