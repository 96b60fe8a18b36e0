/** JSON of the MPP wire: canonical (RFC 8785), then base64url without padding. */
import { base64UrlToBytes, bytesToBase64Url, utf8ToBytes } from '@koinon/base'

export type WireJson = string | number | boolean | null | readonly WireJson[] | { readonly [name: string]: WireJson }

/** RFC 8785 for plain JSON: members sorted by UTF-16 code units, no space. */
export function canonicalJson(value: WireJson): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}

/** base64url of the canonical JSON. */
export function encodeWireJson(value: WireJson): string {
  return bytesToBase64Url(utf8ToBytes(canonicalJson(value)))
}

/** The JSON object in base64url of at most `maximumLength` characters, any member order; undefined for anything else. */
export function decodeWireObject(text: string, maximumLength: number): Readonly<Record<string, unknown>> | undefined {
  if (text.length > maximumLength) return undefined
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(base64UrlToBytes(text)))
    return asObject(json)
  } catch {
    return undefined
  }
}

/** A JSON object as it came; undefined for arrays, null and the rest. */
export function asObject(json: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as Readonly<Record<string, unknown>>)
    : undefined
}
