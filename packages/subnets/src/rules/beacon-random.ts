/** Numbers that everybody derives alike from an epoch's beacon (specs/0007-epochs.md section 3). */
import { bytes32Word, concatBytes, type Hex, KoinonError, sha256, utf8ToBytes } from '@koinon/base'

/** Deterministic stream of numbers; every call takes the next ones. */
export type BeaconRandom = {
  /** Uniform 64-bit integer. */
  nextUint64(): bigint
  /** Uniform integer in [0, bound). Throws `subnets/out-of-range` when `bound` is not a positive safe integer. */
  below(bound: number): number
  /** `size` different integers of [0, count), ascending; all of them when there are no more. */
  sample(count: number, size: number): readonly number[]
}

const twoTo64 = 1n << 64n

/** Stream of SHA-256(beacon | SHA-256(label) | uint64 counter), counters from 0, read as four big-endian 64-bit numbers a block. */
export function createBeaconRandom(beacon: Hex, label: string): BeaconRandom {
  const prefix = concatBytes(bytes32Word(beacon), sha256(utf8ToBytes(label)))
  let counter = 0n
  let pending: bigint[] = []
  const nextUint64 = (): bigint => {
    if (pending.length === 0) {
      const message = new Uint8Array(prefix.length + 8)
      message.set(prefix)
      new DataView(message.buffer).setBigUint64(prefix.length, counter++)
      const view = new DataView(sha256(message).buffer)
      pending = [0, 8, 16, 24].map((offset) => view.getBigUint64(offset))
    }
    return pending.shift() as bigint
  }
  const below = (bound: number): number => {
    if (!Number.isSafeInteger(bound) || bound < 1) {
      throw new KoinonError({ code: 'subnets/out-of-range', message: `${bound} is not a positive integer` })
    }
    const limit = twoTo64 - (twoTo64 % BigInt(bound))
    for (;;) {
      const value = nextUint64()
      // Values of the incomplete last stretch would favour small results.
      if (value < limit) return Number(value % BigInt(bound))
    }
  }
  return { nextUint64, below, sample: (count, size) => sampleWithoutReplacement(below, count, size) }
}

/** Partial Fisher-Yates over a sparse map: draws k from the unpicked rest, however large `count` is. */
function sampleWithoutReplacement(below: (bound: number) => number, count: number, size: number): readonly number[] {
  const wanted = Math.min(count, size)
  const moved = new Map<number, number>()
  const picked: number[] = []
  for (let i = 0; i < wanted; i++) {
    const place = i + below(count - i)
    picked.push(moved.get(place) ?? place)
    moved.set(place, moved.get(i) ?? i)
  }
  return picked.sort((a, b) => a - b)
}
