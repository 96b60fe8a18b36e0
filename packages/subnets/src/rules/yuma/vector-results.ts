/** Results of an epoch under the names and in the shapes that a vector uses, and whether they agree (specs/0011-yuma.md section 9). */
import { toU16, wholeQ32 } from '../fixed/q32.ts'
import type { YumaEpoch } from './epoch.ts'
import { byUid, isObject, type JsonObject, requireFew } from './vector-values.ts'

export type FieldCheck = {
  readonly agrees: boolean
  /** In the field's own unit; null where a value cannot be compared. */
  readonly largestDifference: number | null
  /** How many values were compared. */
  readonly compared: number
}

/** Whole amounts, yes or no, shares as decimals, or shares as they are stored in 16 bits. */
type Kind = 'amount' | 'flag' | 'share' | 'stored'

const amounts: Readonly<Record<string, (epoch: YumaEpoch) => readonly bigint[]>> = {
  emission: (epoch) => epoch.emission,
  server_emission: (epoch) => epoch.serverEmission,
  validator_emission: (epoch) => epoch.validatorEmission,
}
const flags: Readonly<Record<string, (epoch: YumaEpoch) => readonly boolean[]>> = {
  new_permits: (epoch) => epoch.permits,
  active: (epoch) => epoch.active,
}
const shares: Readonly<Record<string, (epoch: YumaEpoch) => Float64Array>> = {
  stake_weight: (epoch) => epoch.stake,
  active_stake: (epoch) => epoch.activeStake,
  consensus: (epoch) => epoch.consensus,
  incentive: (epoch) => epoch.incentive,
  rank: (epoch) => epoch.incentive,
  ranks: (epoch) => epoch.incentive,
  trust: (epoch) => epoch.trust,
  dividends: (epoch) => epoch.dividends,
  validator_trust: (epoch) => epoch.validatorTrust,
}
const bondNames: readonly string[] = ['bonds', 'bonds_u16', 'bonds_u16_col']
/** Printed whether a vector holds them or not. */
const printedNames = [...Object.keys({ ...amounts, ...flags, ...shares }), 'bonds', 'bonds_u16'].filter(
  (name) => name !== 'rank' && name !== 'ranks',
)

/** True for names of results that can be printed and compared. */
export function isResult(name: string): boolean {
  const isOf = (table: object): boolean => Object.hasOwn(table, name)
  return bondNames.includes(name) || isOf(amounts) || isOf(flags) || Object.hasOwn(shares, name.replace(/_u16$/, ''))
}

/** All results by name; those that the vector itself holds have its shape. Throws `subnets/bad-vector` on shapes that cannot be read. */
export function describeEpoch(epoch: YumaEpoch, vector: JsonObject): JsonObject {
  const names = new Set([...printedNames, ...Object.keys(vector).filter(isResult)])
  return Object.fromEntries([...names].map((name) => [name, describeField(epoch, vector, name)]))
}

/** Compares one field of the vector with the results. Throws `subnets/bad-vector` on a shape that cannot be read. */
export function checkField(epoch: YumaEpoch, vector: JsonObject, name: string, emission: bigint): FieldCheck {
  const kind = kindOf(vector, name)
  const whole = kind === 'amount' ? Number(emission) : kind === 'stored' ? 65_535 : 1
  const tolerance = typeof vector['tol'] === 'number' ? vector['tol'] : 0
  // What a decimal stands for: the nearest value that there can be.
  const rounding = kind === 'share' ? 0.5 / (name === 'bonds' ? 65_535 : wholeQ32) : 0
  let largest = 0
  let compared = 0
  mapField(vector, name, (uid, seat, value) => {
    const difference = differenceOf(value, valueOf(epoch, name, kind, uid, seat))
    if (!(Number.isNaN(largest) || difference <= largest)) largest = difference
    compared++
  })
  return {
    agrees: largest <= Math.max(tolerance < 1 ? tolerance * whole : tolerance, rounding),
    largestDifference: Number.isNaN(largest) ? null : largest,
    compared,
  }
}

/** Amounts exactly, of any size; NaN for what is no number or about no uid. */
function differenceOf(expected: unknown, actual: number | bigint | undefined): number {
  if (actual === undefined || expected === '' || !/^(string|number|boolean)$/.test(typeof expected)) return Number.NaN
  if (typeof actual === 'bigint' && /^\d+$/.test(String(expected))) {
    const difference = BigInt(String(expected)) - actual
    return Number(difference < 0n ? -difference : difference)
  }
  return Math.abs(Number(expected) - Number(actual))
}

