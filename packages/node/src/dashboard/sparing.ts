import type { Clock } from '@koinon/base'

const restFactor = 20
/** One answer that took long, on a machine that was busy, must not stand for minutes. */
const mostRestMs = 20_000

/**
 * The same question, asked again only when the last answer is older than twenty times what it took, or 20 s
 * unless told otherwise: a question whose cost grows
 * with the history takes a twentieth of the index's time until it takes a second, whoever asks. Those who ask meanwhile share one answer.
 */
export function sparing<result>(
  ask: () => Promise<result>,
  clock: Clock,
  { leastMs, mostMs }: { readonly leastMs: number; readonly mostMs: number } = { leastMs: 0, mostMs: mostRestMs },
): () => Promise<result> {
  let answer: Promise<result> | undefined
  let holdsUntilMs = 0
  return () => {
    if (answer !== undefined && clock.nowMs() < holdsUntilMs) return answer
    const begunAtMs = clock.nowMs()
    holdsUntilMs = Number.POSITIVE_INFINITY
    answer = ask().finally(() => {
      const nowMs = clock.nowMs()
      holdsUntilMs = nowMs + Math.max(leastMs, Math.min(restFactor * (nowMs - begunAtMs), mostMs))
    })
    // A failure is told to those who wait for it, and kept from nobody after.
    answer.catch(() => {
      answer = undefined
    })
    return answer
  }
}
