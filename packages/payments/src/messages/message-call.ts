/** What carriers of messages have in common: a call's body, and x402's headers where there are none. */
import { errorToJson, isKoinonError, utf8ToBytes } from '@koinon/base'
import { canonicalJson, type WireJson } from '../mpp/rules/canonical-json.ts'
import { encodeHeader, type JsonRecord } from '../x402/rules/header.ts'

/** The request without its payment: canonical JSON, so that the same call has the same hash however it is written. */
export function callBody(call: unknown): Uint8Array {
  return utf8ToBytes(canonicalJson(call as WireJson))
}

/** The x402 payment of a metadata field as the header that says the same; undefined without one. */
export function x402Header(fields: JsonRecord, name: string): string | undefined {
  return Object.hasOwn(fields, name) ? encodeHeader(fields[name] ?? null) : undefined
}

/** The JSON of one of our own x402 headers. */
export function x402Payload(header: string): JsonRecord {
  return JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as JsonRecord
}

/** What a buyer hears of a refusal that no other payment cures: `retry` says whether the same payment may be sent again. */
export function messageError(error: unknown): JsonRecord {
  if (!isKoinonError(error)) return { code: 'internal', message: 'The seller failed', retry: 'later' }
  const { code, message, hint, retry } = errorToJson(error)
  return { code, message, retry, ...(hint === undefined ? {} : { hint }) }
}
