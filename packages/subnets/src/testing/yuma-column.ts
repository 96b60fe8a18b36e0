/**
 * One column of an epoch from the header alone, in bigints (specs/0011-yuma.md section 6): what a contract recomputes when a column is
 * disputed. Written from the chapter, apart from the engine; vectors/yuma.json holds its steps.
 */
import type { RankingValidator } from '../rules/aggregator.ts'
import type { YumaParameters } from '../rules/yuma/parameters.ts'

const one = 1n << 32n
const most16 = 65_535n
const mul = (a: bigint, b: bigint): bigint => (a * b) >> 32n
const div = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : (a * one) / b)
const total = (list: readonly bigint[]): bigint => list.reduce((left, right) => left + right, 0n)
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** Per validator in the order of the input. */
export type YumaHeader = {
  readonly activeStake: readonly bigint[]
  readonly voterStake: readonly bigint[]
  /** Sum of `voterStake` less kappa. */
  readonly minority: bigint
  readonly rowTotals: readonly bigint[]
  readonly rankTotal: bigint
}

export type YumaColumn = {
  readonly uid: number
  readonly weights: readonly bigint[]
  readonly consensus: bigint
  readonly clipped: readonly bigint[]
  readonly rank: bigint
  readonly incentive: bigint
  /** New bonds before they are stored (n), their sum (N), each over it (B), and as stored. */
  readonly next: readonly bigint[]
  readonly nextTotal: bigint
  readonly shares: readonly bigint[]
  readonly stored: readonly bigint[]
  /** What the column adds to each validator's total. */
  readonly contributions: readonly bigint[]
}

/** Weights that count of one validator: not its own seat, not seats that do not exist. */
export function countedRow({ row, uid: own }: RankingValidator, uids: readonly number[]): ReadonlyMap<number, bigint> {
  const kept = (row ?? []).filter(({ uid }) => uid !== own && uids.includes(uid))
  return new Map(kept.map(({ uid, weight }) => [uid, BigInt(weight)]))
}

/** `rankTotal` is 0 until all columns are known. */
export function yumaHeader(
  validators: readonly RankingValidator[],
  { kappaU16, stakeCapPercent }: YumaParameters,
  rankTotal = 0n,
): YumaHeader {
  const stakes = cappedStakes(
    validators.map(({ stake }) => stake),
    stakeCapPercent,
  )
  const staked = total(stakes)
  const activeStake = stakes.map((stake) => (staked === 0n ? 0n : (stake * one) / staked))
  const voterStake = activeStake.map((share) => div(share, total(activeStake)))
  return {
    activeStake,
    voterStake,
    minority: total(voterStake) - div(BigInt(kappaU16), most16),
    rowTotals: validators.map(({ row, rowTotal }) =>
      rowTotal === undefined ? total((row ?? []).map(({ weight }) => BigInt(weight))) : BigInt(rowTotal),
    ),
    rankTotal,
  }
}

/** Every stake counted as the smallest that at least `percent` of a hundred of those above 0 do not exceed, if it is larger. */
function cappedStakes(stakes: readonly bigint[], percent: number | undefined): readonly bigint[] {
  if (percent === undefined) return stakes
  const held = stakes.filter((stake) => stake > 0n)
  const isEnough = (cap: bigint): boolean => held.filter((stake) => stake <= cap).length * 100 >= percent * held.length
  const caps = held.filter(isEnough)
  return caps.length === 0 ? stakes : stakes.map((stake) => least(stake, caps.reduce(least)))
}

/** `entries` and `bonds` per validator: the submitted weight or undefined, and the stored bond. Penalty 1, without liquid alpha. */
export function yumaColumn(
  uid: number,
  header: YumaHeader,
  entries: readonly (bigint | undefined)[],
  bonds: readonly bigint[],
  { rule, bondsMovingAveragePpm }: YumaParameters,
): YumaColumn {
  const { activeStake, voterStake, minority, rowTotals, rankTotal } = header
  const weights = entries.map((entry, row) => div(entry ?? 0n, rowTotals[row] as bigint))
  const voters = weights.filter((_, row) => (activeStake[row] as bigint) > 0n)
  const atMost = (value: bigint): bigint =>
    total(voterStake.filter((_, row) => (activeStake[row] as bigint) > 0n && (weights[row] as bigint) <= value))
  const ascending = [...voters].sort((a, b) => (a < b ? -1 : 1))
  const consensus = ascending.find((value) => atMost(value) > minority) ?? ascending.at(-1) ?? 0n
  const clipped = weights.map((weight) => least(weight, consensus))
  const rank = total(clipped.map((weight, row) => mul(activeStake[row] as bigint, weight)))
  const incentive = div(rank, rankTotal)

  const alpha = one - (BigInt(bondsMovingAveragePpm) * one) / 1_000_000n
  const staked = clipped.map((weight, row) => mul(weight, activeStake[row] as bigint))
  const fresh = rule === 'yuma2' ? staked.map((value) => div(value, total(staked))) : clipped
  const old = bonds.map((bond) => div(bond, rule === 'yuma2' ? total(bonds) : most16))
  const next = fresh.map((value, row) => mul(alpha, value) + mul(one - alpha, old[row] as bigint))
  const nextTotal = total(next)
  const shares = next.map((bond) => div(bond, nextTotal))
  const top = shares.reduce((left, right) => (right > left ? right : left), 0n)
  const kept = rule === 'yuma2' ? shares.map((share) => div(share, top)) : next
  return {
    uid,
    weights,
    consensus,
    clipped,
    rank,
    incentive,
    next,
    nextTotal,
    shares,
    stored: kept.map((bond) => least(most16, (bond * most16) >> 32n)),
    contributions: shares.map((share) => mul(share, incentive)),
  }
}
