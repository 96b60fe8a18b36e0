/** Reading the validators' rows, and what a majority of stake agrees on (specs/0012-aggregators.md section 1). */
import type { AggregatorInput, AggregatorOutput, RankingValidator } from '../aggregator.ts'
import { apportion, oneQ32 } from '../shares.ts'
import { rowTotal } from '../weight-row.ts'

/** What one validator says of seats, by uid; seats it does not name are 0. `index` is its place in the input. */
export type Ballot = { readonly stake: bigint; readonly index: number; readonly valueOf: ReadonlyMap<number, bigint> }

/** Rows as parts of 2^32, rounded down: how a validator would share out the epoch. Those who say nothing cast none. */
export function shareBallots(input: AggregatorInput): readonly Ballot[] {
  return castBallots(input, (weight, total) => (weight * oneQ32) / total)
}

/** As {@link shareBallots}, but of all weights revealed: those on the validator's own seat and on seats that do not exist are lost. */
export function wholeBallots(input: AggregatorInput): readonly Ballot[] {
  const known = new Set(input.uids)
  return input.validators.flatMap((validator, index) => {
    const row = validator.row ?? []
    const total = BigInt(validator.rowTotal ?? rowTotal(row))
    if (total === 0n || validator.stake === 0n) return []
    const counted = row.filter(({ uid }) => known.has(uid) && uid !== validator.uid)
    const valueOf = new Map(counted.map(({ uid, weight }) => [uid, (BigInt(weight) * oneQ32) / total]))
    return [{ stake: validator.stake, index, valueOf }]
  })
}

/** Rows as they are, 1 to 65535: marks that stand for themselves, whatever others get. */
export function markBallots(input: AggregatorInput): readonly Ballot[] {
  return castBallots(input, (weight) => weight)
}

/**
 * Per seat the stake-weighted median of what ballots say, all 0 without turnout: silent majorities decide nothing, or a tiny validator
 * alone at night would hand out the epoch.
 */
export function consensusOf(input: AggregatorInput, ballots: readonly Ballot[]): readonly bigint[] {
  const { uids, validators } = input
  const voting = sum(ballots.map(({ stake }) => stake))
  const permitted = input.permittedStake ?? sum(validators.map(({ stake }) => stake))
  return uids.map((uid) => (voting * 2n > permitted ? columnMedian(ballots, uid, voting) : 0n))
}

/** The largest value that more than half of the voting stake gives at least. */
export function columnMedian(
  ballots: readonly Pick<Ballot, 'stake' | 'valueOf'>[],
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

/** Per validator its stake times `worth` of every seat's (value said, value agreed), summed. */
export function agreementOf(
  { uids, validators }: AggregatorInput,
  ballots: readonly Ballot[],
  consensus: readonly bigint[],
  worth: (said: bigint, agreed: bigint) => bigint,
): readonly bigint[] {
  const agreement = validators.map(() => 0n)
  for (const { stake, index, valueOf } of ballots) {
    const seats = uids.map((uid, column) => worth(valueOf.get(uid) ?? 0n, consensus[column] as bigint))
    agreement[index] = stake * sum(seats)
  }
  return agreement
}

/** Per seat the stake behind what ballots say of it, no more than is agreed. */
export function ranksOf(
  { uids }: AggregatorInput,
  ballots: readonly Ballot[],
  consensus: readonly bigint[],
): readonly bigint[] {
  return uids.map((uid, column) =>
    sum(ballots.map(({ stake, valueOf }) => stake * clip(valueOf.get(uid) ?? 0n, consensus[column] as bigint))),
  )
}

/** Agreed shares, and what they give miners and validators, each summing to 2^32 or to 0 (specs/0012-aggregators.md section 1). */
export function settleShares(input: AggregatorInput): Omit<AggregatorOutput, 'carry'> {
  const ballots = shareBallots(input)
  const consensus = consensusOf(input, ballots)
  return {
    incentive: apportion(ranksOf(input, ballots, consensus), oneQ32),
    dividends: apportion(agreementOf(input, ballots, consensus, clip), oneQ32),
    consensus,
  }
}

/** What is not more than agreed. */
export function clip(said: bigint, agreed: bigint): bigint {
  return said < agreed ? said : agreed
}

export function sum(values: readonly bigint[]): bigint {
  return values.reduce((left, right) => left + right, 0n)
}

/** Without the validator's own seat and without seats that do not exist; none when nothing is left. */
function castBallots(
  { uids, validators }: AggregatorInput,
  valueOf: (weight: bigint, total: bigint) => bigint,
): readonly Ballot[] {
  const known = new Set(uids)
  return validators.flatMap((validator: RankingValidator, index) => {
    const row = (validator.row ?? []).filter(({ uid }) => known.has(uid) && uid !== validator.uid)
    if (row.length === 0 || validator.stake === 0n) return []
    const total = BigInt(row.reduce((left, { weight }) => left + weight, 0))
    const values = new Map(row.map(({ uid, weight }) => [uid, valueOf(BigInt(weight), total)]))
    return [{ stake: validator.stake, index, valueOf: values }]
  })
}
