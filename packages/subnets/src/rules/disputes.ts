/**
 * Which numbers of a posted result are wrong, and what shows each (specs/0015-disputes.md section 4). They are named in the order in which
 * they depend on each other, so that the first can be shown with nothing but the ledger and the posting.
 */
import { type Address, type Hex, zeroHash } from '@koinon/base'
import { type ColumnRule, columnRuleOf } from './column-rules.ts'
import type { EpochInputs, PaidParts } from './epoch-inputs.ts'
import { countedStake, type EpochComputation, type Posting, rowAgeOf } from './epoch-record.ts'
import { amountsBefore, payableEmission, payoutsOf, totalsAfter } from './payouts.ts'
import { amountProof, halfProof, seatDepth, seatProof } from './result-tree.ts'
import {
  type AmountNumbers,
  amountWord,
  columnBits,
  dividendBits,
  noRow,
  parseSeatWord,
  rankBits,
  voteOf,
  wholeWord,
} from './seat-words.ts'
import { oneQ32 } from './shares.ts'
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

/** A number that is wrong: of a validator by its position, of a seat by its uid, 0 for the totals. Evidence is made when it is asked for. */
export type Disputable = { readonly kind: Dispute['kind']; readonly place: number; readonly dispute: () => Dispute }

/** What is posted of a result, with its totals. */
type Posted = { readonly posting: Posting; readonly totals: PaidParts }

const mostSeats = 2 ** seatDepth
const allUids = Array.from({ length: mostSeats }, (_, uid) => uid)
const noWords = { seats: [], amounts: [] }

/**
 * The wrong numbers of `posted`, beside our own computation of the same epoch on the same previous result, as far as the ledger can tell:
 * not the record, what is carried, and shares of an aggregator that it does not know. First one of each kind in the order in which they
 * depend on each other, then the second ones, and so on, so that no kind holds up another: whoever tries them in turn needs the first only
 * unless its own computation differs from the ledger's.
 */
export function findDisputes(own: EpochComputation, posted: Posted, aggregatorSpecHash: Hex): readonly Disputable[] {
  const rule = columnRuleOf(aggregatorSpecHash)
  const kinds = [
    wrongValidators(own, posted.posting),
    wrongSeats(own, posted.posting, rule),
    rule?.ranksFrom === 'own' ? wrongRanks(posted.posting) : [],
    rule?.areDividendsKnown === true ? wrongDividends(own, posted.posting) : [],
    wrongAmounts(own.inputs, posted),
    wrongTotals(own.inputs, posted),
  ]
  const turns = Math.max(...kinds.map(({ length }) => length))
  return Array.from({ length: turns }, (_, turn) => kinds.flatMap((wrong) => wrong.slice(turn, turn + 1))).flat()
}

/** The ledger takes no list that is not ascending, names somebody without stake or does not sum to its total. */
function wrongValidators(own: EpochComputation, { validators }: Posting): readonly Disputable[] {
  const right = new Set(own.posting.validators)
  return validators.flatMap((word, position) =>
    right.has(word) ? [] : [{ kind: 'validator', place: position, dispute: () => ({ kind: 'validator', position }) }],
  )
}

/** What follows from a seat's column; of a free seat everything, of who is no validator the dividend, too. */
function wrongSeats(own: EpochComputation, posted: Posting, rule: ColumnRule | undefined): readonly Disputable[] {
  const holders = holdersOf(own.inputs)
  const validators = new Set(own.inputs.validators.map(({ hotkey }) => hotkey))
  const settled = (uid: number): bigint => {
    const holder = holders.get(uid)
    if (holder === undefined) return wholeWord
    if (rule === undefined) return 0n
    const ranks = rule.ranksFrom === 'column' ? rankBits : 0n
    return columnBits | ranks | (validators.has(holder) || rule.areDividendsKnown ? 0n : dividendBits)
  }
  return wrongUids((uid) => {
    const [right, word] = [own.posting.seats[uid] ?? zeroHash, posted.seats[uid] ?? zeroHash]
    return ((BigInt(right) ^ BigInt(word)) & settled(uid)) !== 0n
  }).map((uid) => ({ kind: 'seat', place: uid, dispute: () => seatDispute(own, posted, uid, rule) }))
}

/** A rank of Yuma is a part of what the posted words hold as the aggregator's own, right or wrong. */
function wrongRanks({ seats }: Posting): readonly Disputable[] {
  const lines = seats.map(parseSeatWord)
  const sum = lines.reduce((all, { own }) => all + own, 0n)
  const isWrong = (uid: number): boolean => {
    const { own, rank } = lines[uid] ?? { own: 0n, rank: 0n }
    return rank !== (sum === 0n ? 0n : (own * oneQ32) / sum)
  }
  return wrongUids(isWrong).map((uid) => ({ kind: 'rank', place: uid, dispute: () => ({ kind: 'rank', uid }) }))
}

