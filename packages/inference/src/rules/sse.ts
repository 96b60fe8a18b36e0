/** Event streams as spec 0003 sections 4 and 6 use them. */
import { base64UrlToBytes, bytesToBase64Url, utf8ToBytes } from '@koinon/base'
import { bundleToJson, parseBundle, type ReceiptBundle } from '@koinon/work'

/** Last event of every complete OpenAI stream. */
export const doneEvent = 'data: [DONE]\n\n'

const receiptComment = ': koinon-receipt '

/** One `data:` event. JSON text holds no line feed, so one line is enough. */
export function sseEvent(json: unknown): string {
  return `data: ${JSON.stringify(json)}\n\n`
}

/** The comment that carries a bundle, with its empty line; it stands just before `data: [DONE]`. `encode` may be a faster base64url. */
export function sseReceiptComment(
  bundle: ReceiptBundle,
  encode: (text: string) => string = (text) => bytesToBase64Url(utf8ToBytes(text)),
): string {
  return `${receiptComment}${encode(JSON.stringify(bundleToJson(bundle)))}\n\n`
}

/**
 * Splits the bytes of an event stream as a client kept them: how many of them the receipt's response hash covers, the bundle if
 * the stream carries one, and whether the stream is complete. Throws as `parseBundle` when the comment is malformed.
 */
export function splitEventStream(bytes: Uint8Array): {
  readonly hashedLength: number
  readonly bundle: ReceiptBundle | undefined
  readonly complete: boolean
} {
  const complete = endsWith(bytes, bytes.length, doneBytes)
  const end = complete ? bytes.length - doneBytes.length : bytes.length
  const lineStart = lastReceiptLine(bytes, end)
  if (lineStart === undefined) return { hashedLength: end, bundle: undefined, complete }
  const encoded = new TextDecoder().decode(bytes.subarray(lineStart + receiptComment.length, end)).trimEnd()
  const json: unknown = JSON.parse(new TextDecoder().decode(base64UrlToBytes(encoded)))
  return { hashedLength: lineStart, bundle: parseBundle(json), complete }
}

const doneBytes = utf8ToBytes(doneEvent)
const receiptBytes = utf8ToBytes(receiptComment)
const lineFeed = 10

/** Start of a receipt comment that is the last line before `end`, followed by nothing but empty lines. */
function lastReceiptLine(bytes: Uint8Array, end: number): number | undefined {
  let last = end
  while (last > 0 && bytes[last - 1] === lineFeed) last -= 1
  const lineStart = bytes.lastIndexOf(lineFeed, last - 1) + 1
  return last > lineStart && startsWith(bytes, lineStart, receiptBytes) ? lineStart : undefined
}

function endsWith(bytes: Uint8Array, end: number, suffix: Uint8Array): boolean {
  return end >= suffix.length && startsWith(bytes, end - suffix.length, suffix)
}

function startsWith(bytes: Uint8Array, offset: number, prefix: Uint8Array): boolean {
  return offset + prefix.length <= bytes.length && prefix.every((byte, index) => bytes[offset + index] === byte)
}
