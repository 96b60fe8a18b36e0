import { wholeMicro } from './trust-input.ts'

export type WeightedValue = { readonly valueMicro: number; readonly weight: bigint }

/**
 * Mean of the middle half by weight, rounded down: a quarter of the weight is dropped at both ends. While less than a quarter of the
 * weight lies, the result is a mean of what the others say.
 */
export function midmean(values: readonly WeightedValue[]): number {
  const sorted = [...values].sort((a, b) => a.valueMicro - b.valueMicro)
  // Four times everything, so that quarters are whole numbers.
  const total = sorted.reduce((sum, { weight }) => sum + 4n * weight, 0n)
  if (total === 0n) return 0
  const [lower, upper] = [total / 4n, total - total / 4n]
  let [at, sum] = [0n, 0n]
  for (const { valueMicro, weight } of sorted) {
    const end = at + 4n * weight
    const inside = smaller(end, upper) - larger(at, lower)
    if (inside > 0n) sum += BigInt(valueMicro) * inside
    at = end
  }
  const mean = Number(sum / (upper - lower))
  return mean > wholeMicro ? wholeMicro : mean
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
