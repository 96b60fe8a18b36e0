/** Stakes and permits (specs/0011-yuma.md section 3). */
import { wholeQ32 } from '../fixed/q32.ts'

/** Shares of the sum in Q32, rounded down; all 0 when the sum is. */
export function stakeShares(stakes: readonly bigint[]): Float64Array {
  const sum = stakes.reduce((left, right) => left + right, 0n)
  return Float64Array.from(stakes, (stake) => (sum === 0n ? 0 : Number((stake * BigInt(wholeQ32)) / sum)))
}

/**
 * The smallest stake that at least `percent` of a hundred of the given do not exceed: number ceil(percent * n / 100) of the n that are
 * not 0, counted from the lowest. None without stakes. So below 9 stakes the 88th percentile is the largest.
 */
export function stakeCap(stakes: readonly bigint[], percent: number): bigint | undefined {
  const ascending = stakes.filter((stake) => stake > 0n).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return ascending[Math.ceil((percent * ascending.length) / 100) - 1]
}

/** The same stakes, none above their own cap. */
export function capStakes(stakes: readonly bigint[], percent: number): readonly bigint[] {
  const cap = stakeCap(stakes, percent)
  return cap === undefined ? stakes : stakes.map((stake) => (stake > cap ? cap : stake))
}

/** The `count` largest shares that are not 0; of equals the higher uid. */
export function largestShares(shares: Float64Array, count: number): readonly boolean[] {
  const ascending = [...shares.keys()].sort((a, b) => (shares[a] as number) - (shares[b] as number) || a - b)
  const chosen = new Set(ascending.slice(Math.max(0, ascending.length - count)))
  return Array.from(shares, (share, uid) => share > 0 && chosen.has(uid))
}
