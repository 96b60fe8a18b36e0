/** Emission policy `priceEma`: the average price of a subnet's token, less what its owner took back from miners. */
import { mulQ64, oneQ64 } from '../fixed/q64.ts'
import { definePolicy, type SubnetSignals } from './policy.ts'

/**
 * Weights price * (1 - burned); when that leaves nothing at all, the bare prices
 * (rule of opentensor/subtensor from June 2026 on, spec versions 421 and 425).
 */
export function priceWeights(subnets: readonly SubnetSignals[]): readonly bigint[] {
  const weighed = subnets.map(({ priceEmaQ64, minerBurnedQ64 }) => mulQ64(priceEmaQ64, oneQ64 - minerBurnedQ64))
  return weighed.some((weight) => weight > 0n) ? weighed : subnets.map(({ priceEmaQ64 }) => priceEmaQ64)
}

export const priceEma = definePolicy(
  'priceEma',
  1,
  'price * (1 - burned), all zero: price; Q64 floor, rest to the first of the largest',
  priceWeights,
)
