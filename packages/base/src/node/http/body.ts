import type { IncomingMessage } from 'node:http'
import { KoinonError } from '../../errors.ts'

/** What is read and thrown away beyond the maximum: clients that are cut off while they write never see the refusal. */
const discardedBytes = 16 << 20

/** Reads a request body whole. Throws `http/body-too-large` (413) beyond `maximumBytes` and `http/aborted` (400) when the sender goes away. */
export function readBody(request: IncomingMessage, maximumBytes: number): Promise<Buffer> {
  const mostBytes = maximumBytes + discardedBytes
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > mostBytes) return reject(tooLarge(maximumBytes))
    let parts: Buffer[] = []
    let length = 0
    request.on('data', (part: Buffer) => {
      length += part.length
      if (length <= maximumBytes) parts.push(part)
      else parts = []
      if (length > mostBytes) {
        request.pause()
        reject(tooLarge(maximumBytes))
      }
    })
    request.once('end', () => {
      if (length > maximumBytes) reject(tooLarge(maximumBytes))
      else resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, length))
    })
    request.once('error', reject)
    request.once('close', () => {
      if (!request.complete) reject(goneAway())
    })
  })
}

/** The JSON object in a body. Throws `http/not-json` (400) for anything else, broken UTF-8 included. */
export function parseJsonObject(body: Uint8Array): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>
  } catch {
    // Falls through to the refusal below.
  }
  throw new KoinonError({ code: 'http/not-json', message: 'The body is not a JSON object', details: { status: 400 } })
}

function tooLarge(maximumBytes: number): KoinonError {
  return new KoinonError({
    code: 'http/body-too-large',
    message: `The request body is larger than ${maximumBytes} bytes`,
    hint: 'Send less in one request.',
    details: { status: 413, maximumBytes },
  })
}

function goneAway(): KoinonError {
  return new KoinonError({
    code: 'http/aborted',
    message: 'The connection closed before the request was complete',
    details: { status: 400 },
  })
}
