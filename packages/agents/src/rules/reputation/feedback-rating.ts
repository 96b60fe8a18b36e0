/** From feedback on the ledger to one rating of a reviewer about an agent (specs/0023 section 5.4). */

/** One feedback of one reviewer about one agent. */
export type FeedbackValue = { readonly value: bigint; readonly valueDecimals: number; readonly tag1: string }

/** Tags whose values are per cent, and so can be compared. */
export const ratedTags: ReadonlySet<string> = new Set(['successRate', 'uptime', 'starred'])

/**
 * Mean of the last value of each tag in per cent, millionths, rounded down; undefined when there is none. `history` is oldest first. A
 * value that is no per cent counts as if it had not been said.
 */
export function ratingOfFeedback(history: readonly FeedbackValue[]): number | undefined {
  const last = new Map<string, bigint>()
  for (const { value, valueDecimals, tag1 } of history) {
    if (!ratedTags.has(tag1)) continue
    const micro = (value * 10_000n) / 10n ** BigInt(valueDecimals)
    if (value >= 0n && micro <= 1_000_000n) last.set(tag1, micro)
  }
  if (last.size === 0) return undefined
  const sum = [...last.values()].reduce((total, micro) => total + micro, 0n)
  return Number(sum / BigInt(last.size))
}
