import { describe, expect, it } from 'vitest'
import { scoreAggregateOf } from './score-aggregate.ts'

const { aggregate } = scoreAggregateOf('openskill')

describe('openskill', () => {
  it('follows the model of Weng and Lin as floating point computes it', () => {
    const tables = [
      [
        [5, 5, 5],
        [4, 5, 1],
        [3, 1, 0],
      ],
      [
        [1, 0, 9, 4],
        [2, 7, 9, 4],
        [3, 7, 1, 4],
        [4, 7, 2, 4],
        [5, 0, 3, 4],
      ],
      [[1], [2]],
    ]
    for (const table of tables) {
      const scores = aggregate(table)
      for (const [player, expected] of floatingSkills(table).entries()) {
        expect(Math.abs((scores[player] as number) - expected)).toBeLessThanOrEqual(2)
      }
    }
  })

  it('gives the best all, equals the same and those without any score nothing', () => {
    const [first, second, third, none] = aggregate([
      [9, 9],
      [9, 9],
      [1, 2],
      [0, 0],
    ])
    expect([first, second, none]).toEqual([1_000_000, 1_000_000, 0])
    expect(third).toBeGreaterThan(0)
    expect(third).toBeLessThan(700_000)
    expect(
      aggregate([
        [0, 0],
        [0, 0],
      ]),
    ).toEqual([0, 0])
    expect(aggregate([[], []])).toEqual([0, 0])
    expect(aggregate([])).toEqual([])
    expect(aggregate([[7, 7]])).toEqual([1_000_000])
  })

  it('separates those who always win the more, the more questions there are', () => {
    const lastOf = (questions: number): number =>
      aggregate([1, 2, 3].map((place) => Array.from({ length: questions }, () => place)))[0] as number
    expect(lastOf(16)).toBeLessThan(lastOf(4))
    expect(lastOf(4)).toBeLessThan(lastOf(1))
  })
})

/** The same in doubles, written from the paper's algorithm 1 with one c and the mean of the opponents. */
function floatingSkills(table: readonly (readonly number[])[]): readonly number[] {
  const beta = 25 / 6
  const players = table.map(() => ({ mean: 25, variance: (25 / 3) ** 2 }))
  for (const task of (table[0] ?? []).keys()) {
    const mean = players.reduce((sum, { variance }) => sum + variance, 0) / players.length
    const c = Math.sqrt(2 * (beta ** 2 + mean))
    const steps = players.map((own, player) => {
      const others = players.flatMap((rating, other) => (other === player ? [] : [{ rating, other }]))
      let [omega, delta] = [0, 0]
      for (const { rating, other } of others) {
        const p = 1 / (1 + Math.exp((rating.mean - own.mean) / c))
        const difference = (table[player]?.[task] as number) - (table[other]?.[task] as number)
        omega += ((1 + Math.sign(difference)) / 2 - p) / others.length
        delta += (p * (1 - p)) / others.length
      }
      const gamma = Math.sqrt(own.variance) / c
      return { gain: (own.variance / c) * omega, shrink: gamma * (own.variance / c ** 2) * delta }
    })
    for (const [player, rating] of players.entries()) {
      const { gain, shrink } = steps[player] as { gain: number; shrink: number }
      rating.mean += gain
      rating.variance *= 1 - shrink
    }
  }
  const ordinals = players.map(({ mean, variance }) => mean - 3 * Math.sqrt(variance))
  return ordinals.map((ordinal) => 1_000_000 * Math.exp((ordinal - Math.max(...ordinals)) / beta))
}
