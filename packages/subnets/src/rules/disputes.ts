/**
 * Which number of a posted result is wrong, and what shows it (specs/0015-disputes.md section 3). Numbers are looked at in the order in
 * which they depend on each other, so that the first wrong one can be shown with nothing but the ledger and the posting.
 */
import { type Hex, zeroHash } from '@koinon/base'
import {
  amountBefore,
  type EpochComputation,
  type EpochInputs,
  type Posting,
  payableEmission,
  payoutsOf,
  rowAgeOf,
} from './epoch-record.ts'
import { noRow, parseSeatWord, voteOf } from './seat-words.ts'
import { stakeMedian } from './stake-median.ts'
import { rowWords } from './weight-row.ts'
import { rowDepth, seatDepth, wordTreeProof } from './word-tree.ts'

/** One seat's place in a revealed row. */
export type RowOpening = { readonly word: Hex; readonly proof: readonly Hex[] }

/** Arguments of the functions of contracts/src/subnets/Disputes.sol, by the kind of number that is wrong. */
export type Dispute =
  | { readonly kind: 'validator'; readonly position: number }
  | {
      readonly kind: 'seat'
      readonly uid: number
      readonly word: Hex
      readonly proof: readonly Hex[]
      readonly openings: readonly RowOpening[]
      readonly consensus: bigint
    }
  | { readonly kind: 'dividend'; readonly uid: number; readonly row: readonly Hex[] }
  | {
      readonly kind: 'amount'
      readonly uid: number
      readonly previous: Hex
      readonly previousProof: readonly Hex[]
    }
  | { readonly kind: 'total' }

const mostSeats = 2 ** seatDepth

/**
 * The first wrong number of `posted`, beside our own computation of the same epoch on the same previous result; undefined when the ledger
 * cannot tell: only the record differs, or shares of an aggregator that it does not know.
 */
export function findDispute(
  own: EpochComputation,
  posted: { readonly posting: Posting; readonly cumulativeTotal: bigint },
  aggregatorSpecHash: Hex,
): Dispute | undefined {
  const { validators, seats } = posted.posting
  const right = new Set(own.posting.validators)
  const position = validators.findIndex((word) => !right.has(word))
  if (position >= 0) return { kind: 'validator', position }
  if (aggregatorSpecHash === stakeMedian.specHash) {
    const uids = Array.from({ length: mostSeats }, (_, uid) => uid)
    const wrong = (part: (word: Hex) => bigint): number | undefined =>
      uids.find((uid) => part(seats[uid] ?? zeroHash) !== part(own.posting.seats[uid] ?? zeroHash))
    const uid = wrong(shareBitsOf)
    if (uid !== undefined) return seatDispute(own, seats, uid)
    const earner = wrong((word) => parseSeatWord(word).dividend)
    if (earner !== undefined) return { kind: 'dividend', uid: earner, row: rowOfSeat(own.inputs, earner) }
  }
  return wrongAmount(own.inputs, posted)
}

/** Tenure, consensus, rank and the aggregator's own part. */
function shareBitsOf(word: Hex): bigint {
  const { tenure, consensus, rank, own } = parseSeatWord(word)
  return (((BigInt(tenure) << 80n) | (consensus << 40n) | rank) << 32n) | own
}

function seatDispute({ inputs, posting }: EpochComputation, seats: readonly Hex[], uid: number): Dispute {
  const openings = inputs.validators
    .filter((validator) => voteOf({ age: rowAgeOf(validator), stake: validator.stake }) > 0n)
    .map(({ packedRow }) => openRow(packedRow as Hex, uid))
  return {
    kind: 'seat',
    uid,
    word: seats[uid] ?? zeroHash,
    proof: wordTreeProof(seats, uid, seatDepth),
    openings,
    consensus: parseSeatWord(posting.seats[uid] ?? zeroHash).consensus,
  }
}

function openRow(packedRow: Hex, uid: number): RowOpening {
  const words = rowWords(packedRow)
  return { word: words[uid >> 4] as Hex, proof: wordTreeProof(words, uid >> 4, rowDepth) }
}

function rowOfSeat({ seats, validators }: EpochInputs, uid: number): readonly Hex[] {
  const holder = seats.find((seat) => seat.uid === uid)?.hotkey
  const validator = validators.find(({ hotkey }) => hotkey === holder)
  if (validator === undefined || rowAgeOf(validator) === noRow) return []
  return rowWords(validator.packedRow as Hex)
}

/** Amounts follow from the posted shares, whether or not the ledger can check those. */
function wrongAmount(
  inputs: EpochInputs,
  { posting, cumulativeTotal }: Parameters<typeof findDispute>[1],
): Dispute | undefined {
  const lines = posting.seats.map(parseSeatWord)
  const emission = lines.some(({ rank }) => rank > 0n) ? payableEmission(inputs) : 0n
  const paid = payoutsOf(lines, emission).map(({ asMiner, asValidator }) => asMiner + asValidator)
  const holders = new Map(inputs.seats.map((seat) => [seat.uid, seat]))
  const uid = lines.findIndex(({ cumulative }, place) => {
    const seat = holders.get(place)
    return cumulative !== (seat === undefined ? 0n : amountBefore(inputs, seat) + (paid[place] as bigint))
  })
  if (uid >= 0) {
    const words = inputs.previous?.words ?? []
    return {
      kind: 'amount',
      uid,
      previous: words[uid] ?? zeroHash,
      previousProof: wordTreeProof(words, uid, seatDepth),
    }
  }
  const total = (inputs.previous?.cumulativeTotal ?? 0n) + paid.reduce((sum, amount) => sum + amount, 0n)
  return total === cumulativeTotal ? undefined : { kind: 'total' }
}
