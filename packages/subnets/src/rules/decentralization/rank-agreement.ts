/** Whether validators judge alike, and whether too much alike (specs/0019-audit.md section 4). */
import { integerRoot } from '../fixed/q64.ts'

/**
 * Spearman's rho of two equally long lists in millionths, -1,000,000 to 1,000,000: Pearson's correlation of their ranks, ties sharing
 * the mean rank. Undefined when the lists are shorter than two or one of them is constant.
 */
export function spearmanPpm(left: readonly number[], right: readonly number[]): number | undefined {
  if (left.length !== right.length || left.length < 2) return undefined
  const [a, b] = [centredRanks(left), centredRanks(right)]
  const product = dot(a, b)
  const norm = dot(a, a) * dot(b, b)
  if (norm === 0n) return undefined
  // Both sides in millionths of the norm's root, which is whole to 32 binary places.
  const root = integerRoot(norm << 64n, 2n)
  const size = (((product < 0n ? -product : product) << 32n) * 1_000_000n + root / 2n) / root
  return product < 0n ? -Number(size) : Number(size)
}

/** Mean of Spearman's rho over all pairs of rows that have one; undefined when no pair has. Rows are lists over the same seats. */
export function meanAgreementPpm(rows: readonly (readonly number[])[]): number | undefined {
  const all = rows.flatMap((row, index) =>
    rows.slice(index + 1).flatMap((other) => {
      const rho = spearmanPpm(row, other)
      return rho === undefined ? [] : [rho]
    }),
  )
  return all.length === 0 ? undefined : Math.round(all.reduce((sum, rho) => sum + rho, 0) / all.length)
}

/** Twice the rank of each value less the mean rank, ties sharing theirs: whole numbers that sum to 0. */
function centredRanks(values: readonly number[]): readonly bigint[] {
  return values.map((value) => {
    let below = 0
    let equal = 0
    for (const other of values) {
      if (other < value) below++
      else if (other === value) equal++
    }
    return BigInt(2 * below + equal - values.length)
  })
}

function dot(a: readonly bigint[], b: readonly bigint[]): bigint {
  return a.reduce((sum, value, index) => sum + value * (b[index] as bigint), 0n)
}
