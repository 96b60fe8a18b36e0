import type { Clock } from '@koinon/base'
import { sparing } from './sparing.ts'

/** `sparing` for each value of a key, of the `most` that were asked about last. */
export function sparingBy<result>(
  ask: (key: string) => Promise<result>,
  clock: Clock,
  most: number,
): (key: string) => Promise<result> {
  const kept = new Map<string, () => Promise<result>>()
  return (key) => {
    const answer = kept.get(key) ?? sparing(() => ask(key), clock)
    kept.delete(key)
    kept.set(key, answer)
    const [oldest] = kept.keys()
    if (kept.size > most && oldest !== undefined) kept.delete(oldest)
    return answer()
  }
}
