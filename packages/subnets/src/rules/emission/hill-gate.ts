/** Emission policy `hillGate`: price shares through a Hill curve, so that the long tail fades instead of being cut off. */
import { KoinonError } from '@koinon/base'
import { mulQ64, oneQ64 } from '../fixed/q64.ts'
import { definePolicy, type EmissionPolicy, exactShares } from './policy.ts'
import { priceWeights } from './price-ema.ts'

/** The bar stands where the top `demandPercent` of demand ends; `steepness` h is 1 to 4. */
export type HillGateParameters = { readonly steepness: number; readonly demandPercent: number }

/**
 * g = s / (1 + (bar / s)^h) of the price shares s, then shared out anew; bar = the share at which the shares, largest first, have summed
 * to the demanded part (RaoFoundation/subtensor spec 440, with the bar moving every period instead of every 360 blocks).
 * Throws `subnets/out-of-range` on parameters outside their bounds.
 */
export function hillGate(parameters: HillGateParameters = { steepness: 3, demandPercent: 61 }): EmissionPolicy {
  const { steepness, demandPercent } = parameters
  if (
    ![1, 2, 3, 4].includes(steepness) ||
    !Number.isInteger(demandPercent) ||
    demandPercent < 1 ||
    demandPercent > 99
  ) {
    throw new KoinonError({
      code: 'subnets/out-of-range',
      message: 'A Hill gate has a steepness of 1 to 4 and a demand of 1 to 99 percent',
    })
  }
  return definePolicy(
    'hillGate',
    1,
    `s = priceEma 1, s / (1 + (bar / s)^${steepness}), bar at ${demandPercent} % of demand, below bar / 2^24 nothing`,
    (subnets) => {
      const shares = exactShares(priceWeights(subnets))
      const bar = barOf(shares, (BigInt(demandPercent) * oneQ64) / 100n)
      return shares.map((share) => gate(share, bar, steepness))
    },
  )
}

/** The share with which the sum, largest first, reaches `demand`; 0 when there are none. */
function barOf(shares: readonly bigint[], demand: bigint): bigint {
  let reached = 0n
  for (const share of [...shares].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))) {
    reached += share
    if (reached >= demand) return share
  }
  return 0n
}

function gate(share: bigint, bar: bigint, steepness: number): bigint {
  // What is cut off here would get less than 2^-48 of the bar; all products stay below 2^256.
  if (share === 0n || share << 24n < bar) return 0n
  const ratio = (bar * oneQ64) / share
  let power = ratio
  for (let step = 1; step < steepness; step++) power = mulQ64(power, ratio)
  return (share * oneQ64) / (oneQ64 + power)
}