function wrongDividends(own: EpochComputation, posted: Posting): readonly Disputable[] {
  const dividendAt = (seats: readonly Hex[], uid: number): bigint => parseSeatWord(seats[uid] ?? zeroHash).dividend
  return wrongUids((uid) => dividendAt(posted.seats, uid) !== dividendAt(own.posting.seats, uid)).map((uid) => ({
    kind: 'dividend',
    place: uid,
    dispute: () => ({ kind: 'dividend', uid, row: rowOfSeat(own.inputs, uid) }),
  }))
}

function wrongUids(isWrong: (uid: number) => boolean): readonly number[] {
  return allUids.filter(isWrong)
}

function holdersOf({ seats }: EpochInputs): ReadonlyMap<number, Address> {
  return new Map(seats.map(({ uid, hotkey }) => [uid, hotkey]))
}

function seatDispute(
  { inputs, posting }: EpochComputation,
  posted: Posting,
  uid: number,
  rule: ColumnRule | undefined,
): Dispute {
  const shown = { kind: 'seat', uid, word: posted.seats[uid] ?? zeroHash, proof: seatProof(posted, uid) } as const
  if (rule === undefined || !holdersOf(inputs).has(uid)) return { ...shown, openings: [], consensus: 0n, cap: 0n }
  const openings = inputs.validators
    .filter((validator) => voteOf({ age: rowAgeOf(validator), stake: validator.stake }) > 0n)
    .map(({ packedRow }) => openRow(packedRow as Hex, uid))
  const stakes = inputs.validators.map(countedStake)
  const { stakeCapPercent } = rule
  return {
    ...shown,
    openings,
    consensus: parseSeatWord(posting.seats[uid] ?? zeroHash).consensus,
    cap: (stakeCapPercent === undefined ? undefined : stakeCap(stakes, stakeCapPercent)) ?? 0n,
  }
}

function openRow(packedRow: Hex, uid: number): RowOpening {
  const words = rowWords(packedRow)
  return { word: words[uid >> 4] as Hex, proof: wordTreeProof(words, uid >> 4, rowDepth) }
}

function rowOfSeat(inputs: EpochInputs, uid: number): readonly Hex[] {
  const holder = holdersOf(inputs).get(uid)
  const validator = inputs.validators.find(({ hotkey }) => hotkey === holder)
  if (validator === undefined || rowAgeOf(validator) === noRow) return []
  return rowWords(validator.packedRow as Hex)
}

/** Amounts follow from the posted shares, whether or not the ledger can check those. */
function wrongAmounts(inputs: EpochInputs, { posting }: Posted): readonly Disputable[] {
  const paid = postedPayouts(inputs, posting)
  const holders = new Map(inputs.seats.map((seat) => [seat.uid, seat]))
  const rightWord = (uid: number): Hex => {
    const seat = holders.get(uid)
    if (seat === undefined) return zeroHash
    const before = amountsBefore(inputs, seat)
    const { mined, dividends } = paid[uid] ?? { mined: 0n, dividends: 0n }
    return amountWord({ mined: before.mined + mined, dividends: before.dividends + dividends })
  }
  return wrongUids((uid) => (posting.amounts[uid] ?? zeroHash) !== rightWord(uid)).map((uid) => ({
    kind: 'amount',
    place: uid,
    dispute: () => {
      const previous = inputs.previous?.words ?? noWords
      return {
        kind: 'amount',
        uid,
        word: posting.amounts[uid] ?? zeroHash,
        proof: halfProof(posting.amounts, uid),
        previous: previous.amounts[uid] ?? zeroHash,
        previousProof: amountProof(previous, uid),
      }
    },
  }))
}

function wrongTotals(inputs: EpochInputs, { posting, totals }: Posted): readonly Disputable[] {
  const right = totalsAfter(inputs.previous?.totals, postedPayouts(inputs, posting))
  if (right.miners === totals.miners && right.dividends === totals.dividends) return []
  return [{ kind: 'total', place: 0, dispute: () => ({ kind: 'total' }) }]
}

/** What the posted shares give each uid now. */
function postedPayouts(inputs: EpochInputs, { seats }: Posting): readonly AmountNumbers[] {
  const lines = seats.map(parseSeatWord)
  const isPaid = lines.some(({ rank }) => rank > 0n)
  return payoutsOf(lines, isPaid ? payableEmission(inputs) : { miners: 0n, dividends: 0n })
}
