/** Weight rows (specs/0007-epochs.md section 4): what a validator commits to blind and reveals on the ledger. */
import {
  type Address,
  addressWord,
  bytes32Word,
  bytesToHex,
  type Hex,
  hexToBytes,
  integerWord,
  KoinonError,
} from '@koinon/base'
import { rowDepth, wordTreeRoot } from './word-tree.ts'
import { keccakHex } from './words.ts'

/** `weight` is 1 to 65535; zero weights are left out. */
export type WeightEntry = { readonly uid: number; readonly weight: number }

/** Entries ascending by uid, each uid once. No entries means that the validator abstains. */
export type WeightRow = readonly WeightEntry[]

/** Largest weight of a row. */
export const maximumWeight = 65_535

const entryBytes = 4

/**
 * Scales non-negative integer scores so that the best is 65535, rounding half up; scores that round to zero are left out.
 * Throws `subnets/bad-row` on a repeated or impossible uid or a negative score.
 */
export function upscaleScores(scores: readonly { readonly uid: number; readonly score: bigint }[]): WeightRow {
  const most = scores.reduce((best, { score }) => (score > best ? score : best), 0n)
  const sorted = [...scores].sort((a, b) => a.uid - b.uid)
  sorted.forEach(({ uid, score }, index) => {
    if (!isUid(uid) || sorted[index + 1]?.uid === uid) throw badRow(`uid ${uid} is repeated or not a uid`)
    if (score < 0n) throw badRow(`the score of uid ${uid} is negative`)
  })
  if (most === 0n) return []
  return sorted
    .map(({ uid, score }) => ({ uid, weight: Number((2n * score * BigInt(maximumWeight) + most) / (2n * most)) }))
    .filter(({ weight }) => weight > 0)
}

/** Packs a row: per entry uid and weight, 2 bytes each, big-endian. Throws `subnets/bad-row`. */
export function packRow(row: WeightRow): Hex {
  const bytes = new Uint8Array(entryBytes * row.length)
  const view = new DataView(bytes.buffer)
  row.forEach(({ uid, weight }, index) => {
    if (!isUid(uid) || uid <= (row[index - 1]?.uid ?? -1)) throw badRow(`uid ${uid} is not above the one before it`)
    if (!Number.isInteger(weight) || weight < 1 || weight > maximumWeight)
      throw badRow(`weight ${weight} of uid ${uid}`)
    view.setUint16(entryBytes * index, uid)
    view.setUint16(entryBytes * index + 2, weight)
  })
  return bytesToHex(bytes)
}

/** Reads a packed row. Throws `subnets/bad-row` on everything that the contract refuses: one row has one spelling. */
export function unpackRow(packed: Hex): WeightRow {
  const bytes = hexToBytes(packed)
  if (bytes.length % entryBytes !== 0) throw badRow(`its length ${bytes.length} is not a multiple of ${entryBytes}`)
  const view = new DataView(bytes.buffer)
  const row = Array.from({ length: bytes.length / entryBytes }, (_, index) => ({
    uid: view.getUint16(entryBytes * index),
    weight: view.getUint16(entryBytes * index + 2),
  }))
  packRow(row)
  return row
}

/** Keccak-256 of the packed bytes, as the contract keeps it. */
export function rowHash(packed: Hex): Hex {
  return keccakHex(hexToBytes(packed))
}

/** keccak256(abi.encode(chainId, weightsContract, netuid, epoch, hotkey, keccak256(row), salt)). `salt` is 32 random bytes. */
export function weightsCommitment(input: {
  readonly chainId: number
  readonly weightsContract: Address
  readonly netuid: number
  readonly epoch: number
  readonly hotkey: Address
  readonly packedRow: Hex
  readonly salt: Hex
}): Hex {
  return keccakHex(
    integerWord(input.chainId),
    addressWord(input.weightsContract),
    integerWord(input.netuid),
    integerWord(input.epoch),
    addressWord(input.hotkey),
    bytes32Word(rowHash(input.packedRow)),
    bytes32Word(input.salt),
  )
}

/** The 16 words of a row by uid: sixteen weights a word, the lowest uid in the highest bits. */
export function rowWords(packed: Hex): readonly Hex[] {
  const bytes = new Uint8Array(512)
  const view = new DataView(bytes.buffer)
  for (const { uid, weight } of unpackRow(packed)) view.setUint16(2 * uid, weight)
  return Array.from({ length: 16 }, (_, place) => bytesToHex(bytes.subarray(32 * place, 32 * place + 32)))
}

/** Sum of all weights of a row. */
export function rowTotal(row: WeightRow): number {
  return row.reduce((sum, { weight }) => sum + weight, 0)
}

/** What the ledger keeps of a revealed row: 29 bytes of the root of its words, 3 of the sum of its weights; the number 1 for the empty row. */
export function keptRowHash(packed: Hex): Hex {
  if (packed === '0x') return bytesToHex(integerWord(1))
  const sum = rowTotal(unpackRow(packed)).toString(16).padStart(6, '0')
  return `${wordTreeRoot(rowWords(packed), rowDepth).slice(0, 60)}${sum}` as Hex
}

function isUid(uid: number): boolean {
  return Number.isInteger(uid) && uid >= 0 && uid <= 0xffff
}

function badRow(problem: string): KoinonError {
  return new KoinonError({ code: 'subnets/bad-row', message: `The weight row is malformed: ${problem}` })
}
