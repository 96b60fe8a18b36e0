/** Reading loosely written JSON: values by uid as lists or objects, rows dense or sparse (specs/0011-yuma.md section 9). */
import { KoinonError } from '@koinon/base'
import { maximumUids, type UidRow } from './epoch.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Says which field of which vector is wrong. */
export function badVector(field: string, problem: string): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-vector',
    message: `The field "${field}" ${problem}`,
    hint: 'Write it as specs/0011-yuma.md section 9 says.',
  })
}

/** A whole number, written as a number or a string of digits. Throws `subnets/bad-vector`. */
export function wholeNumber(value: unknown, field: string): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  if (typeof number === 'boolean') return number ? 1 : 0
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  if (Number.isInteger(number))
    throw badVector(field, `has ${shown(value)}, too large for a number: write it as a string`)
  throw badVector(field, `has ${shown(value)}, not a whole number`)
}

/** The same of any size, not negative. */
export function wholeAmount(value: unknown, field: string): bigint {
  if (typeof value === 'string' && /^\d{1,60}$/.test(value)) return BigInt(value)
  const number = wholeNumber(value, field)
  if (number < 0) throw badVector(field, `has ${shown(value)}, a negative number`)
  return BigInt(number)
}

/**
 * Values with their uids: of a list by place, of an object by its keys `uid` or `first-last`, of anything else for all of `count`. Throws
 * `subnets/bad-vector` where that would be more than there can be: a few ranges in each other name more than any machine can look at.
 */
export function byUid(
  value: unknown,
  count: number,
  field: string,
): readonly (readonly [uid: number, value: unknown])[] {
  if (Array.isArray(value)) return requireFew(value, field).map((item, uid) => [uid, item] as const)
  if (!isObject(value)) return Array.from({ length: count }, (_, uid) => [uid, value] as const)
  let named = 0
  return Object.entries(value).flatMap(([key, item]) => {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(key)
    const first = Number(match?.[1])
    const last = Number(match?.[2] ?? first)
    if (match === null || last < first)
      throw badVector(field, `has the key "${key.slice(0, 40)}", not a uid or a range of them`)
    named += last - first + 1
    if (named > maximumUids) throw badVector(field, `names more than ${maximumUids} uids`)
    return Array.from({ length: last - first + 1 }, (_, index) => [first + index, item] as const)
  })
}

/** Throws `subnets/bad-vector` where a list is about more uids than there can be. */
export function requireFew<item>(list: readonly item[], field: string): readonly item[] {
  if (list.length <= maximumUids) return list
  throw badVector(field, `has ${list.length} values, more than the ${maximumUids} uids that there can be`)
}

/**
 * One value for each of `count` uids, `missing` where none is given; `read` is told the field with the uid. Throws `subnets/bad-vector` on
 * uids beyond.
 */
export function listOf<item>(
  value: unknown,
  count: number,
  field: string,
  missing: item,
  read: (value: unknown, field: string) => item,
): readonly item[] {
  const list = Array.from({ length: count }, () => missing)
  for (const [uid, item] of byUid(value, count, field)) {
    if (uid >= count) throw badVector(field, `names uid ${uid}, but there are only ${count}`)
    list[uid] = read(item, `${field}[${uid}]`)
  }
  return list
}

/**
 * A row as pairs: given as pairs, as an object by uid, as one number a seat of `seats`, or as one number for each of `count` uids, of
 * which zeros are left out. Throws `subnets/bad-vector`.
 */
export function rowOf(value: unknown, count: number, seats: readonly number[] | undefined, field: string): UidRow {
  if (Array.isArray(value) && value.every((item) => Array.isArray(item))) {
    return value.map((pair) => {
      if (pair.length !== 2) throw badVector(field, `has ${shown(pair)}, not a pair of uid and value`)
      return [wholeNumber(pair[0], field), wholeNumber(pair[1], field)] as const
    })
  }
  if (Array.isArray(value)) {
    const numbers = value.map((item) => wholeNumber(item, field))
    if (numbers.length === seats?.length)
      return numbers.map((number, index) => [seats[index] as number, number] as const)
    if (numbers.length !== count) throw badVector(field, `has a row of ${numbers.length} numbers for ${count} uids`)
    return numbers.flatMap((number, uid) => (number === 0 ? [] : [[uid, number] as const]))
  }
  if (!isObject(value)) throw badVector(field, `has ${shown(value)} for a row`)
  return byUid(value, count, field).map(([uid, item]) => [uid, wholeNumber(item, field)] as const)
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 60)
}
