import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneQ64 } from '../fixed/q64.ts'
import { newcomer, type Rating, rankingSteps } from './plackett-luce.ts'

const toNumber = (q: bigint): number => Number(q) / 2 ** 64
const toQ64 = (value: number): bigint => BigInt(Math.round(value * 2 ** 32)) << 32n

/** The formula as the paper has it, pair by pair, in doubles. */
function reference(
  ratings: readonly { mean: number; variance: number }[],
  values: readonly number[],
): { gain: number; shrink: number }[] {
  const beta = 25 / 6
  const c = Math.sqrt(ratings.reduce((sum, { variance }) => sum + variance + beta * beta, 0))
  const e = ratings.map(({ mean }) => Math.exp(mean / c))
  const total = (value: number): number =>
    e.reduce((sum, strength, s) => ((values[s] as number) <= value ? sum + strength : sum), 0)
  const tied = (value: number): number => values.filter((other) => other === value).length
  return ratings.map(({ variance }, i) => {
    let omega = 0
    let delta = 0
    values.forEach((value, q) => {
      if (value < (values[i] as number)) return
      const p = (e[i] as number) / total(value)
      omega += ((q === i ? 1 : 0) - p) / tied(value)
      delta += (p * (1 - p)) / tied(value)
    })
    const gamma = Math.sqrt(variance) / c
    return { gain: (variance / c) * omega, shrink: gamma * (variance / (c * c)) * delta }
  })
}

describe('rankingSteps', () => {
  it('is algorithm 4 of the paper', () => {
    const players = fc.array(
      fc.record({
        mean: fc.double({ min: -20, max: 60, noNaN: true }),
        deviation: fc.double({ min: 0.5, max: 9, noNaN: true }),
        value: fc.nat(4),
      }),
      { minLength: 2, maxLength: 20 },
    )
    fc.assert(
      fc.property(players, (list) => {
        const ratings: Rating[] = list.map(({ mean, deviation }) => ({
          mean: toQ64(mean),
          variance: toQ64(deviation * deviation),
        }))
        const doubles = ratings.map(({ mean, variance }) => ({ mean: toNumber(mean), variance: toNumber(variance) }))
        const values = list.map(({ value }) => value)
        const expected = reference(doubles, values)
        rankingSteps(ratings, values.map(BigInt)).forEach(({ gain, shrink }, player) => {
          expect(toNumber(gain)).toBeCloseTo(expected[player]?.gain as number, 9)
          expect(toNumber(shrink)).toBeCloseTo(expected[player]?.shrink as number, 9)
        })
      }),
    )
  })

  it('gives two newcomers the ratings that the libraries print', () => {
    const [winner, loser] = rankingSteps([newcomer, newcomer], [2n, 1n])
    expect(25 + toNumber(winner?.gain as bigint)).toBeCloseTo(27.63523138347365, 12)
    expect(25 + toNumber(loser?.gain as bigint)).toBeCloseTo(22.36476861652635, 12)
    const deviation = Math.sqrt(toNumber(newcomer.variance) * (1 - toNumber(winner?.shrink as bigint)))
    expect(deviation).toBeCloseTo(8.065506316323548, 12)
  })

  it('moves nobody alone, and equals of one place not at all', () => {
    expect(rankingSteps([newcomer], [1n])).toEqual([{ gain: 0n, shrink: 0n }])
    expect(rankingSteps([], [])).toEqual([])
    for (const { gain } of rankingSteps(Array(4).fill(newcomer), [3n, 3n, 3n, 3n])) expect(gain).toBe(0n)
  })

  it('stays finite at the extremes', () => {
    const far = (mean: bigint): Rating => ({ mean: mean * oneQ64, variance: oneQ64 / 1000n })
    const steps = rankingSteps([far(1_000_000n), far(0n), far(-1_000_000n)], [1n, 2n, 3n])
    for (const { gain, shrink } of steps) {
      expect(Math.abs(toNumber(gain))).toBeLessThan(10)
      expect(toNumber(shrink)).toBeLessThan(1)
      expect(shrink >= 0n).toBe(true)
    }
  })
})
