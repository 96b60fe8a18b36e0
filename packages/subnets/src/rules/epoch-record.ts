/** Everything an epoch's result follows from and leads to, as one public text (specs/0007-epochs.md section 5). */
import { type Address, type Hex, hexToBytes, KoinonError, sha256Hex, zeroHash } from '@koinon/base'
import type { Aggregator, AggregatorOutput, RankingValidator } from './aggregator.ts'
import type { EpochResult } from './result.ts'
import { noRow, parseSeatWord, seatWord, tenureOf, validatorWord, voteOf } from './seat-words.ts'
import { apportion, oneQ32 } from './shares.ts'
import { rowTotal, unpackRow } from './weight-row.ts'
import { seatDepth, wordTreeProof, wordTreeRoot } from './word-tree.ts'
import { keccakHex } from './words.ts'

export type Seat = { readonly uid: number; readonly hotkey: Address }

/** A seat and the second in which its holder took it. */
export type HeldSeat = Seat & { readonly sinceSeconds: number }

/**
 * `packedRow` is the row that counts: the one revealed for the epoch or, when none was, the last of the 8 epochs before; undefined when
 * there is none. `rowAge` is how many epochs it is old, 0 when absent. `stake` is permitted, in atomic units.
 */
export type PermittedValidator = {
  readonly hotkey: Address
  readonly stake: bigint
  readonly packedRow: Hex | undefined
  readonly rowAge?: number
}

/** What the last active result left behind; undefined before the first. */
export type PreviousResult = {
  readonly epoch: number
  /** Seat words by uid. */
  readonly words: readonly Hex[]
  /** Atomic units paid to all seats since genesis. */
  readonly cumulativeTotal: bigint
  readonly carry: Hex
}

export type EpochInputs = {
  readonly netuid: number
  readonly epoch: number
  /** First second of the epoch, and its length. */
  readonly startsAtSeconds: number
  readonly epochSeconds: number
  readonly specHash: Hex
  /** Seats at the last second of the epoch. */
  readonly seats: readonly HeldSeat[]
  /** All hotkeys with a permit at the epoch's start. */
  readonly validators: readonly PermittedValidator[]
  /** Atomic units accrued to the subnet until the start and until the end of the epoch. */
  readonly accruedBefore: bigint
  readonly accruedAfter: bigint
  readonly previous: PreviousResult | undefined
}

/** The numbers behind a result, as they are published with it; 32-byte words. */
export type Posting = {
  /** A word a permitted validator, ascending by hotkey. */
  readonly validators: readonly Hex[]
  /** A word a uid from 0 on. */
  readonly seats: readonly Hex[]
  readonly carry: readonly Hex[]
}

/** What a seat is owed by a root, and the proof of it. */
export type SeatClaim = HeldSeat & { readonly word: Hex; readonly cumulative: bigint; readonly proof: readonly Hex[] }

export type Payout = { readonly account: Address; readonly asMiner: bigint; readonly asValidator: bigint }

export type EpochComputation = {
  readonly inputs: EpochInputs
  readonly result: EpochResult
  readonly posting: Posting
  /** Accounts that earned in this epoch, ascending. Empty when nobody did: then there is nothing to sign. */
  readonly payouts: readonly Payout[]
  /** The published text whose SHA-256 is `dataHash`. */
  readonly recordText: string
  /** Part of the miners' emission per uid, parts of 2^32. */
  readonly incentive: ReadonlyMap<number, bigint>
  readonly carry: Hex
}

/**
 * Computes an epoch: pure and integer, so any two nodes agree on every bit. Emission paid is what accrued in the epoch plus, of what
 * earlier epochs left unpaid, at most as much again; half to miners by incentive, half to validators by dividends. What rounding leaves
 * stays accrued. A validator without a seat at the epoch's end earns nothing. Throws `subnets/bad-epoch-input` on inputs that
 * contradict each other.
 */
