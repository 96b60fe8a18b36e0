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

const twoTo32 = 0x1_0000_0000
const twoTo64 = 1n << 64n
/** Below this every step of the remainder in halves is exact in a double. */
const mostInHalves = 1 << 21

/** Blocks of a stream that are kept for its other readers, 32 bytes each. */
const mostKept = 4_096

/** Stream of SHA-256(beacon | SHA-256(label) | uint64 counter), counters from 0, read as four big-endian 64-bit numbers a block. */
export function createBeaconRandom(beacon: Hex, label: string): BeaconRandom {
  return createBeaconStream(beacon, label)()
}

/** The same stream for several readers, each from its beginning, hashed once. */
export function createBeaconStream(beacon: Hex, label: string): () => BeaconRandom {
  const prefix = concatBytes(bytes32Word(beacon), sha256(utf8ToBytes(label)))
  const message = new Uint8Array(prefix.length + 8)
  message.set(prefix)
  const counterOf = new DataView(message.buffer)
  const kept: DataView[] = []
  const blockOf = (counter: number): DataView => {
    counterOf.setUint32(prefix.length, Math.floor(counter / twoTo32))
    counterOf.setUint32(prefix.length + 4, counter)
    const digest = sha256(message)
    const block = new DataView(digest.buffer, digest.byteOffset, digest.byteLength)
    if (counter === kept.length && counter < mostKept) kept.push(block)
    return block
  }
  return () => readerOf((counter) => kept[counter] ?? blockOf(counter))
}

function readerOf(blockAt: (counter: number) => DataView): BeaconRandom {
  let counter = 0
  let block: DataView
  let offset = 32
  /** Where in the block the next number stands. */
  const next = (): number => {
    if (offset === 32) {
      block = blockAt(counter++)
      offset = 0
    }
    offset += 8
    return offset - 8
  }
  const nextUint64 = (): bigint => {
    const at = next()
    return block.getBigUint64(at)
  }
  const below = (bound: number): number => {
    if (!Number.isSafeInteger(bound) || bound < 1) {
      throw new KoinonError({ code: 'subnets/out-of-range', message: `${bound} is not a positive integer` })
    }
    for (;;) {
      const at = next()
      const [high, low] = [block.getUint32(at), block.getUint32(at + 4)]
      // Values of the incomplete last stretch would favour small results; they begin with 32 ones.
      if (high === twoTo32 - 1 || bound > mostInHalves) {
        const value = block.getBigUint64(at)
        if (value < twoTo64 - (twoTo64 % BigInt(bound))) return Number(value % BigInt(bound))
      } else return ((high % bound) * (twoTo32 % bound) + (low % bound)) % bound
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
