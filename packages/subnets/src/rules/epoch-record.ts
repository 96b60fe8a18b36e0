/** Everything an epoch's result follows from and leads to, as one public text (specs/0007-epochs.md section 5). */
import { type Address, type Hex, hexToBytes, KoinonError, sha256Hex, zeroHash } from '@koinon/base'
import type { Aggregator, AggregatorOutput, RankingValidator } from './aggregator.ts'
import type { EpochInputs, PaidParts, PermittedValidator, Seat } from './epoch-inputs.ts'
import { amountsBefore, payableEmission, payoutsOf, totalsAfter } from './payouts.ts'
import type { EpochResult } from './result.ts'
import { type ResultWords, resultRoot } from './result-tree.ts'
import { amountWord, noRow, seatWord, tenureOf, validatorWord, voteOf } from './seat-words.ts'
import { apportion, oneQ32 } from './shares.ts'
import { rowTotal, unpackRow } from './weight-row.ts'
import { keccakHex } from './words.ts'

/** The numbers behind a result, as they are published with it; 32-byte words. */
export type Posting = ResultWords & {
  /** A word a permitted validator, ascending by hotkey. */
  readonly validators: readonly Hex[]
  readonly carry: readonly Hex[]
}

/** Alpha, atomic units, that an account earned in an epoch. */
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
 * Computes an epoch: pure and integer, so any two nodes agree on every bit. Each part of the emission is what accrued in the epoch plus,
 * of what earlier epochs left unpaid, at most as much again; the miners' part is divided by incentive, the other by dividends. What
 * rounding leaves stays accrued. A validator without a seat at the epoch's end earns nothing. Throws `subnets/bad-epoch-input` on inputs
 * that contradict each other.
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
    own: outcome.own?.[index] ?? 0n,
  }))
  const isPaid = lines.some(({ rank }) => rank > 0n)
  const emission = isPaid ? payableEmission(inputs) : { miners: 0n, dividends: 0n }
  const paid = payoutsOf(lines, emission)
  const payouts = paid
    .map(({ mined, dividends }, index) => ({
      account: (seats[index] as Seat).hotkey,
      asMiner: mined,
      asValidator: dividends,
    }))
    .filter(({ asMiner, asValidator }) => asMiner + asValidator > 0n)
    .sort((a, b) => compareText(a.account, b.account))
  const blank = Array.from<Hex>({ length: (seats.at(-1)?.uid ?? -1) + 1 }).fill(zeroHash)
  const words = { seats: [...blank], amounts: [...blank] }
  lines.forEach(({ seat, ...line }, index) => {
    const before = amountsBefore(inputs, seat)
    const { mined, dividends } = paid[index] as (typeof paid)[number]
    words.seats[seat.uid] = seatWord(line)
    words.amounts[seat.uid] = amountWord({ mined: before.mined + mined, dividends: before.dividends + dividends })
  })
  const totals = totalsAfter(inputs.previous?.totals, paid)
  const posting = {
    validators: validators.map(({ hotkey, stake, ...row }) => validatorWord({ hotkey, stake, age: rowAgeOf(row) })),
    ...words,
    carry: carryWords(outcome.carry),
  }
  const incentive = apportion(outcome.incentive, oneQ32)
  const recordText = recordTextOf(inputs, { aggregator, emission, outcome, payouts, words })
  return {
    inputs,
    result: {
      netuid: inputs.netuid,
      epoch: inputs.epoch,
      root: resultRoot(words),
      minersTotal: totals.miners,
      dividendsTotal: totals.dividends,
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

/** What counts of a stake: the vote of its row, or all of it where no row counts. */
export function countedStake(validator: PermittedValidator): bigint {
  const { stake } = validator
  const age = rowAgeOf(validator)
  return age === noRow ? stake : voteOf({ age, stake })
}

function aggregateEpoch(inputs: EpochInputs, aggregator: Aggregator): AggregatorOutput {
  const { seats, validators } = inputs
  const uidOf = new Map(seats.map(({ uid, hotkey }) => [hotkey, uid]))
  const tenures = new Map(seats.map(({ uid, sinceSeconds }) => [uid, tenureOf(sinceSeconds, inputs)]))
  return aggregator.aggregate({
    uids: seats.map(({ uid }) => uid),
    hotkeys: seats.map(({ hotkey }) => hotkey),
    validators: validators.map((validator): RankingValidator => {
      const { hotkey, packedRow } = validator
      const age = rowAgeOf(validator)
      const row = packedRow === undefined ? undefined : unpackRow(packedRow)
      return {
        hotkey,
        uid: uidOf.get(hotkey),
        stake: countedStake(validator),
        // A row that stands in for a missing one says nothing of who came after it was made.
        row: row?.filter(({ uid }) => age === noRow || age <= (tenures.get(uid) ?? 0)),
        ...(row === undefined ? {} : { rowTotal: rowTotal(row) }),
      }
    }),
    permittedStake: validators.reduce((sum, { stake }) => sum + stake, 0n),
    carried: inputs.previous?.carry ?? '0x',
  })
}

type Outcome = {
  readonly aggregator: Aggregator
  readonly emission: PaidParts
  readonly outcome: AggregatorOutput
  readonly payouts: readonly Payout[]
  readonly words: ResultWords
}

/** JSON without spaces, keys in exactly this order, wide integers as decimal strings. */
function recordTextOf(inputs: EpochInputs, { aggregator, emission, outcome, payouts, words }: Outcome): string {
  return JSON.stringify({
    v: 3,
    netuid: inputs.netuid,
    epoch: inputs.epoch,
    specHash: inputs.specHash,
    aggregator: { name: aggregator.name, version: aggregator.version, specHash: aggregator.specHash },
    previousEpoch: inputs.previous?.epoch ?? null,
    accruedBefore: partsText(inputs.accruedBefore),
    accruedAfter: partsText(inputs.accruedAfter),
    emission: partsText(emission),
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
    seatWords: words.seats,
    amountWords: words.amounts,
    carry: outcome.carry,
  })
}

function partsText({ miners, dividends }: PaidParts): Record<keyof PaidParts, string> {
  return { miners: String(miners), dividends: String(dividends) }
}

function requireDistinct(values: readonly (string | number)[], what: string): void {
  if (new Set(values).size === values.length) return
  throw new KoinonError({ code: 'subnets/bad-epoch-input', message: `A ${what} appears twice in the epoch's inputs` })
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
