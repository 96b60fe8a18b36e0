/**
 * Yuma once more, in bigints and by rows (specs/0011-yuma.md sections 1 to 7): slow, plain, and sharing nothing with the engine but its
 * types. What both say is what the chapter says.
 */
import type { UidRow, YumaSubnet } from '../rules/yuma/epoch.ts'
import type { YumaParameters } from '../rules/yuma/parameters.ts'

const one = 1n << 32n
const most16 = 65_535n

/** Per uid; shares are Q32. Bonds by `uid,seat`, without those that are 0. */
export type OracleEpoch = {
  readonly stake: readonly bigint[]
  readonly activeStake: readonly bigint[]
  readonly consensus: readonly bigint[]
  readonly incentive: readonly bigint[]
  readonly trust: readonly bigint[]
  readonly dividends: readonly bigint[]
  readonly validatorTrust: readonly bigint[]
  readonly permits: readonly boolean[]
  readonly bonds: Readonly<Record<string, bigint>>
  readonly serverEmission: readonly bigint[]
  readonly validatorEmission: readonly bigint[]
  readonly emission: readonly bigint[]
}

type Sparse = Map<number, bigint>[]

const mul = (a: bigint, b: bigint): bigint => (a * b) >> 32n
const div = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : (a * one) / b)
const total = (list: readonly bigint[]): bigint => list.reduce((left, right) => left + right, 0n)
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const largest = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const ofU16 = (value: number): bigint => div(BigInt(value), most16)
const toU16 = (share: bigint): bigint => least(most16, (share * most16) >> 32n)
const get = (list: readonly bigint[], index: number): bigint => list[index] ?? 0n

function normalise(list: readonly bigint[]): bigint[] {
  const sum = total(list)
  return sum === 0n ? [...list] : list.map((value) => div(value, sum))
}

function columnSums(matrix: Sparse, count: number): bigint[] {
  const sums = Array.from({ length: count }, () => 0n)
  for (const row of matrix) for (const [seat, value] of row) sums[seat] = get(sums, seat) + value
  return sums
}

function divideColumns(matrix: Sparse, divisors: readonly bigint[]): Sparse {
  return matrix.map((row) => new Map([...row].map(([seat, value]) => [seat, div(value, get(divisors, seat))])))
}

