import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type Hex, KoinonError } from '@koinon/base'
import type { AnswerHeaders } from '@koinon/base/node'
import type { ReceiptBundle } from '@koinon/work'
import { toOpenAiError } from '../rules/openai-error.ts'
import { doneEvent, sseEvent, sseReceiptComment } from '../rules/sse.ts'
import { DoneHolder } from './done-holder.ts'

/** Takes a provider's bytes to the client unchanged, and keeps the last of them until the receipt is durable. */
export type Delivery = {
  /** A part of the provider's body. Throws `gateway/bad-answer` when there is too much. */
  data(part: Buffer): void
  /** True when nothing of the answer itself is missing, as far as its bytes can tell. */
  readonly isComplete: boolean
  /** Bytes that the response hash covers. Throws `gateway/bad-answer` when the answer is not complete. */
  close(): { readonly hash: Hex; readonly length: number }
  /** Sends what was kept, with the receipts. */
  finish(bundle: ReceiptBundle): void
  /** Ends an answer that failed after it had begun. */
  fail(error: unknown): void
}

export type DeliveryOptions = {
  readonly response: ServerResponse
  readonly headers: () => AnswerHeaders
  readonly maximumBytes: number
  readonly unsentBytes: number
}

/** Passes an event stream on as it comes. */
export function createStreamDelivery(options: DeliveryOptions): Delivery {
  const { response } = options
  const holder = new DoneHolder()
  const hash = createHash('sha256')
  let length = 0
  return {
    get isComplete() {
      return holder.isDone
    },
    data(part) {
      const bytes = holder.push(part)
      if (bytes.length === 0) return
      hash.update(bytes)
      length += bytes.length
      if (length > options.maximumBytes) throw badAnswer(`it is longer than ${options.maximumBytes} bytes`)
      if (response.destroyed) return
      if (!response.headersSent) {
        response.writeHead(200, {
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-cache',
          ...options.headers(),
        })
      }
      response.write(bytes)
      if (response.writableLength > options.unsentBytes) response.destroy()
    },
    close() {
      if (!holder.isDone) throw badAnswer('the event stream broke off')
      return { hash: `0x${hash.digest('hex')}`, length }
    },
    finish(bundle) {
      if (!response.destroyed) response.end(sseReceiptComment(bundle, nativeBase64Url) + doneEvent)
    },
    fail(error) {
      if (!response.destroyed) response.end(`\n\n${sseEvent(toOpenAiError(error).body)}`)
    },
  }
}

/** Keeps a JSON body whole, because nobody can take back half of one. */
export function createJsonDelivery(options: DeliveryOptions): Delivery {
  const { response } = options
  const parts: Buffer[] = []
  let length = 0
  let body: Buffer = Buffer.alloc(0)
  return {
    // A body that lost its end cannot be told from a whole one without parsing it.
    get isComplete() {
      return isJson(parts)
    },
    data(part) {
      length += part.length
      if (length > options.maximumBytes) throw badAnswer(`it is longer than ${options.maximumBytes} bytes`)
      parts.push(part)
    },
    close() {
      if (length === 0) throw badAnswer('it is empty')
      body = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, length)
      return { hash: `0x${createHash('sha256').update(body).digest('hex')}`, length }
    },
    finish() {
      if (response.destroyed) return
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': body.length,
        ...options.headers(),
      })
      response.end(body)
    },
    fail() {
      response.destroy()
    },
  }
}

function nativeBase64Url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function isJson(parts: readonly Buffer[]): boolean {
  try {
    JSON.parse(Buffer.concat(parts).toString('utf8'))
    return true
  } catch {
    return false
  }
}

function badAnswer(problem: string): KoinonError {
  return new KoinonError({ code: 'gateway/bad-answer', message: `The provider's answer does not hold: ${problem}` })
}
