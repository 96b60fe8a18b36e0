/**
 * Aggregator `stakeMedian` version 2 (specs/0007-epochs.md section 5): the stake-weighted median of every column, clipping to it,
 * and shares by what is left. The clipped part of a row is what its validator earns for. Every number of it can be checked alone, which
 * contracts/src/subnets/StakeMedian.sol does (specs/0015-disputes.md).
 */
import { sha256Hex } from '@koinon/base'
import type { Aggregator, AggregatorInput, AggregatorOutput, RankingValidator } from './aggregator.ts'
import { oneQ32 } from './shares.ts'
import { rowTotal } from './weight-row.ts'

export const stakeMedian: Aggregator = {
  name: 'stakeMedian',
  version: 2,
  specHash: sha256Hex(
    'koinon aggregator stakeMedian 2: rows Q32 floor of all weights, kappa 1/2, turnout above 1/2, no self weight, ranks and dividends Q32 floor of votes',
  ),
  aggregate: aggregateByStakeMedian,
}

type Ballot = { readonly stake: bigint; readonly index: number; readonly valueOf: ReadonlyMap<number, bigint> }

function aggregateByStakeMedian({ uids, validators, permittedStake }: AggregatorInput): AggregatorOutput {
  const known = new Set(uids)
  const ballots = validators.flatMap((validator, index) => toBallot(validator, index, known))
  const voting = sum(ballots.map(({ stake }) => stake))
  const permitted = permittedStake ?? sum(validators.map(({ stake }) => stake))
  // Silent majorities decide nothing: without this a tiny validator alone at night would hand out the epoch.
  const hasTurnout = voting * 2n > permitted
  const consensus = uids.map((uid) => (hasTurnout ? columnMedian(ballots, uid, voting) : 0n))
  const clip = (ballot: Ballot, column: number): bigint =>
    minimum(ballot.valueOf.get(uids[column] as number) ?? 0n, consensus[column] as bigint)
  const part = (weighted: bigint): bigint => (voting === 0n ? 0n : weighted / voting)
  const incentive = uids.map((_, column) => part(sum(ballots.map((ballot) => ballot.stake * clip(ballot, column)))))
  const dividends = validators.map(() => 0n)
  for (const ballot of ballots) {
    dividends[ballot.index] = part(ballot.stake * sum(uids.map((_, column) => clip(ballot, column))))
  }
  return { incentive, dividends, consensus, carry: '0x' }
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

/** A row as parts of 2^32 of all its weights; those on the validator's own seat and on seats that do not exist are lost. */
function toBallot(validator: RankingValidator, index: number, known: ReadonlySet<number>): readonly Ballot[] {
  const total = BigInt(validator.rowTotal ?? rowTotal(validator.row ?? []))
  if (total === 0n || validator.stake === 0n) return []
  const row = (validator.row ?? []).filter(({ uid }) => known.has(uid) && uid !== validator.uid)
  const valueOf = new Map(row.map(({ uid, weight }) => [uid, (BigInt(weight) * oneQ32) / total]))
  return [{ stake: validator.stake, index, valueOf }]
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((left, right) => left + right, 0n)
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
