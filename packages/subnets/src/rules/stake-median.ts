/**
 * Aggregator `stakeMedian` version 1 (specs/0007-epochs.md section 5): the stake-weighted median of every column, clipping to it,
 * and shares by what is left. The clipped part of a row is what its validator earns for.
 */
import { sha256Hex } from '@koinon/base'
import type { Aggregator, AggregatorInput, AggregatorOutput, RankingValidator } from './aggregator.ts'
import { apportion, oneQ32 } from './shares.ts'

export const stakeMedian: Aggregator = {
  name: 'stakeMedian',
  version: 1,
  specHash: sha256Hex('koinon aggregator stakeMedian 1: rows Q32 floor, kappa 1/2, turnout above 1/2, no self weight'),
  aggregate: aggregateByStakeMedian,
}

type Ballot = { readonly stake: bigint; readonly index: number; readonly valueOf: ReadonlyMap<number, bigint> }

function aggregateByStakeMedian({ uids, validators }: AggregatorInput): AggregatorOutput {
  const known = new Set(uids)
  const ballots = validators.flatMap((validator, index) => toBallot(validator, index, known))
  const voting = sum(ballots.map(({ stake }) => stake))
  const permitted = sum(validators.map(({ stake }) => stake))
  // Silent majorities decide nothing: without this a tiny validator alone at night would hand out the epoch.
  const hasTurnout = voting * 2n > permitted
  const consensus = uids.map((uid) => (hasTurnout ? columnMedian(ballots, uid, voting) : 0n))
  const clip = (ballot: Ballot, column: number): bigint =>
    minimum(ballot.valueOf.get(uids[column] as number) ?? 0n, consensus[column] as bigint)
  const ranks = uids.map((_, column) => sum(ballots.map((ballot) => ballot.stake * clip(ballot, column))))
  const agreement = validators.map(() => 0n)
  for (const ballot of ballots) {
    agreement[ballot.index] = ballot.stake * sum(uids.map((_, column) => clip(ballot, column)))
  }
  return { incentive: apportion(ranks, oneQ32), dividends: apportion(agreement, oneQ32), consensus, carry: '0x' }
}

/** The largest value that more than half of the voting stake gives at least. */
export function columnMedian(
  ballots: readonly { readonly stake: bigint; readonly valueOf: ReadonlyMap<number, bigint> }[],
  uid: number,
  voting: bigint,
): bigint {
  const votes = ballots
    .map(({ stake, valueOf }) => ({ stake, value: valueOf.get(uid) ?? 0n }))
    .sort((a, b) => (a.value === b.value ? 0 : a.value > b.value ? -1 : 1))
  let support = 0n
  for (const { stake, value } of votes) {
    support += stake
    if (support * 2n > voting) return value
  }
  return 0n
}

/** A row as parts of 2^32, without the validator's own seat and without seats that do not exist; none when nothing is left. */
function toBallot(validator: RankingValidator, index: number, known: ReadonlySet<number>): readonly Ballot[] {
  const row = (validator.row ?? []).filter(({ uid }) => known.has(uid) && uid !== validator.uid)
  if (row.length === 0 || validator.stake === 0n) return []
  const total = BigInt(row.reduce((left, { weight }) => left + weight, 0))
  const valueOf = new Map(row.map(({ uid, weight }) => [uid, (BigInt(weight) * oneQ32) / total]))
  return [{ stake: validator.stake, index, valueOf }]
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((left, right) => left + right, 0n)
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
