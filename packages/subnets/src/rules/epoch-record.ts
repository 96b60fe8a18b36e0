/** Everything an epoch's result follows from and leads to, as one public text (specs/0007-epochs.md section 5). */
import { type Address, fixedBytes, type Hex, hexToBytes, integerWord, KoinonError, sha256Hex } from '@koinon/base'
import type { Aggregator } from './aggregator.ts'
import { buildClaimsTree, type ClaimsTree, type CumulativeLeaf } from './claims-tree.ts'
import type { EpochResult } from './result.ts'
import { apportion } from './shares.ts'
import { rowHash, unpackRow } from './weight-row.ts'
import { keccakHex } from './words.ts'

export type Seat = { readonly uid: number; readonly hotkey: Address }

/** `packedRow` is undefined when it was not revealed. `stake` is in atomic units. */
export type PermittedValidator = {
  readonly hotkey: Address
  readonly stake: bigint
  readonly packedRow: Hex | undefined
}

/** What the last active result left behind; undefined before the first. */
export type PreviousResult = { readonly epoch: number; readonly leaves: readonly CumulativeLeaf[]; readonly carry: Hex }

export type EpochInputs = {
  readonly netuid: number
  readonly epoch: number
  readonly specHash: Hex
  /** Seats at the last second of the epoch. */
  readonly seats: readonly Seat[]
  /** All hotkeys with a permit at the epoch's start. */
  readonly validators: readonly PermittedValidator[]
  /** Atomic units accrued to the subnet until the start and until the end of the epoch. */
  readonly accruedBefore: bigint
  readonly accruedAfter: bigint
  readonly previous: PreviousResult | undefined
}

export type Payout = { readonly account: Address; readonly asMiner: bigint; readonly asValidator: bigint }

export type EpochComputation = {
  readonly result: EpochResult
  /** Accounts that earned in this epoch, ascending. Empty when nobody did: then there is nothing to sign. */
  readonly payouts: readonly Payout[]
  readonly leaves: readonly CumulativeLeaf[]
  readonly tree: ClaimsTree
  /** The published text whose SHA-256 is `dataHash`. */
  readonly recordText: string
  readonly incentive: ReadonlyMap<number, bigint>
  readonly carry: Hex
}

/**
 * Computes an epoch: pure and integer, so any two nodes agree on every bit. Emission paid is what accrued in the epoch plus, of what
 * earlier epochs left unpaid, at most as much again; half to miners by incentive, half to validators by dividends.
 * Throws `subnets/bad-epoch-input` on inputs that contradict each other.
 */
export function computeEpoch(inputs: EpochInputs, aggregator: Aggregator): EpochComputation {
  const seats = [...inputs.seats].sort((a, b) => a.uid - b.uid)
  const validators = [...inputs.validators].sort((a, b) => compareText(a.hotkey, b.hotkey))
  requireDistinct(
    seats.map(({ uid }) => uid),
    'uid',
  )
  requireDistinct(
    seats.map(({ hotkey }) => hotkey),
    'seat',
  )
  requireDistinct(
    validators.map(({ hotkey }) => hotkey),
    'validator',
  )
  const uidOf = new Map(seats.map(({ uid, hotkey }) => [hotkey, uid]))
  const outcome = aggregator.aggregate({
    uids: seats.map(({ uid }) => uid),
    hotkeys: seats.map(({ hotkey }) => hotkey),
    validators: validators.map(({ hotkey, stake, packedRow }) => ({
      hotkey,
      stake,
      uid: uidOf.get(hotkey),
      row: packedRow === undefined ? undefined : unpackRow(packedRow),
    })),
    carried: inputs.previous?.carry ?? '0x',
  })
  const earned = outcome.incentive.some((share) => share > 0n)
  const emission = earned ? payableEmission(inputs) : 0n
  const minersPart = emission / 2n
  const forMiners = apportion(outcome.incentive, minersPart)
  const forValidators = apportion(outcome.dividends, emission - minersPart)
  const payouts = mergePayouts([
    ...seats.map(({ hotkey }, index) => ({ account: hotkey, asMiner: forMiners[index] as bigint, asValidator: 0n })),
    ...validators.map(({ hotkey }, index) => ({
      account: hotkey,
      asMiner: 0n,
      asValidator: forValidators[index] as bigint,
    })),
  ])
  const leaves = addPayouts(inputs.previous?.leaves ?? [], payouts)
  const tree = buildClaimsTree(inputs.netuid, leaves)
  const recordText = recordTextOf({ ...inputs, seats, validators }, { aggregator, emission, outcome, payouts, leaves })
  return {
    result: {
      netuid: inputs.netuid,
      epoch: inputs.epoch,
      root: tree.root,
      cumulativeTotal: leaves.reduce((sum, leaf) => sum + leaf.cumulativeAmount, 0n),
      weightsHash: weightsHash(validators),
      stakeHash: stakeHash(validators),
      specHash: inputs.specHash,
      dataHash: sha256Hex(recordText),
    },
    payouts,
    leaves,
    tree,
    recordText,
    incentive: new Map(seats.map(({ uid }, index) => [uid, outcome.incentive[index] as bigint])),
    carry: outcome.carry,
  }
}

