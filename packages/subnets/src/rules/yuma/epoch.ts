/**
 * One whole epoch of Yuma over a subnet's uids, every step in its order (specs/0011-yuma.md section 7). Subnets of this network come to
 * the same columns by aggregator.ts; this form has the clocks, permits and emission of the networks that Yuma comes from, so that
 * their published epochs can be recomputed.
 */
import { KoinonError } from '@koinon/base'
import { divQ32, mulQ32, normalizeQ32, sumOf, wholeQ32 } from '../fixed/q32.ts'
import { notListed, settleColumns, type YumaShares } from './columns.ts'
import { type YumaParameters, yumaRates } from './parameters.ts'
import { largestShares, stakeCap, stakeShares } from './stake.ts'

/** More would let a sum of shares leave what doubles hold exactly. */
export const maximumUids = 4_096

/** (uid, value) pairs, each uid at most once; values 0 to 65535. */
export type UidRow = readonly (readonly [uid: number, value: number])[]

export type YumaSubnet = {
  /** Stake weight per uid, in any unit; its length is the number of uids. */
  readonly stakes: readonly bigint[]
  /** Permits in force, given by the epoch before. */
  readonly permits: readonly boolean[]
  /** Per uid what it submitted; listing a uid with 0 is not the same as leaving it out. */
  readonly weights: readonly UidRow[]
  /** Per uid the bonds as stored. */
  readonly bonds: readonly UidRow[]
  readonly maximumValidators: number
  /** What is given out, in the smallest unit. */
  readonly emission: bigint
  readonly ownerUid?: number
  /** Stakes below it count as 0; the owner's does not. */
  readonly stakeThreshold?: bigint
  /** With `lastUpdates`: uids that have not submitted for `activityCutoff` blocks do not count. */
  readonly activity?: { readonly block: number; readonly cutoff: number }
  /** Block of each uid's last submission. */
  readonly lastUpdates?: readonly number[]
  /** Block at which each uid was registered; weights that are not newer do not count. */
  readonly registeredAt?: readonly number[]
  /** Block of each uid's oldest open commitment, or Infinity: weights on uids registered after it do not count. */
  readonly oldestCommits?: readonly number[]
  /** Bonds to uids registered at this block or later are gone. */
  readonly bondsSince?: number
}

/** Per uid; shares are Q32. */
export type YumaEpoch = {
  readonly stake: Float64Array
  readonly activeStake: Float64Array
  readonly active: readonly boolean[]
  readonly consensus: Float64Array
  readonly incentive: Float64Array
  /** Part of a seat's rank that is left after clipping. */
  readonly trust: Float64Array
  readonly dividends: Float64Array
  readonly validatorTrust: Float64Array
  /** Permits of the next epoch. */
  readonly permits: readonly boolean[]
  readonly bonds: readonly UidRow[]
  readonly serverEmission: readonly bigint[]
  readonly validatorEmission: readonly bigint[]
  /** Of both roles together; not always the sum of the two, because each is rounded down. */
  readonly emission: readonly bigint[]
}