export function computeEpoch(given: EpochInputs, aggregator: Aggregator): EpochComputation {
  const seats = [...given.seats].sort((a, b) => a.uid - b.uid)
  const validators = [...given.validators].sort((a, b) => compareText(a.hotkey, b.hotkey))
  const inputs = { ...given, seats, validators }
  const distinct = { uid: seats.map(({ uid }) => uid), seat: seats.map(({ hotkey }) => hotkey) }
  for (const [what, values] of Object.entries(distinct)) requireDistinct(values, what)
  requireDistinct(
    validators.map(({ hotkey }) => hotkey),
    'validator',
  )
  const outcome = aggregateEpoch(inputs, aggregator)
  const placeOf = new Map(validators.map(({ hotkey }, place) => [hotkey, place]))
  const lines = seats.map((seat, index) => ({
    seat,
    tenure: tenureOf(seat.sinceSeconds, inputs),
    consensus: outcome.consensus[index] as bigint,
    rank: outcome.incentive[index] as bigint,
    dividend: outcome.dividends[placeOf.get(seat.hotkey) ?? -1] ?? 0n,
  }))
  const emission = lines.some(({ rank }) => rank > 0n) ? payableEmission(inputs) : 0n
  const paid = payoutsOf(lines, emission)
  const payouts = paid
    .map(({ asMiner, asValidator }, index) => ({ account: (seats[index] as Seat).hotkey, asMiner, asValidator }))
    .filter(({ asMiner, asValidator }) => asMiner + asValidator > 0n)
    .sort((a, b) => compareText(a.account, b.account))
  const words = Array.from<Hex>({ length: (seats.at(-1)?.uid ?? -1) + 1 }).fill(zeroHash)
  lines.forEach(({ seat, ...line }, index) => {
    const { asMiner, asValidator } = paid[index] as Pick<Payout, 'asMiner' | 'asValidator'>
    words[seat.uid] = seatWord({ ...line, cumulative: amountBefore(inputs, seat) + asMiner + asValidator })
  })
  const cumulativeTotal =
    (inputs.previous?.cumulativeTotal ?? 0n) +
    paid.reduce((sum, { asMiner, asValidator }) => sum + asMiner + asValidator, 0n)
  const posting = {
    validators: validators.map(({ hotkey, stake, ...row }) => validatorWord({ hotkey, stake, age: rowAgeOf(row) })),
    seats: words,
    carry: carryWords(outcome.carry),
  }
  const incentive = apportion(outcome.incentive, oneQ32)
  const recordText = recordTextOf(inputs, { aggregator, emission, outcome, payouts, words })
  return {
    inputs,
    result: {
      netuid: inputs.netuid,
      epoch: inputs.epoch,
      root: wordTreeRoot(words, seatDepth),
      cumulativeTotal,
      validatorsHash: hashOfWords(posting.validators),
      carryHash: hashOfWords(posting.carry),
      specHash: inputs.specHash,
      dataHash: sha256Hex(recordText),
    },
    posting,
    payouts,
    recordText,
    incentive: new Map(lines.map(({ seat }, index) => [seat.uid, incentive[index] as bigint])),
    carry: outcome.carry,
  }
}

/** Parts of an emission for lines with ranks and dividends, each rounded down. */
export function payoutsOf(
  lines: readonly { readonly rank: bigint; readonly dividend: bigint }[],
  emission: bigint,
): readonly Pick<Payout, 'asMiner' | 'asValidator'>[] {
  const ranks = lines.reduce((sum, { rank }) => sum + rank, 0n)
  const dividends = lines.reduce((sum, { dividend }) => sum + dividend, 0n)
  const forMiners = emission / 2n
  return lines.map(({ rank, dividend }) => ({
    asMiner: ranks === 0n ? 0n : (forMiners * rank) / ranks,
    asValidator: dividends === 0n ? 0n : ((emission - forMiners) * dividend) / dividends,
  }))
}

/** What the holder of a seat had been paid for it by the previous result, atomic units. */
export function amountBefore(
  { previous, epoch, startsAtSeconds, epochSeconds }: EpochInputs,
  { uid, sinceSeconds }: HeldSeat,
): bigint {
  if (previous === undefined) return 0n
  const previousEndsAtSeconds = startsAtSeconds - (epoch - previous.epoch - 1) * epochSeconds
  const word = previous.words[uid]
  return word === undefined || sinceSeconds >= previousEndsAtSeconds ? 0n : parseSeatWord(word).cumulative
}

/** What a root owes each seat that earned, with proofs. */
export function seatClaims(seats: readonly HeldSeat[], words: readonly Hex[]): readonly SeatClaim[] {
  return seats.flatMap((seat) => {
    const word = words[seat.uid] ?? zeroHash
    const { cumulative } = parseSeatWord(word)
    return cumulative === 0n ? [] : [{ ...seat, word, cumulative, proof: wordTreeProof(words, seat.uid, seatDepth) }]
  })
}

/** What is posted of an aggregator's state: nothing of none, else its Keccak-256. */
export function carryWords(carry: Hex): readonly Hex[] {
  return carry === '0x' ? [] : [keccakHex(hexToBytes(carry))]
}