/** Atomic units to pay: the epoch's own accrual and at most as much again from the backlog, so that a long silence is no jackpot. */
export function payableEmission(inputs: Pick<EpochInputs, 'accruedBefore' | 'accruedAfter' | 'previous'>): bigint {
  const own = inputs.accruedAfter - inputs.accruedBefore
  const paid = (inputs.previous?.leaves ?? []).reduce((sum, leaf) => sum + leaf.cumulativeAmount, 0n)
  const backlog = inputs.accruedBefore - paid
  if (own < 0n || backlog < 0n) {
    throw new KoinonError({
      code: 'subnets/bad-epoch-input',
      message: 'More was paid than had accrued, or accrual fell',
    })
  }
  return own + (backlog < own ? backlog : own)
}

/** Keccak-256 over (hotkey, keccak256(row)) of every revealed row, 20 + 32 bytes each, ascending by hotkey. */
export function weightsHash(validators: readonly PermittedValidator[]): Hex {
  const revealed = [...validators].sort((a, b) => compareText(a.hotkey, b.hotkey))
  return keccakHex(
    ...revealed.flatMap(({ hotkey, packedRow }) =>
      packedRow === undefined ? [] : [fixedBytes(hotkey, 20), hexToBytes(rowHash(packedRow))],
    ),
  )
}

/** Keccak-256 over (hotkey, stake) of every permitted validator, 20 + 32 bytes each, ascending by hotkey. */
export function stakeHash(validators: readonly Pick<PermittedValidator, 'hotkey' | 'stake'>[]): Hex {
  const sorted = [...validators].sort((a, b) => compareText(a.hotkey, b.hotkey))
  return keccakHex(...sorted.flatMap(({ hotkey, stake }) => [fixedBytes(hotkey, 20), integerWord(stake)]))
}

function mergePayouts(all: readonly Payout[]): readonly Payout[] {
  const merged = new Map<Address, Payout>()
  for (const { account, asMiner, asValidator } of all) {
    const before = merged.get(account) ?? { account, asMiner: 0n, asValidator: 0n }
    merged.set(account, { account, asMiner: before.asMiner + asMiner, asValidator: before.asValidator + asValidator })
  }
  return [...merged.values()]
    .filter(({ asMiner, asValidator }) => asMiner + asValidator > 0n)
    .sort((a, b) => compareText(a.account, b.account))
}

function addPayouts(before: readonly CumulativeLeaf[], payouts: readonly Payout[]): readonly CumulativeLeaf[] {
  const totals = new Map(before.map(({ account, cumulativeAmount }) => [account, cumulativeAmount]))
  for (const { account, asMiner, asValidator } of payouts) {
    totals.set(account, (totals.get(account) ?? 0n) + asMiner + asValidator)
  }
  return [...totals]
    .map(([account, cumulativeAmount]) => ({ account, cumulativeAmount }))
    .sort((a, b) => compareText(a.account, b.account))
}

type Outcome = {
  readonly aggregator: Aggregator
  readonly emission: bigint
  readonly outcome: ReturnType<Aggregator['aggregate']>
  readonly payouts: readonly Payout[]
  readonly leaves: readonly CumulativeLeaf[]
}

/** JSON without spaces, keys in exactly this order, wide integers as decimal strings. */
function recordTextOf(inputs: EpochInputs, { aggregator, emission, outcome, payouts, leaves }: Outcome): string {
  return JSON.stringify({
    v: 1,
    netuid: inputs.netuid,
    epoch: inputs.epoch,
    specHash: inputs.specHash,
    aggregator: { name: aggregator.name, version: aggregator.version, specHash: aggregator.specHash },
    previousEpoch: inputs.previous?.epoch ?? null,
    accruedBefore: String(inputs.accruedBefore),
    accruedAfter: String(inputs.accruedAfter),
    emission: String(emission),
    seats: inputs.seats.map(({ uid, hotkey }, index) => ({
      uid,
      hotkey,
      consensus: String(outcome.consensus[index]),
      incentive: String(outcome.incentive[index]),
    })),
    validators: inputs.validators.map(({ hotkey, stake, packedRow }, index) => ({
      hotkey,
      stake: String(stake),
      row: packedRow ?? null,
      dividends: String(outcome.dividends[index]),
    })),
    payouts: payouts.map(({ account, asMiner, asValidator }) => ({
      account,
      asMiner: String(asMiner),
      asValidator: String(asValidator),
    })),
    leaves: leaves.map(({ account, cumulativeAmount }) => [account, String(cumulativeAmount)]),
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
