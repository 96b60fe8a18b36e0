/** Seeded random numbers for behaviour in the league: 32-bit integers only, the same on every platform, fast enough for every cell. */
import { sha256, utf8ToBytes } from '@koinon/base'

/** A stream of numbers; every call takes the next one. */
export type LeagueRandom = {
  /** Uniform integer in [0, 2^32). */
  nextUint32(): number
  /** Uniform integer in [0, bound), bound up to 2^21 so that the product is exact; the bias is below bound / 2^32. */
  below(bound: number): number
  /** Bell-shaped integer with mean 0 and standard deviation 147.8: four bytes summed, minus 510. */
  bell(): number
}

/** Standard deviation of `bell`, rounded: sqrt(4 * (256^2 - 1) / 12). */
export const bellDeviation = 148

/** The stream of a seed and a label: sfc32 (small fast counting generator) keyed by the first 128 bits of SHA-256("koinon league" | seed | label). */
export function createLeagueRandom(seed: string, label: string): LeagueRandom {
  const key = new DataView(sha256(utf8ToBytes(JSON.stringify(['koinon league', seed, label]))).buffer)
  let a = key.getUint32(0) | 0
  let b = key.getUint32(4) | 0
  let c = key.getUint32(8) | 0
  let counter = key.getUint32(12) | 0
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  return {
    nextUint32: next,
    below: (bound) => Math.floor((next() * bound) / 0x1_0000_0000),
    bell: () => {
      const bits = next()
      return (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510
    },
  }
}
