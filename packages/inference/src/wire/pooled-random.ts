import type { Random } from '@koinon/base'

/** Draws from `random` in large portions, because each call of the system's generator costs more than the bytes. */
export function pooledRandom(random: Random, portionBytes = 4_096): Random {
  let portion: Uint8Array = new Uint8Array()
  let used = 0
  return (count) => {
    if (count > portionBytes) return random(count)
    if (used + count > portion.length) {
      portion = random(portionBytes)
      used = 0
    }
    // A copy: what was handed out shall not be read from the portion again.
    const bytes = portion.slice(used, used + count)
    portion.fill(0, used, used + count)
    used += count
    return bytes
  }
}
