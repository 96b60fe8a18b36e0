/** Continuous ranked probability score of a sample (specs/0012-aggregators.md section 8): one number for how far a forecast's paths lie from the truth. */
import { KoinonError } from '@koinon/base'

/**
 * mean |x_i - y| - mean |x_i - x_j| / 2, rounded down, in the unit of the samples: 0 when all samples are the truth, the absolute error for
 * one sample (Gneiting and Raftery 2007, equation 21). Lower is better, and it is proper: no sample does better on average than one drawn
 * from what the forecaster believes. Whole numbers below 2^53; throws `subnets/bad-forecast` on none or others.
 */
export function crps(samples: readonly number[], truth: number): number {
  if (samples.length === 0 || ![...samples, truth].every(Number.isSafeInteger)) {
    throw new KoinonError({ code: 'subnets/bad-forecast', message: 'A forecast is a list of whole numbers below 2^53' })
  }
  const count = BigInt(samples.length)
  const target = BigInt(truth)
  const ascending = samples.map(BigInt).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  let distance = 0n
  let spread = 0n
  ascending.forEach((sample, index) => {
    distance += sample > target ? sample - target : target - sample
    // The sum of |x_i - x_j| over all ordered pairs is twice this.
    spread += (2n * BigInt(index) + 1n - count) * sample
  })
  return Number((count * distance - spread) / (count * count))
}
