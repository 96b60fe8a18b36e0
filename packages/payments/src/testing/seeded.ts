/** Draws that a seed repeats, so that a trial which failed can be run again. */
import { sha256, utf8ToBytes } from '@koinon/base'

/** Numbers in [0, 1), the same for the same words. */
export function seededUnit(...words: readonly (string | number)[]): () => number {
  const name = words.join(' ')
  let drawn = 0
  return () => {
    const [a = 0, b = 0, c = 0, d = 0] = sha256(utf8ToBytes(`koinon trial ${name} ${drawn++}`))
    return ((a * 256 + b) * 256 + c) / 2 ** 24 + d / 2 ** 32
  }
}
