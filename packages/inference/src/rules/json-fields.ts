/** Readers of single request fields: absent or null is `undefined`, a wrong type or range is refused by name. */
import { badRequest } from './openai-error.ts'

export type JsonRecord = Readonly<Record<string, unknown>>

export function readBoolean(record: JsonRecord, field: string, name = field): boolean | undefined {
  const value = record[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'boolean') throw badRequest(name, 'must be true or false', 'invalid_type')
  return value
}

export function readNumber(record: JsonRecord, field: string, minimum: number, maximum: number): number | undefined {
  const value = record[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') throw badRequest(field, 'must be a number', 'invalid_type')
  if (!(value >= minimum && value <= maximum)) throw badRequest(field, `must lie between ${minimum} and ${maximum}`)
  return value
}

export function readInteger(record: JsonRecord, field: string, minimum: number, maximum: number): number | undefined {
  const value = record[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw badRequest(field, 'must be an integer', 'invalid_type')
  if (value < minimum || value > maximum) throw badRequest(field, `must lie between ${minimum} and ${maximum}`)
  return value
}

/** A string or an array of strings, as an array; each 1 to `maximumLength` characters of well-formed text. */
export function readStrings(
  record: JsonRecord,
  field: string,
  maximumCount: number,
  maximumLength: number,
): readonly string[] {
  const value = record[field]
  if (value === undefined || value === null) return []
  const list = typeof value === 'string' ? [value] : value
  if (!Array.isArray(list)) throw badRequest(field, 'must be a string or an array of strings', 'invalid_type')
  if (list.length > maximumCount) throw badRequest(field, `at most ${maximumCount} are allowed`)
  list.forEach((item, index) => {
    const name = typeof value === 'string' ? field : `${field}[${index}]`
    if (typeof item !== 'string') throw badRequest(name, 'must be a string', 'invalid_type')
    if (item === '' || item.length > maximumLength) throw badRequest(name, `must have 1 to ${maximumLength} characters`)
    if (!item.isWellFormed()) throw badRequest(name, 'holds a lone surrogate')
  })
  return list as string[]
}
