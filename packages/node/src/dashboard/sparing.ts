import type { Clock } from '@koinon/base'

const restFactor = 20

/**
 * The same question, asked again only when the last answer is older than twenty times what it took: a question whose cost grows with
 * the history takes at most a twentieth of the index's time, whoever asks. Those who ask meanwhile share one answer.
 */
export function sparing<result>(ask: () => Promise<result>, clock: Clock): () => Promise<result> {
  let answer: Promise<result> | undefined
  let holdsUntilMs = 0
  return () => {
    if (answer !== undefined && clock.nowMs() < holdsUntilMs) return answer
    const begunAtMs = clock.nowMs()
    holdsUntilMs = Number.POSITIVE_INFINITY
    answer = ask().finally(() => {
      const nowMs = clock.nowMs()
      holdsUntilMs = nowMs + restFactor * (nowMs - begunAtMs)
    })
    // A failure is told to those who wait for it, and kept from nobody after.
    answer.catch(() => {
      answer = undefined
    })
    return answer
  }
}
