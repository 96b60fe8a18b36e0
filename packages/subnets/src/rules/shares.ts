/** Splitting whole amounts without losing or inventing a unit. */
import { KoinonError } from '@koinon/base'

/** One whole in Q32 fixed point: shares of an epoch are integer parts of 2^32. */
export const oneQ32 = 1n << 32n

/**
 * Splits `total` in proportion to `weights` by largest remainder: everybody gets the rounded-down share, and the units left over go
 * one each to the largest remainders, ties to the lower index. The parts sum to `total` exactly, or all are zero when every weight is.
 * Throws `subnets/out-of-range` on a negative weight or total.
 */
export function apportion(weights: readonly bigint[], total: bigint): readonly bigint[] {
  if (total < 0n || weights.some((weight) => weight < 0n)) {
    throw new KoinonError({ code: 'subnets/out-of-range', message: 'Weights and totals of a split are never negative' })
  }
  const sum = weights.reduce((left, right) => left + right, 0n)
  if (sum === 0n) return weights.map(() => 0n)
  const parts = weights.map((weight) => (weight * total) / sum)
  const remainders = weights.map((weight, index) => ({ index, remainder: (weight * total) % sum }))
  let left = Number(total - parts.reduce((a, b) => a + b, 0n))
  remainders.sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))
  for (const { index } of remainders) {
    if (left-- <= 0) break
    parts[index] = (parts[index] as bigint) + 1n
  }
  return parts
}
