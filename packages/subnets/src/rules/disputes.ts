/**
 * Which number of a posted result is wrong, and what shows it (specs/0015-disputes.md section 4). Numbers are looked at in the order in
 * which they depend on each other, so that the first wrong one can be shown with nothing but the ledger and the posting.
 */
import { type Hex, zeroHash } from '@koinon/base'
import { type ColumnRule, columnRuleOf } from './column-rules.ts'
import type { EpochInputs, PaidParts } from './epoch-inputs.ts'
import { countedStake, type EpochComputation, type Posting, rowAgeOf } from './epoch-record.ts'
import { amountsBefore, payableEmission, payoutsOf, totalsAfter } from './payouts.ts'
import { amountProof, halfProof, seatDepth, seatProof } from './result-tree.ts'
import { amountWord, noRow, parseSeatWord, voteOf } from './seat-words.ts'
import { rowWords } from './weight-row.ts'
import { rowDepth, wordTreeProof } from './word-tree.ts'
import { stakeCap } from './yuma/stake.ts'

/** One seat's place in a revealed row. */
export type RowOpening = { readonly word: Hex; readonly proof: readonly Hex[] }

/** Arguments of the functions of contracts/src/subnets/results/Disputes.sol, by the kind of number that is wrong. */
export type Dispute =
  | { readonly kind: 'validator'; readonly position: number }
  | {
      readonly kind: 'seat'
      readonly uid: number
      readonly word: Hex
      readonly proof: readonly Hex[]
      readonly openings: readonly RowOpening[]
      readonly consensus: bigint
      /** Atomic units; 0 where the aggregator cuts no stakes. */
      readonly cap: bigint
    }
  | { readonly kind: 'rank'; readonly uid: number }
  | { readonly kind: 'dividend'; readonly uid: number; readonly row: readonly Hex[] }
  | {
      readonly kind: 'amount'
      readonly uid: number
      readonly word: Hex
      /** Eight siblings, up to the root of the amounts. */
      readonly proof: readonly Hex[]
      readonly previous: Hex
      /** Nine siblings in the previous result, or in that of no words. */
      readonly previousProof: readonly Hex[]
    }
  | { readonly kind: 'total' }

/** What is posted of a result, with its totals. */
type Posted = { readonly posting: Posting; readonly totals: PaidParts }

const mostSeats = 2 ** seatDepth
const allUids = Array.from({ length: mostSeats }, (_, uid) => uid)
const noWords = { seats: [], amounts: [] }

/**
 * The first wrong number of `posted`, beside our own computation of the same epoch on the same previous result; undefined when the ledger
 * cannot tell: only the record differs, or shares of an aggregator that it does not know.
 */
export function findDispute(own: EpochComputation, posted: Posted, aggregatorSpecHash: Hex): Dispute | undefined {
  const { validators } = posted.posting
  const right = new Set(own.posting.validators)
  const position = validators.findIndex((word) => !right.has(word))
  if (position >= 0) return { kind: 'validator', position }
  const rule = columnRuleOf(aggregatorSpecHash)
  return (rule && wrongSeat(own, posted.posting, rule)) ?? wrongAmount(own.inputs, posted)
}

function wrongSeat(own: EpochComputation, posted: Posting, rule: ColumnRule): Dispute | undefined {
  const wrong = (part: (word: Hex) => bigint): number | undefined =>
    allUids.find((uid) => part(posted.seats[uid] ?? zeroHash) !== part(own.posting.seats[uid] ?? zeroHash))
  const rankOf = (word: Hex): bigint => parseSeatWord(word).rank
  const uid = wrong((word) => columnBitsOf(word) | (rule.ranksFrom === 'column' ? rankOf(word) : 0n))
  if (uid !== undefined) return seatDispute(own, posted, uid, rule)
  const ranked = wrong(rankOf)
  if (ranked !== undefined) return { kind: 'rank', uid: ranked }
  const earner = rule.areDividendsKnown ? wrong((word) => parseSeatWord(word).dividend) : undefined
  return earner === undefined ? undefined : { kind: 'dividend', uid: earner, row: rowOfSeat(own.inputs, earner) }
}

/** Tenure, consensus and the aggregator's own part, with room for the rank below. */
function columnBitsOf(word: Hex): bigint {
  const { tenure, consensus, own } = parseSeatWord(word)
  return ((((BigInt(tenure) << 40n) | consensus) << 128n) | own) << 40n
}

function seatDispute(
  { inputs, posting }: EpochComputation,
  posted: Posting,
  uid: number,
  { stakeCapPercent }: ColumnRule,
): Dispute {
  const openings = inputs.validators
    .filter((validator) => voteOf({ age: rowAgeOf(validator), stake: validator.stake }) > 0n)
    .map(({ packedRow }) => openRow(packedRow as Hex, uid))
  const stakes = inputs.validators.map(countedStake)
  return {
    kind: 'seat',
    uid,
    word: posted.seats[uid] ?? zeroHash,
    proof: seatProof(posted, uid),
    openings,
    consensus: parseSeatWord(posting.seats[uid] ?? zeroHash).consensus,
    cap: (stakeCapPercent === undefined ? undefined : stakeCap(stakes, stakeCapPercent)) ?? 0n,
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
function wrongAmount(inputs: EpochInputs, { posting, totals }: Posted): Dispute | undefined {
  const lines = posting.seats.map(parseSeatWord)
  const isPaid = lines.some(({ rank }) => rank > 0n)
  const paid = payoutsOf(lines, isPaid ? payableEmission(inputs) : { miners: 0n, dividends: 0n })
  const holders = new Map(inputs.seats.map((seat) => [seat.uid, seat]))
  const rightWord = (uid: number): Hex => {
    const seat = holders.get(uid)
    if (seat === undefined) return zeroHash
    const before = amountsBefore(inputs, seat)
    const { mined, dividends } = paid[uid] ?? { mined: 0n, dividends: 0n }
    return amountWord({ mined: before.mined + mined, dividends: before.dividends + dividends })
  }
  const uid = allUids.find((place) => (posting.amounts[place] ?? zeroHash) !== rightWord(place))
  if (uid !== undefined) {
    const previous = inputs.previous?.words ?? noWords
    return {
      kind: 'amount',
      uid,
      word: posting.amounts[uid] ?? zeroHash,
      proof: halfProof(posting.amounts, uid),
      previous: previous.amounts[uid] ?? zeroHash,
      previousProof: amountProof(previous, uid),
    }
  }
  const right = totalsAfter(inputs.previous?.totals, paid)
  return right.miners === totals.miners && right.dividends === totals.dividends ? undefined : { kind: 'total' }
}
