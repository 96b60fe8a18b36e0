/** Which bytes of a response a receipt commits to (specs/0003-receipts.md section 4), by the rules that every client uses. */
import { utf8ToBytes } from '@koinon/base'
import { splitEventStream } from '@koinon/inference/rules'
import { bundleToJson, type ReceiptBundle } from '@koinon/work'

/** The part of stored response bytes that a receipt commits to: all of a JSON body, an event stream up to its receipt line. */
export function hashedResponseBytes(bytes: Uint8Array): Uint8Array {
  return bytes.slice(0, split(bytes).hashedLength)
}

/**
 * The receipt that an event stream carried: its bundle as JSON, undefined where it cannot be read, and the bytes it has to agree with.
 * Undefined when there is none. A receipt line with anything but the end behind it has to agree with all bytes, which it cannot.
 */
export function receiptInStream(
  bytes: Uint8Array<ArrayBuffer>,
): { readonly bundle: unknown; readonly hashed: Uint8Array<ArrayBuffer> } | undefined {
  const { bundle, hashedLength } = split(bytes)
  if (bundle !== undefined) return { bundle: bundleToJson(bundle), hashed: bytes.slice(0, hashedLength) }
  const text = new TextDecoder().decode(bytes)
  const line = /^: koinon-receipt .*$/m.exec(text)
  if (line === null) return undefined
  const early = split(utf8ToBytes(text.slice(0, line.index + line[0].length))).bundle
  return { bundle: early === undefined ? undefined : bundleToJson(early), hashed: bytes }
}

/** As `splitEventStream`; a receipt line that cannot be read is none, and no receipt commits to these bytes, however they are cut. */
function split(bytes: Uint8Array): { readonly bundle: ReceiptBundle | undefined; readonly hashedLength: number } {
  try {
    return splitEventStream(bytes)
  } catch {
    return { bundle: undefined, hashedLength: bytes.length }
  }
}