/** Runs an epoch. Throws `subnets/bad-epoch-input` on lists of unequal length and values out of range, `subnets/bad-yuma-parameter`. */
export function runYumaEpoch(subnet: YumaSubnet, parameters: YumaParameters): YumaEpoch {
  requireConsistent(subnet)
  const uids = subnet.stakes.map((_, uid) => uid)
  const permits = withOwner(subnet.permits, subnet.ownerUid)
  const active = uids.map((uid) => isActive(subnet, uid))
  const stakes = uids.map((uid) => thresholdStake(subnet, uid))
  const newPermits = withOwner(largestShares(stakeShares(stakes), subnet.maximumValidators), subnet.ownerUid)
  const stake = stakeShares(cappedStakes(stakes, permits, parameters.stakeCapPercent))
  const activeStake = normalizeQ32(stake.map((share, uid) => (active[uid] && permits[uid] ? share : 0)))

  const rowUids = uids.filter((uid) => permits[uid] || (subnet.bonds[uid] as UidRow).length > 0)
  const rates = yumaRates(parameters)
  const counted = Float64Array.from(rowUids, (uid) => activeStake[uid] as number)
  const shares = settleColumns(
    {
      rows: rowUids.length,
      columns: uids.length,
      activeStake: counted,
      weights: countedWeights(subnet, permits, rowUids),
      bonds: keptBonds(subnet, rowUids),
    },
    rates.kappa,
    rates.bonds,
  )
  const dividends = spread(shares.dividends, rowUids, uids.length)
  return {
    stake,
    activeStake,
    active,
    consensus: shares.consensus,
    incentive: shares.incentive,
    trust: seatTrust(shares, counted),
    dividends,
    validatorTrust: spread(shares.validatorTrust, rowUids, uids.length),
    permits: newPermits,
    bonds: storedBonds(subnet, shares, rowUids, permits, newPermits),
    ...emissions(subnet.emission, shares.incentive, dividends, sumOf(activeStake) > 0 ? activeStake : stake),
  }
}

function isActive({ activity, lastUpdates }: YumaSubnet, uid: number): boolean {
  if (activity === undefined || lastUpdates === undefined) return true
  return (lastUpdates[uid] as number) + activity.cutoff >= activity.block
}

function thresholdStake({ stakes, stakeThreshold, ownerUid }: YumaSubnet, uid: number): bigint {
  const stake = stakes[uid] as bigint
  return stakeThreshold !== undefined && uid !== ownerUid && stake < stakeThreshold ? 0n : stake
}

function withOwner(permits: readonly boolean[], ownerUid: number | undefined): readonly boolean[] {
  return permits.map((permit, uid) => permit || uid === ownerUid)
}

/** The percentile is that of the permitted; whoever has more counts as much. */
function cappedStakes(
  stakes: readonly bigint[],
  permits: readonly boolean[],
  percent: number | undefined,
): readonly bigint[] {
  const cap =
    percent === undefined
      ? undefined
      : stakeCap(
          stakes.filter((_, uid) => permits[uid]),
          percent,
        )
  return cap === undefined ? stakes : stakes.map((stake) => (stake > cap ? cap : stake))
}

/** Column after column what each permitted row may say: not about itself, not about seats newer than its words. */
function countedWeights(subnet: YumaSubnet, permits: readonly boolean[], rowUids: readonly number[]): Float64Array {
  const { weights, ownerUid, lastUpdates, registeredAt, oldestCommits } = subnet
  const rows = rowUids.length
  const count = subnet.stakes.length
  const counted = new Float64Array(rows * count).fill(notListed)
  rowUids.forEach((uid, row) => {
    if (!permits[uid]) return
    const ownSeat = uid === ownerUid ? -1 : uid
    const newest = registeredAt === undefined ? undefined : lastUpdates?.[uid]
    const oldest = oldestCommits?.[uid]
    for (const pair of weights[uid] as UidRow) {
      const seat = pair[0]
      const registered = registeredAt?.[seat] ?? 0
      const isOutdated = newest !== undefined && newest <= registered
      const isForeseen = oldest !== undefined && oldest < registered
      if (seat < count && seat !== ownSeat && !isOutdated && !isForeseen) counted[seat * rows + row] = pair[1]
    }
  })
  return counted
}

function keptBonds({ bonds, registeredAt, bondsSince, stakes }: YumaSubnet, rowUids: readonly number[]): Uint16Array {
  const kept = new Uint16Array(rowUids.length * stakes.length)
  const since = registeredAt === undefined ? undefined : bondsSince
  rowUids.forEach((uid, row) => {
    for (const pair of bonds[uid] as UidRow) {
      const seat = pair[0]
      const isNew = since !== undefined && since <= (registeredAt?.[seat] ?? 0)
      if (seat < stakes.length && !isNew) kept[seat * rowUids.length + row] = pair[1]
    }
  })
  return kept
}

