/** The stake-weighted median of a column (specs/0011-yuma.md section 4). */

/**
 * The smallest value of which it holds that the stake giving at most it is more than `minority`; the largest value if there is none,
 * 0 without voters. Found by partition around a middle element, so in linear time mostly; the result does not depend on the order.
 * `order` is scratch space of at least as many places.
 */
export function weightedMedian(
  stakes: Float64Array,
  values: Float64Array,
  minority: number,
  order: Uint16Array = new Uint16Array(values.length),
): number {
  let first = 0
  let end = values.length
  if (end === 0) return 0
  for (let index = 0; index < end; index++) order[index] = index
  /** Stake of all values below the part that is still open. */
  let below = 0
  for (;;) {
    const pivot = values[order[(first + end) >> 1] as number] as number
    let lowerStake = 0
    let equalStake = 0
    let lowerEnd = first
    let higherStart = end
    for (let at = first; at < higherStart; ) {
      const index = order[at] as number
      const value = values[index] as number
      if (value === pivot) {
        equalStake += stakes[index] as number
        at += 1
      } else if (value < pivot) {
        lowerStake += stakes[index] as number
        order[at] = order[lowerEnd] as number
        order[lowerEnd] = index
        lowerEnd += 1
        at += 1
      } else {
        higherStart -= 1
        order[at] = order[higherStart] as number
        order[higherStart] = index
      }
    }
    if (lowerEnd > first && below + lowerStake > minority) end = lowerEnd
    else if (higherStart < end && below + lowerStake + equalStake <= minority) {
      below += lowerStake + equalStake
      first = higherStart
    } else return pivot
  }
}