/** Keccak-256 of 32-byte words. */
export function hashOfWords(words: readonly Hex[]): Hex {
  return keccakHex(...words.map(hexToBytes))
}

/** Age as posted: that of the row that counts, {@link noRow} when there is none or it is empty. */
export function rowAgeOf({ packedRow, rowAge }: Pick<PermittedValidator, 'packedRow' | 'rowAge'>): number {
  return packedRow === undefined || packedRow === '0x' ? noRow : (rowAge ?? 0)
}

function aggregateEpoch(inputs: EpochInputs, aggregator: Aggregator): AggregatorOutput {
  const { seats, validators } = inputs
  const uidOf = new Map(seats.map(({ uid, hotkey }) => [hotkey, uid]))
  const tenures = new Map(seats.map(({ uid, sinceSeconds }) => [uid, tenureOf(sinceSeconds, inputs)]))
  return aggregator.aggregate({
    uids: seats.map(({ uid }) => uid),
    hotkeys: seats.map(({ hotkey }) => hotkey),
    validators: validators.map((validator): RankingValidator => {
      const { hotkey, stake, packedRow } = validator
      const age = rowAgeOf(validator)
      const row = packedRow === undefined ? undefined : unpackRow(packedRow)
      return {
        hotkey,
        uid: uidOf.get(hotkey),
        stake: age === noRow ? stake : voteOf({ age, stake }),
        // A row that stands in for a missing one says nothing of who came after it was made.
        row: row?.filter(({ uid }) => age === noRow || age <= (tenures.get(uid) ?? 0)),
        ...(row === undefined ? {} : { rowTotal: rowTotal(row) }),
      }
    }),
    permittedStake: validators.reduce((sum, { stake }) => sum + stake, 0n),
    carried: inputs.previous?.carry ?? '0x',
  })
}

/** Atomic units to pay: the epoch's own accrual and at most as much again from the backlog, so that a long silence is no jackpot. */
export function payableEmission(inputs: Pick<EpochInputs, 'accruedBefore' | 'accruedAfter' | 'previous'>): bigint {
  const own = inputs.accruedAfter - inputs.accruedBefore
  const backlog = inputs.accruedBefore - (inputs.previous?.cumulativeTotal ?? 0n)
  if (own < 0n || backlog < 0n) {
    throw new KoinonError({
      code: 'subnets/bad-epoch-input',
      message: 'More was paid than had accrued, or accrual fell',
    })
  }
  return own + (backlog < own ? backlog : own)
}

type Outcome = {
  readonly aggregator: Aggregator
  readonly emission: bigint
  readonly outcome: AggregatorOutput
  readonly payouts: readonly Payout[]
  readonly words: readonly Hex[]
}

/** JSON without spaces, keys in exactly this order, wide integers as decimal strings. */
function recordTextOf(inputs: EpochInputs, { aggregator, emission, outcome, payouts, words }: Outcome): string {
  return JSON.stringify({
    v: 2,
    netuid: inputs.netuid,
    epoch: inputs.epoch,
    specHash: inputs.specHash,
    aggregator: { name: aggregator.name, version: aggregator.version, specHash: aggregator.specHash },
    previousEpoch: inputs.previous?.epoch ?? null,
    accruedBefore: String(inputs.accruedBefore),
    accruedAfter: String(inputs.accruedAfter),
    emission: String(emission),
    seats: inputs.seats.map(({ uid, hotkey, sinceSeconds }, index) => ({
      uid,
      hotkey,
      sinceSeconds,
      consensus: String(outcome.consensus[index]),
      incentive: String(outcome.incentive[index]),
    })),
    validators: inputs.validators.map(({ hotkey, stake, packedRow, rowAge }, index) => ({
      hotkey,
      stake: String(stake),
      row: packedRow ?? null,
      rowAge: packedRow === undefined ? null : (rowAge ?? 0),
      dividends: String(outcome.dividends[index]),
    })),
    payouts: payouts.map(({ account, asMiner, asValidator }) => ({
      account,
      asMiner: String(asMiner),
      asValidator: String(asValidator),
    })),
    words,
    carry: outcome.carry,
  })
}

function requireDistinct(values: readonly (string | number)[], what: string): void {
  if (new Set(values).size === values.length) return
  throw new KoinonError({ code: 'subnets/bad-epoch-input', message: `A ${what} appears twice in the epoch's inputs` })
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