export function oracleEpoch(subnet: YumaSubnet, parameters: YumaParameters): OracleEpoch {
  const { stakes, weights, bonds, ownerUid, activity, lastUpdates, registeredAt, oldestCommits, bondsSince } = subnet
  const count = stakes.length
  const uids = Array.from({ length: count }, (_, uid) => uid)
  const permits = subnet.permits.map((permit, uid) => permit || uid === ownerUid)

  const enough = stakes.map((stake, uid) => (uid === ownerUid || stake >= (subnet.stakeThreshold ?? 0n) ? stake : 0n))
  const sumOfStakes = total(enough)
  const share = (list: readonly bigint[]): bigint[] => {
    const sum = total(list)
    return list.map((stake) => (sum === 0n ? 0n : (stake * one) / sum))
  }
  const ranked = [...uids].sort((a, b) => {
    const [left, right] = [share(enough)[a] as bigint, share(enough)[b] as bigint]
    return left < right ? -1 : left > right ? 1 : a - b
  })
  const winners = ranked.reverse().slice(0, subnet.maximumValidators)
  const newPermits = uids.map(
    (uid) => uid === ownerUid || (sumOfStakes > 0n && winners.includes(uid) && get(share(enough), uid) > 0n),
  )

  const cap = capOf(
    enough.filter((stake, uid) => permits[uid] && stake > 0n),
    parameters.stakeCapPercent,
  )
  const stake = share(cap === undefined ? enough : enough.map((value) => least(value, cap)))
  const isActive = (uid: number): boolean =>
    activity === undefined || lastUpdates === undefined || !((lastUpdates[uid] ?? 0) + activity.cutoff < activity.block)
  const activeStake = normalise(stake.map((value, uid) => (permits[uid] && isActive(uid) ? value : 0n)))

  const counted: Sparse = uids.map((uid) => {
    if (!permits[uid]) return new Map()
    const kept = (weights[uid] as UidRow).filter(([seat]) => {
      if (seat >= count || (seat === uid && uid !== ownerUid)) return false
      const registered = registeredAt?.[seat] ?? 0
      if (registeredAt !== undefined && lastUpdates !== undefined && (lastUpdates[uid] ?? 0) <= registered) return false
      return oldestCommits === undefined || (oldestCommits[uid] ?? 0) >= registered
    })
    const sum = total(kept.map(([, weight]) => BigInt(weight)))
    return new Map(kept.map(([seat, weight]) => [seat, div(BigInt(weight), sum)]))
  })

  const kappa = ofU16(parameters.kappaU16)
  const consensus = uids.map((seat) => medianOf(counted, activeStake, seat, kappa))
  const clipped: Sparse = counted.map((row) => {
    const kept = [...row].filter(([seat, weight]) => !(weight > get(consensus, seat) && get(consensus, seat) === 0n))
    return new Map(kept.map(([seat, weight]) => [seat, least(weight, get(consensus, seat))]))
  })
  const validatorTrust = clipped.map((row) => total([...row.values()]))
  const ranksOf = (rows: Sparse): bigint[] => {
    const weighed = rows.map(
      (row, uid) => new Map([...row].map(([seat, weight]) => [seat, mul(get(activeStake, uid), weight)])),
    )
    return columnSums(weighed, count)
  }
  const ranks = ranksOf(clipped)
  const incentive = normalise(ranks)
  const unclipped = ranksOf(counted)
  const trust = ranks.map((rank, seat) => div(rank, get(unclipped, seat)))

  const forBonds = interpolate(counted, clipped, ofU16(parameters.bondsPenaltyU16), count)
  const old: Sparse = uids.map(
    (uid) =>
      new Map(
        (bonds[uid] as UidRow)
          .filter(
            ([seat]) =>
              seat < count &&
              !(bondsSince !== undefined && registeredAt !== undefined && bondsSince <= (registeredAt[seat] ?? 0)),
          )
          .map(([seat, bond]) => [seat, BigInt(bond)]),
      ),
  )
  const alpha = one - (BigInt(parameters.bondsMovingAveragePpm) * one) / 1_000_000n
  const mix = (rows: Sparse, before: Sparse): Sparse =>
    uids.map((uid) => {
      const row = new Map<number, bigint>()
      for (const [seat, value] of rows[uid] ?? []) row.set(seat, mul(alpha, value))
      for (const [seat, value] of before[uid] ?? []) row.set(seat, (row.get(seat) ?? 0n) + mul(one - alpha, value))
      return row
    })
  let next: Sparse
  let earned: bigint[]
  let stored: Sparse
  if (parameters.rule === 'yuma2') {
    const staked = forBonds.map(
      (row, uid) => new Map([...row].map(([seat, weight]) => [seat, mul(weight, get(activeStake, uid))])),
    )
    const mixed = mix(divideColumns(staked, columnSums(staked, count)), divideColumns(old, columnSums(old, count)))
    next = divideColumns(mixed, columnSums(mixed, count))
    earned = next.map((row) => total([...row].map(([seat, bond]) => mul(bond, get(incentive, seat)))))
    const tops = uids.map((seat) => next.reduce((top, row) => largest(top, row.get(seat) ?? 0n), 0n))
    stored = divideColumns(next, tops)
  } else {
    const before = old.map((row) => new Map([...row].map(([seat, bond]) => [seat, div(bond, most16)])))
    const isLiquid = parameters.liquidAlpha !== undefined && consensus.some((value) => value > 0n)
    next = isLiquid ? mixLiquid(forBonds, before, consensus, parameters) : mix(forBonds, before)
    const shares = divideColumns(next, columnSums(next, count))
    earned = shares.map((row, uid) =>
      mul(total([...row].map(([seat, bond]) => mul(bond, get(incentive, seat)))), get(activeStake, uid)),
    )
    stored = next
  }
  const dividends = normalise(earned)

  const kept: Record<string, bigint> = {}
  for (const uid of uids) {
    const rows: (readonly [number, bigint])[] = newPermits[uid]
      ? [...(stored[uid] as Map<number, bigint>)].map(([seat, bond]) => [seat, toU16(bond)] as const)
      : permits[uid]
        ? []
        : (bonds[uid] as UidRow).map(([seat, bond]) => [seat, BigInt(bond)] as const)
    for (const [seat, bond] of rows) if (bond > 0n) kept[`${uid},${seat}`] = bond
  }

  const both = uids.map((uid) => get(incentive, uid) + get(dividends, uid))
  const sum = total(both)
  const instead = activeStake.some((value) => value > 0n) ? activeStake : stake
  const pay = (list: readonly bigint[]): bigint[] => list.map((value) => (value * subnet.emission) >> 32n)
  const over = (list: readonly bigint[]): bigint[] => list.map((value) => div(value, sum))
  return {
    stake,
    activeStake,
    consensus,
    incentive,
    trust,
    dividends,
    validatorTrust,
    permits: newPermits,
    bonds: kept,
    serverEmission: pay(over(incentive)),
    validatorEmission: pay(sum === 0n ? instead : over(dividends)),
    emission: pay(sum === 0n ? instead : over(both)),
  }
}