/** Those with a new permit get the new bonds, those who lost theirs none; who had none before either keeps what is stored. */
function storedBonds(
  { bonds, stakes }: YumaSubnet,
  shares: YumaShares,
  rowUids: readonly number[],
  permits: readonly boolean[],
  newPermits: readonly boolean[],
): readonly UidRow[] {
  const rowOf = new Map(rowUids.map((uid, row) => [uid, row]))
  return stakes.map((_, uid) => {
    if (!newPermits[uid]) return permits[uid] ? [] : (bonds[uid] as UidRow)
    const row = rowOf.get(uid)
    const kept: (readonly [number, number])[] = []
    if (row === undefined) return kept
    for (let seat = 0; seat < stakes.length; seat++) {
      const bond = shares.bonds[seat * rowUids.length + row] as number
      if (bond > 0) kept.push([seat, bond])
    }
    return kept
  })
}

/** `fallback` shares out what nobody earned. */
function emissions(emission: bigint, incentive: Float64Array, dividends: Float64Array, fallback: Float64Array) {
  const combined = incentive.map((share, uid) => share + (dividends[uid] as number))
  const sum = sumOf(combined)
  const pay = (shares: Float64Array): readonly bigint[] =>
    Array.from(shares, (share) => (BigInt(share) * emission) / BigInt(wholeQ32))
  const overSum = (shares: Float64Array): Float64Array => shares.map((share) => divQ32(share, sum))
  return {
    serverEmission: pay(overSum(incentive)),
    validatorEmission: pay(sum === 0 ? fallback : overSum(dividends)),
    emission: pay(sum === 0 ? fallback : overSum(combined)),
  }
}

/** Each seat's rank over what it would be without clipping; 0 where nobody gives it anything. */
function seatTrust({ ranks, weights }: YumaShares, activeStake: Float64Array): Float64Array {
  const rows = activeStake.length
  return ranks.map((rank, column) => {
    let whole = 0
    for (let row = 0; row < rows; row++) {
      const weight = weights[column * rows + row] as number
      if (weight > 0) whole += mulQ32(activeStake[row] as number, weight)
    }
    return divQ32(rank, whole)
  })
}

function spread(values: Float64Array, rowUids: readonly number[], count: number): Float64Array {
  const all = new Float64Array(count)
  rowUids.forEach((uid, row) => {
    all[uid] = values[row] as number
  })
  return all
}

function requireConsistent(subnet: YumaSubnet): void {
  const { stakes, permits, weights, bonds, lastUpdates, registeredAt, oldestCommits } = subnet
  const count = stakes.length
  if (count > maximumUids) throw badInput(`it has ${count} uids, more than ${maximumUids}`)
  for (const [name, list] of Object.entries({ permits, weights, bonds, lastUpdates, registeredAt, oldestCommits })) {
    if (list !== undefined && list.length !== count)
      throw badInput(`${name} has ${list.length} entries for ${count} uids`)
  }
  if (stakes.some((stake) => stake < 0n)) throw badInput('a stake is negative')
  requireRows('weights', weights)
  requireRows('bonds', bonds)
}

function requireRows(name: string, rows: readonly UidRow[]): void {
  /** By seat the last row that named it, counted from 1: one list for all rows. */
  const namedBy = new Uint16Array(65_536)
  for (let uid = 0; uid < rows.length; uid++) {
    let isTwice = false
    for (const pair of rows[uid] as UidRow) {
      const seat = pair[0]
      if (!isU16(seat) || !isU16(pair[1]))
        throw badInput(`${name} of uid ${uid} has a uid or value that is not a whole number from 0 to 65535`)
      isTwice ||= namedBy[seat] === uid + 1
      namedBy[seat] = uid + 1
    }
    if (isTwice) throw badInput(`${name} of uid ${uid} names a uid twice`)
  }
}

function isU16(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 65_535
}

function badInput(problem: string): KoinonError {
  return new KoinonError({ code: 'subnets/bad-epoch-input', message: `The epoch cannot be computed: ${problem}` })
}
