/** x402's headers and metadata: base64 of JSON, from strangers, so bounded and read field by field. */
import { KoinonError } from '@koinon/base'

/** Longest payment header that is looked at; a deposit with all extensions stays under a quarter of it. */
export const maximumHeaderCharacters = 16_384

export type JsonRecord = Readonly<Record<string, unknown>>

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Base64 with padding of the UTF-8 of the JSON. */
export function encodeHeader(json: unknown): string {
  return encodeHeaderText(JSON.stringify(json))
}

/** The same of JSON that is written already. */
export function encodeHeaderText(json: string): string {
  return Buffer.from(json, 'utf8').toString('base64')
}

/** The JSON object in a header. Throws `payments/bad-payment` (400) for anything else. */
export function decodeHeader(text: string): JsonRecord {
  if (text.length > maximumHeaderCharacters)
    throw badPayment(`the header is longer than ${maximumHeaderCharacters} characters`)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw badPayment('the header is not base64')
  let json: unknown
  try {
    json = JSON.parse(utf8.decode(Buffer.from(text, 'base64')))
  } catch {
    throw badPayment('the header holds no JSON')
  }
  return requireRecord(json, 'the payment')
}

/** An own field of an object; what its prototype has is not there. */
export function field(record: JsonRecord, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** A plain object. Throws `payments/bad-payment`. */
export function requireRecord(value: unknown, name: string): JsonRecord {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonRecord
  throw badPayment(`${name} is not an object`)
}

/** A decimal amount of at most 78 digits, as x402 writes it. Throws `payments/bad-payment`. */
export function requireAmount(value: unknown, name: string): bigint {
  if (typeof value === 'string' && /^(0|[1-9][0-9]{0,77})$/.test(value)) return BigInt(value)
  throw badPayment(`${name} is not a decimal amount`)
}

/** Lower-case hex of a number of bytes. Throws `payments/bad-payment`. */
export function requireHex(value: unknown, name: string, leastBytes: number, mostBytes = leastBytes): `0x${string}` {
  if (typeof value === 'string' && /^0x([0-9a-fA-F]{2})*$/.test(value)) {
    const bytes = (value.length - 2) / 2
    if (bytes >= leastBytes && bytes <= mostBytes) return value.toLowerCase() as `0x${string}`
  }
  throw badPayment(`${name} is not hex of the right length`)
}

/** What cannot be read as a payment at all; asking for money again would not help. */
export function badPayment(problem: string): KoinonError {
  return new KoinonError({
    code: 'payments/bad-payment',
    message: `The payment cannot be read: ${problem}`,
    details: { status: 400 },
  })
}