/** The smallest stake that `percent` of a hundred do not exceed. */
function capOf(stakes: readonly bigint[], percent: number | undefined): bigint | undefined {
  if (percent === undefined) return undefined
  const hasReach = (cap: bigint): boolean =>
    100 * stakes.filter((stake) => stake <= cap).length >= percent * stakes.length
  return stakes
    .filter(hasReach)
    .reduce<bigint | undefined>((cap, stake) => (cap === undefined ? stake : least(cap, stake)), undefined)
}

/** By the definition: the smallest value that leaves less than kappa above it. */
function medianOf(matrix: Sparse, activeStake: readonly bigint[], seat: number, kappa: bigint): bigint {
  const voters = [...activeStake.keys()].filter((uid) => get(activeStake, uid) > 0n)
  const stake = normalise(voters.map((uid) => get(activeStake, uid)))
  const values = voters.map((uid) => matrix[uid]?.get(seat) ?? 0n)
  const above = (value: bigint): bigint => total(stake.filter((_, index) => get(values, index) > value))
  const fitting = values.filter((value) => above(value) < kappa)
  const pool = fitting.length > 0 ? fitting : values
  const pick = fitting.length > 0 ? least : largest
  return pool.length === 0 ? 0n : pool.reduce((left, right) => pick(left, right))
}

function interpolate(plain: Sparse, clipped: Sparse, penalty: bigint, count: number): Sparse {
  if (penalty === 0n) return plain
  if (penalty === one) return clipped
  return plain.map((row, uid) => {
    const between = new Map<number, bigint>()
    for (let seat = 0; seat < count; seat++) {
      const from = row.get(seat) ?? 0n
      const value = from + mul(penalty, (clipped[uid]?.get(seat) ?? 0n) - from)
      if (value > 0n) between.set(seat, value)
    }
    return between
  })
}

function mixLiquid(
  rows: Sparse,
  before: Sparse,
  consensus: readonly bigint[],
  { liquidAlpha }: YumaParameters,
): Sparse {
  const { form, lowU16, highU16, steepness } = liquidAlpha as NonNullable<YumaParameters['liquidAlpha']>
  const [low, high] = [ofU16(lowU16), ofU16(highU16)]
  const slope = (BigInt(steepness) * one) / -100n
  return rows.map((row, uid) => {
    const next = new Map<number, bigint>()
    for (let seat = 0; seat < consensus.length; seat++) {
      if (form === 'sparse' && !row.has(seat)) continue
      const weight = row.get(seat) ?? 0n
      const bond = before[uid]?.get(seat) ?? 0n
      const raw = weight >= bond ? weight - get(consensus, seat) : bond - weight
      const distance = least(one, largest(0n, raw))
      const sigmoid = (one * one) / (one + exponential(mul(slope, distance - one / 2n)))
      const alpha = least(high, largest(low, low + mul(sigmoid, high - low)))
      next.set(seat, least(one, mul(alpha, weight) + mul(one - alpha, bond)))
    }
    return next
  })
}

function exponential(x: bigint): bigint {
  if (x === one) return 22_802_600n << 9n
  const argument = least(20n * one, x < 0n ? -x : x)
  let term = argument
  let sum = one + argument
  for (let i = 2n; i < 32n; i++) {
    term = mul(term, argument) / i
    sum += term
  }
  return x < 0n ? (one * one) / sum : sum
}
