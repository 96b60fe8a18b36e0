/** Scores where only the order of answers means something (specs/0016-subnet-files.md section 5, `openskill`). Q64 integers. */
import { betaQ64, newcomer, type Rating } from '../aggregators/plackett-luce.ts'
import { maximumScorePpm } from '../evidence.ts'
import { divQ64, expQ64, mulQ64, oneQ64, sqrtQ64 } from '../fixed/q64.ts'

/** Far below everybody is far enough, and never nothing to divide by. */
const lowestExponent = -40n * oneQ64

/** Rows are miners, columns questions; millionths of the best miner's. A row of zeros has 0. */
export function skillScores(scores: readonly (readonly number[])[]): readonly number[] {
  let ratings: readonly Rating[] = scores.map(() => newcomer)
  for (const task of (scores[0] ?? []).keys()) {
    ratings = afterDuels(
      ratings,
      scores.map((row) => row[task] as number),
    )
  }
  const isPlaying = scores.map((row) => row.some((score) => score > 0))
  const ordinals = ratings.map(({ mean, variance }) => mean - 3n * sqrtQ64(variance))
  const best = largest(ordinals.filter((_, player) => isPlaying[player]))
  return ordinals.map((ordinal, player) => {
    if (!isPlaying[player]) return 0
    return Number((expQ64(divQ64(ordinal - best, betaQ64)) * BigInt(maximumScorePpm)) >> 64n)
  })
}

/**
 * Everybody against everybody, an equal value half a win: Bradley-Terry of Weng and Lin, "A Bayesian Approximation Method for Online
 * Ranking" (Journal of Machine Learning Research 12, 2011), algorithm 1, with one c and averaged over the opponents, so that a question
 * moves a rating as much as one duel, however many take part. Ties leave equals equal, which a ranking by Plackett-Luce does not.
 */
function afterDuels(ratings: readonly Rating[], values: readonly number[]): readonly Rating[] {
  if (ratings.length < 2) return ratings
  const variances = ratings.reduce((sum, { variance }) => sum + variance, 0n)
  const c = sqrtQ64(2n * (mulQ64(betaQ64, betaQ64) + variances / BigInt(ratings.length)))
  const most = largest(ratings.map(({ mean }) => mean))
  const strengths = ratings.map(({ mean }) => {
    const exponent = divQ64(mean - most, c)
    return expQ64(exponent < lowestExponent ? lowestExponent : exponent)
  })
  const opponents = BigInt(ratings.length - 1)
  return ratings.map(({ mean, variance }, player) => {
    let [won, open] = [0n, 0n]
    for (const [other, strength] of strengths.entries()) {
      if (other === player) continue
      const expected = divQ64(strengths[player] as bigint, (strengths[player] as bigint) + strength)
      won += resultOf(values[player] as number, values[other] as number) - expected
      open += mulQ64(expected, oneQ64 - expected)
    }
    const scale = mulQ64(divQ64(sqrtQ64(variance), c), divQ64(variance, mulQ64(c, c)))
    return {
      mean: mean + mulQ64(divQ64(variance, c), won / opponents),
      variance: mulQ64(variance, oneQ64 - mulQ64(scale, open / opponents)),
    }
  })
}

function resultOf(own: number, other: number): bigint {
  return own > other ? oneQ64 : own === other ? oneQ64 / 2n : 0n
}

/** Of at least one; 0 for none. */
function largest(values: readonly bigint[]): bigint {
  return values.reduce((most, value) => (value > most ? value : most), values[0] ?? 0n)
}
