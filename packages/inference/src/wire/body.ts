import type { IncomingMessage } from 'node:http'
import { openAiError } from '../rules/openai-error.ts'

/** What is read and thrown away beyond the maximum: clients that are cut off while they write never see the refusal. */
const discardedBytes = 16 << 20

/** Reads a request body whole. Refuses with 413 beyond `maximumBytes`; rejects when the sender goes away. */
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

function tooLarge(maximumBytes: number): Error {
  return openAiError({
    status: 413,
    code: 'request_too_large',
    message: `The request body is larger than ${maximumBytes} bytes. Send a shorter conversation.`,
  })
}

function goneAway(): Error {
  return openAiError({
    status: 400,
    code: 'request_aborted',
    message: 'The connection closed before the request was complete.',
  })
}
