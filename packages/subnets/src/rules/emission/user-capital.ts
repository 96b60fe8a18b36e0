/** Emission policy `userCapital`: what people keep in a subnet's pool, and of the issue no more than that capital carries. */
import { KoinonError } from '@koinon/base'
import { oneQ64 } from '../fixed/q64.ts'
import { definePolicy, type EmissionPolicy } from './policy.ts'

/** KOIN in all pools, atomic units, from which on the whole issue is handed out: at 0.05 KOIN a second each then brings 1 % a day. */
export const defaultFullCapital = 432_000n * 10n ** 18n

/**
 * Share capital / max(sum of capital, full capital), rounded down; the rest is recycled, so that a network in which nobody risks anything
 * mints nothing to speak of, and one unit of capital never draws the whole issue. Throws `subnets/out-of-range` below 0 and from 2^128 on.
 */
export function userCapital(fullCapital: bigint = defaultFullCapital): EmissionPolicy {
  if (fullCapital < 0n || fullCapital >> 128n !== 0n) {
    throw new KoinonError({ code: 'subnets/out-of-range', message: 'The full capital is 0 to 2^128 - 1' })
  }
  return definePolicy(
    'userCapital',
    1,
    `capital / max(sum, ${fullCapital}), Q64 floor, rest to nobody`,
    (subnets) => subnets.map(({ capital }) => capital),
    (weights) => {
      const sum = weights.reduce((total, weight) => total + weight, 0n)
      const whole = sum > fullCapital ? sum : fullCapital
      return weights.map((weight) => (whole === 0n ? 0n : (weight * oneQ64) / whole))
    },
  )
}
