/**
 * One ranking's effect on skill ratings: the Plackett-Luce model of Weng and Lin, "A Bayesian Approximation Method for Online Ranking"
 * (Journal of Machine Learning Research 12, 2011), algorithm 4, with the parameters and the gamma that the OpenSkill libraries use.
 */
import { divQ64, expQ64, mulQ64, oneQ64, sqrtQ64 } from '../fixed/q64.ts'

/** Normal belief about a skill, Q64. */
export type Rating = { readonly mean: bigint; readonly variance: bigint }

/** To be added to the mean; part of the variance to be taken off. Q64. */
export type RatingStep = { readonly gain: bigint; readonly shrink: bigint }

/** 25 with a deviation of 25/3; beta 25/6. */
export const newcomer: Rating = { mean: 25n * oneQ64, variance: (625n * oneQ64) / 9n }
export const betaQ64 = (25n * oneQ64) / 6n
const betaSquaredQ64 = (625n * oneQ64) / 36n
const lowestExponent = -40n * oneQ64

/**
 * Steps of players ranked by `values`, the highest first, equal values sharing a place. With c^2 = sum(variance + beta^2),
 * e_i = e^(mean_i / c), and for each place the sum of e over it and all worse:
 * gain = variance / c * (1 / tied - e_i * S1), shrink = deviation / c * variance / c^2 * (e_i * S1 - e_i^2 * S2), S1 and S2 the sums of
 * 1 / sum and 1 / sum^2 over the player's place and all better. One player or none: no step.
 */
export function rankingSteps(ratings: readonly Rating[], values: readonly bigint[]): readonly RatingStep[] {
  if (ratings.length < 2) return ratings.map(() => ({ gain: 0n, shrink: 0n }))
  const cSquared = ratings.reduce((total, { variance }) => total + variance + betaSquaredQ64, 0n)
  const c = sqrtQ64(cSquared)
  const strengths = strengthsOf(ratings, c)
  const places = placesOf(values, strengths)
  return ratings.map(({ variance }, player) => {
    const { tied, s1, s2 } = places.get(values[player] as bigint) as Place
    const strength = strengths[player] as bigint
    const lost = mulQ64(strength, s1)
    const uncertain = lost - mulQ64(mulQ64(strength, strength), s2)
    const scale = mulQ64(divQ64(sqrtQ64(variance), c), divQ64(variance, cSquared))
    return {
      gain: mulQ64(divQ64(variance, c), oneQ64 / tied - lost),
      shrink: uncertain > 0n ? mulQ64(scale, uncertain) : 0n,
    }
  })
}

/** e^((mean - best mean) / c): the same ratios, and never too large. */
function strengthsOf(ratings: readonly Rating[], c: bigint): readonly bigint[] {
  const best = ratings.reduce((most, { mean }) => (mean > most ? mean : most), (ratings[0] as Rating).mean)
  return ratings.map(({ mean }) => {
    const exponent = divQ64(mean - best, c)
    return expQ64(exponent < lowestExponent ? lowestExponent : exponent)
  })
}

type Place = { readonly tied: bigint; readonly s1: bigint; readonly s2: bigint }

function placesOf(values: readonly bigint[], strengths: readonly bigint[]): ReadonlyMap<bigint, Place> {
  const players = new Map<bigint, { tied: bigint; strength: bigint }>()
  let remaining = 0n
  values.forEach((value, player) => {
    const { tied, strength } = players.get(value) ?? { tied: 0n, strength: 0n }
    players.set(value, { tied: tied + 1n, strength: strength + (strengths[player] as bigint) })
    remaining += strengths[player] as bigint
  })
  const places = new Map<bigint, Place>()
  let s1 = 0n
  let s2 = 0n
  for (const [value, { tied, strength }] of [...players].sort(([a], [b]) => (a < b ? 1 : -1))) {
    const inverse = divQ64(oneQ64, remaining)
    s1 += inverse
    s2 += divQ64(inverse, remaining)
    places.set(value, { tied, s1, s2 })
    remaining -= strength
  }
  return places
}
