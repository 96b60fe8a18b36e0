import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type Hex, KoinonError } from '@koinon/base'
import type { AnswerHeaders } from '@koinon/base/node'
import type { StoredAnswer } from '@koinon/payments/provider'
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
  /** The whole answer as a later reader would get it; undefined where it was not kept. Call it after `close`. */
  copy(): StoredAnswer | undefined
  /** Resolves when nothing waits to be sent any more; call it before `close`, where it is. Rejects as `data` throws. */
  drained?(): Promise<void>
  /**
   * Sends what was kept, with the receipts. `headers` are trailers where the answer has begun; `closing` is the last event of a payment.
   */
  finish(bundle: ReceiptBundle, headers: AnswerHeaders, closing?: Uint8Array): void
  /** Ends an answer that failed after it had begun. */
  fail(error: unknown): void
}

/** What a stream's payments need beside. */
export type StreamDelivery = Delivery & {
  /** Sends an event that is none of the provider's: no hash covers it. */
  interject(event: Uint8Array): void
  /** From now on the provider's bytes count for the hash and reach nobody. */
  mute(): void
}

export type DeliveryOptions = {
  readonly response: ServerResponse
  readonly headers: () => AnswerHeaders
  readonly maximumBytes: number
  readonly unsentBytes: number
  /** Names of the headers that `finish` will bring. */
  readonly trailers: readonly string[]
}

const eventStream = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
const json = { 'content-type': 'application/json; charset=utf-8' }
/** A copy is kept of answers that somebody may ask for again, those with trailers, up to this length. */
const mostCopiedBytes = 262_144

/** Passes an event stream on as it comes. */
export function createStreamDelivery(options: DeliveryOptions): StreamDelivery {
  const { response } = options
  const holder = new DoneHolder()
  const hash = createHash('sha256')
  const copied: Buffer[] = []
  let length = 0
  let isMute = false
  const send = (bytes: Uint8Array): void => {
    if (response.destroyed) return
    if (!response.headersSent) {
      const trailer = options.trailers.length === 0 ? {} : { trailer: options.trailers.join(', ') }
      response.writeHead(200, { ...eventStream, ...trailer, ...options.headers() })
    }
    response.write(bytes)
    if (response.writableLength > options.unsentBytes) response.destroy()
  }
  return {
    get isComplete() {
      return holder.isDone
    },
    interject: send,
    mute() {
      isMute = true
    },
    data(part) {
      const bytes = holder.push(part)
      if (bytes.length === 0) return
      hash.update(bytes)
      length += bytes.length
      if (length > options.maximumBytes) throw answerTooLong(options.maximumBytes)
      if (options.trailers.length > 0 && length <= mostCopiedBytes) copied.push(bytes)
      if (!isMute) send(bytes)
    },
    close() {
      if (!holder.isDone) throw badAnswer('the event stream broke off')
      return { hash: `0x${hash.digest('hex')}`, length }
    },
    copy() {
      if (options.trailers.length === 0 || length > mostCopiedBytes) return undefined
      return { status: 200, headers: eventStream, body: Buffer.concat([...copied, Buffer.from(doneEvent)]) }
    },
    finish(bundle, headers, closing) {
      if (response.destroyed) return
      if (closing !== undefined) send(closing)
      if (options.trailers.length > 0) response.addTrailers(textHeaders(headers))
      response.end(sseReceiptComment(bundle, nativeBase64Url) + doneEvent)
    },
    fail(error) {
      if (!response.destroyed) response.end(`\n\n${sseEvent(toOpenAiError(error).body)}`)
    },
  }
}

/** Keeps an event stream whole, because its money has to move first. */
export function createKeptStreamDelivery(options: DeliveryOptions): Delivery {
  const { response } = options
  const holder = new DoneHolder()
  const kept = createJsonDelivery(options)
  let events: Buffer = Buffer.alloc(0)
  return {
    get isComplete() {
      return holder.isDone
    },
    data(part) {
      const bytes = holder.push(part)
      if (bytes.length > 0) kept.data(bytes)
    },
    close() {
      if (!holder.isDone) throw badAnswer('the event stream broke off')
      const closed = kept.close()
      events = Buffer.from(kept.copy()?.body ?? [])
      return closed
    },
    copy() {
      const body = Buffer.concat([events, Buffer.from(doneEvent)])
      return body.length > mostCopiedBytes ? undefined : { status: 200, headers: eventStream, body }
    },
    finish(bundle, headers) {
      if (response.destroyed) return
      response.writeHead(200, { ...eventStream, ...options.headers(), ...headers })
      response.end(Buffer.concat([events, Buffer.from(sseReceiptComment(bundle, nativeBase64Url) + doneEvent)]))
    },
    fail() {
      response.destroy()
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
      if (length > options.maximumBytes) throw answerTooLong(options.maximumBytes)
      parts.push(part)
    },
    close() {
      if (length === 0) throw badAnswer('it is empty')
      body = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, length)
      return { hash: `0x${createHash('sha256').update(body).digest('hex')}`, length }
    },
    copy: () => ({ status: 200, headers: json, body }),
    finish(_, headers) {
      if (response.destroyed) return
      response.writeHead(200, { ...json, 'content-length': body.length, ...options.headers(), ...headers })
      response.end(body)
    },
    fail() {
      response.destroy()
    },
  }
}

function textHeaders(headers: AnswerHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
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

/** The error of an answer of more bytes than its gateway takes. */
export function answerTooLong(maximumBytes: number): KoinonError {
  return badAnswer(`it is longer than ${maximumBytes} bytes`)
}

function badAnswer(problem: string): KoinonError {
  return new KoinonError({ code: 'gateway/bad-answer', message: `The provider's answer does not hold: ${problem}` })
}