function describeField(epoch: YumaEpoch, vector: JsonObject, name: string): unknown {
  const kind = kindOf(vector, name)
  const print = (uid: number, seat?: number): number | string => {
    const value = valueOf(epoch, name, kind, uid, seat) ?? 0
    if (typeof value === 'bigint') return value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value)
    return kind === 'share' ? shortestDecimal(value, seat === undefined ? wholeQ32 : 65_535) : value
  }
  if (isHeld(vector, name)) return mapField(vector, name, print)
  const uids = [...epoch.stake.keys()]
  if (!bondNames.includes(name)) return uids.map((uid) => print(uid))
  const seats = uidsOf(vector['miner_uids'])
  const last = uids.findLast((uid) => epoch.permits[uid] || (epoch.bonds[uid]?.length ?? 0) > 0) ?? -1
  const rows = seats === undefined ? uids.slice(0, last + 1) : uids.filter((uid) => !seats.includes(uid))
  return rows.map((uid) => (seats ?? uids).map((seat) => print(uid, seat)))
}

/** The shortest decimal that stands for this part of `parts`. */
function shortestDecimal(value: number, parts: number): number {
  const part = Math.round(value * parts)
  for (let digits = 0; digits < 10; digits++) {
    const short = Number(value.toFixed(digits))
    if (Math.round(short * parts) === part) return short
  }
  return Number(value.toFixed(10))
}

/** A number for `emission` may be what is given out, so it is no result. */
export function isHeld(vector: JsonObject, name: string): boolean {
  return vector[name] !== undefined && (name !== 'emission' || typeof vector[name] === 'object')
}

/** Replaces every value of a field, given the uid (and for bonds the seat) that it is about; the shape stays. */
function mapField(
  vector: JsonObject,
  name: string,
  visit: (uid: number, seat: number | undefined, value: unknown) => unknown,
): unknown {
  const count = Array.isArray(vector['stake']) ? vector['stake'].length : Number(vector['n'])
  const given = vector[name]
  const mapUids = (values: unknown, replace: (uid: number, value: unknown) => unknown): unknown => {
    const pairs = byUid(values, count, name).map(([uid, value]) => [uid, replace(uid, value)] as const)
    return isObject(values) ? Object.fromEntries(pairs) : pairs.map(([, value]) => value)
  }
  if (!bondNames.includes(name)) return mapUids(given, (uid, value) => visit(uid, undefined, value))
  const rows = uidsOf(vector['validator_uids'])
  if (name === 'bonds_u16_col') {
    return mapUids(given, (seat, column) =>
      mapUids(column, (index, value) => visit(Array.isArray(column) ? (rows?.[index] ?? index) : index, seat, value)),
    )
  }
  return mapUids(given, (index, row) => {
    const uid = Array.isArray(given) ? (rows?.[index] ?? index) : index
    if (!Array.isArray(row)) return mapUids(row, (seat, value) => visit(uid, seat, value))
    requireFew(row, name)
    if (row.every((item) => Array.isArray(item)))
      return row.map(([seat, value]) => [seat, visit(uid, Number(seat), value)])
    const seats = denseSeats(row.length, count, uidsOf(vector['miner_uids']))
    return row.map((value, place) => visit(uid, seats[place], value))
  })
}

/** What the numbers of a dense row are about: the miners, or as many of the uids as there are numbers, the last ones. */
function denseSeats(length: number, count: number, miners: readonly number[] | undefined): readonly number[] {
  if (miners?.length === length) return miners
  return Array.from({ length }, (_, place) => count - length + place)
}

function uidsOf(value: unknown): readonly number[] | undefined {
  return Array.isArray(value) ? value.map(Number) : undefined
}

/** Shares are written as decimals, or as they are stored: by the name, or where a value is above 1. */
function kindOf(vector: JsonObject, name: string): Kind {
  if (Object.hasOwn(amounts, name)) return 'amount'
  if (Object.hasOwn(flags, name)) return 'flag'
  let isStored = /_u16/.test(name)
  if (isHeld(vector, name)) {
    mapField(vector, name, (_uid, _seat, value) => {
      isStored ||= Number(value) > 1
    })
  }
  return isStored ? 'stored' : 'share'
}

function valueOf(
  epoch: YumaEpoch,
  name: string,
  kind: Kind,
  uid: number,
  seat: number | undefined,
): number | bigint | undefined {
  if (seat !== undefined) {
    const row = epoch.bonds[uid]
    const bond = row?.find(([column]) => column === seat)?.[1] ?? 0
    return row === undefined || epoch.stake[seat] === undefined ? undefined : kind === 'stored' ? bond : bond / 65_535
  }
  if (kind === 'amount') return amounts[name]?.(epoch)[uid]
  if (kind === 'flag') {
    const flag = flags[name]?.(epoch)[uid]
    return flag === undefined ? undefined : Number(flag)
  }
  const share = shares[name.replace(/_u16$/, '')]?.(epoch)[uid]
  if (share === undefined) return undefined
  return kind === 'stored' ? toU16(share) : share / wholeQ32
}
