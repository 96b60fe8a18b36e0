/** The moving average of a pool's price (specs/0014-pools.md section 3), to the bit as WeightedPool.sol has it. */
import { expNegUp, lnDown } from './fixed-point.ts'
import { wad } from './weighted-pool.ts'

/** One over the largest rate per second. */
const secondsPerUnit = 4_000_000n

/** Age at which the rate is half of the largest: 28 days in seconds. */
const halfAgeSeconds = 2_419_200n

/**
 * The average (1e18 parts) at age `to`, from its value at age `from`, in seconds since the pool opened, while the price was `spot`; the
 * spot counts as at most 1. Closed form of d(ema)/dt = (spot - ema) * t / (t + 28 days) / 4,000,000 s. Unchanged unless `to` > `from`.
 */
export function movePriceAverage(average: bigint, spot: bigint, from: bigint, to: bigint): bigint {
  if (to <= from) return average
  const target = spot > wad ? wad : spot
  const aged = halfAgeSeconds * lnDown(to + halfAgeSeconds, from + halfAgeSeconds)
  const rest = expNegUp((((to - from) << 128n) - aged) / secondsPerUnit)
  if (average >= target) return target + (((average - target) * rest) >> 128n)
  return target - (((target - average) * rest) >> 128n)
}
