/**
 * Reads an event stream of a chat answer and keeps its bytes, because a receipt commits to bytes and not to text
 * (specs/0003-receipts.md section 4): hashed is everything before the line `: koinon-receipt ...`, and only that line and
 * `data: [DONE]` with empty lines may follow.
 */
import { KoinonError } from '@koinon/base'

/** What one piece of the stream brought. */
export type StreamEvent =
  | { readonly kind: 'data'; readonly data: string }
  | { readonly kind: 'receipt'; readonly encoded: string }
  | { readonly kind: 'done' }

/** A finished or broken-off stream. `hashedLength` is where the hashed bytes end; absent when no receipt line came. */
export type StreamResult = {
  readonly bytes: Uint8Array
  readonly hashedLength: number | undefined
  readonly isDone: boolean
  /** Why the bytes cannot be what the provider signed, if something stands where nothing may stand. */
  readonly problem: string | undefined
}

const receiptPrefix = ': koinon-receipt '
const newline = 0x0a
const carriageReturn = 0x0d

/** An answer longer than this is cut off rather than filling the page's memory. */
export const maxAnswerBytes = 16 * 1024 * 1024

/** Push bytes in as they arrive; `finish` when the stream ended, for whatever reason. */
export class AnswerStreamReader {
  #bytes = new Uint8Array(64 * 1024)
  #length = 0
  #lineStart = 0
  #dataLines: string[] = []
  #hashedLength: number | undefined
  #isDone = false
  #problem: string | undefined
  readonly #decoder = new TextDecoder('utf-8')

  /** Throws `web/answer-too-long` past `maxAnswerBytes`. */
  push(chunk: Uint8Array): readonly StreamEvent[] {
    const scanFrom = this.#length
    this.#append(chunk)
    const events: StreamEvent[] = []
    for (let at = scanFrom; at < this.#length; at++) {
      if (this.#bytes[at] !== newline) continue
      const end = at > this.#lineStart && this.#bytes[at - 1] === carriageReturn ? at - 1 : at
      const line = this.#decoder.decode(this.#bytes.subarray(this.#lineStart, end))
      const event = this.#takeLine(line, this.#lineStart)
      if (event !== undefined) events.push(event)
      this.#lineStart = at + 1
    }
    return events
  }

  finish(): StreamResult {
    if (this.#hashedLength !== undefined && this.#lineStart < this.#length) this.#noteTail('an unfinished line')
    return {
      bytes: this.#bytes.slice(0, this.#length),
      hashedLength: this.#hashedLength,
      isDone: this.#isDone,
      problem: this.#problem,
    }
  }

  #takeLine(line: string, offset: number): StreamEvent | undefined {
    if (line.startsWith(receiptPrefix)) {
      if (this.#hashedLength !== undefined) {
        this.#noteTail('a second receipt line')
        return undefined
      }
      this.#hashedLength = offset
      return { kind: 'receipt', encoded: line.slice(receiptPrefix.length).trim() }
    }
    if (this.#hashedLength !== undefined && line !== '' && (line !== 'data: [DONE]' || this.#isDone)) {
      this.#noteTail(`the line "${line.slice(0, 40)}"`)
      return undefined
    }
    if (line === '') return this.#dispatch()
    if (line.startsWith('data:')) this.#dataLines.push(line.slice(line.charAt(5) === ' ' ? 6 : 5))
    return undefined
  }

  #dispatch(): StreamEvent | undefined {
    if (this.#dataLines.length === 0) return undefined
    const data = this.#dataLines.join('\n')
    this.#dataLines = []
    if (data === '[DONE]') {
      this.#isDone = true
      return { kind: 'done' }
    }
    return { kind: 'data', data }
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length
    if (needed > maxAnswerBytes) {
      throw new KoinonError({
        code: 'web/answer-too-long',
        message: `The answer is longer than ${maxAnswerBytes / 1024 / 1024} MiB and was cut off`,
        hint: 'Ask for less at once, or use the API from a program.',
      })
    }
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
    }
    this.#bytes.set(chunk, this.#length)
    this.#length = needed
  }

  #noteTail(what: string): void {
    this.#problem ??= `${what} follows the receipt, where nothing but [DONE] may stand`
  }
}

/** The part of stored response bytes that a receipt commits to: all of a JSON body, an event stream up to its receipt line. */
export function hashedResponseBytes(bytes: Uint8Array): Uint8Array {
  const reader = new AnswerStreamReader()
  reader.push(bytes)
  const { hashedLength } = reader.finish()
  return hashedLength === undefined ? bytes : bytes.slice(0, hashedLength)
}
