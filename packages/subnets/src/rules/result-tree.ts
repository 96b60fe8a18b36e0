/** The tree behind `Result.root`: seat words on the left, amount words of the same uids on the right (specs/0015-disputes.md section 2). */
import { type Hex, KoinonError, zeroHash } from '@koinon/base'
import { climbWordTree, wordTreeProof, wordTreeRoot } from './word-tree.ts'

/** Depth of either half: 256 uids. */
export const seatDepth = 8
/** Depth of the whole tree. */
export const resultDepth = 9
const mostSeats = 2 ** seatDepth

/** Words by uid from 0 on; those beyond the last are zero. */
export type ResultWords = { readonly seats: readonly Hex[]; readonly amounts: readonly Hex[] }

/** Throws `subnets/out-of-range` for more than 256 words of a kind. */
export function resultRoot(words: ResultWords): Hex {
  return wordTreeRoot(leavesOf(words), resultDepth)
}

/** Nine siblings of a seat's word, from the leaf upwards; the last is the root of the amounts. */
export function seatProof(words: ResultWords, uid: number): readonly Hex[] {
  return wordTreeProof(leavesOf(words), uid, resultDepth)
}

/** Nine siblings of a seat's amounts, from the leaf upwards; the last is the root of the seats. */
export function amountProof(words: ResultWords, uid: number): readonly Hex[] {
  return wordTreeProof(leavesOf(words), mostSeats + uid, resultDepth)
}

/** The root that the amounts of a seat and their nine siblings lead to. */
export function climbFromAmount(word: Hex, uid: number, proof: readonly Hex[]): Hex {
  return climbWordTree(word, mostSeats + uid, proof)
}

/** Root of one half, which stands for all its words where they are not looked at. */
export function halfRoot(words: readonly Hex[]): Hex {
  return wordTreeRoot(words, seatDepth)
}

/** Eight siblings of a word within its half. */
export function halfProof(words: readonly Hex[], uid: number): readonly Hex[] {
  return wordTreeProof(words, uid, seatDepth)
}

function leavesOf({ seats, amounts }: ResultWords): readonly Hex[] {
  if (seats.length > mostSeats) {
    throw new KoinonError({ code: 'subnets/out-of-range', message: `A result has at most ${mostSeats} seats` })
  }
  return [...seats, ...Array.from<Hex>({ length: mostSeats - seats.length }).fill(zeroHash), ...amounts]
}
