/**
 * Reads an event stream of a chat answer as it comes, and keeps its bytes, because a receipt commits to bytes and not to text. What of
 * them is hashed and which receipt they carry is for `receipts/response-bytes.ts` to say, when the stream has ended.
 */
import { KoinonError } from '@koinon/base'

/** What one piece of the stream brought. */
export type StreamEvent = { readonly kind: 'data'; readonly data: string } | { readonly kind: 'done' }

/** A finished or broken-off stream. */
export type StreamResult = { readonly bytes: Uint8Array<ArrayBuffer>; readonly isDone: boolean }

const receiptPrefix = ': koinon-receipt '
const newline = 0x0a
const carriageReturn = 0x0d

/** An answer longer than this is cut off rather than filling the page's memory. */
export const maximumAnswerBytes = 16 * 1024 * 1024

/** Push bytes in as they arrive; `finish` when the stream ended, for whatever reason. */
export class AnswerStreamReader {
  #bytes = new Uint8Array(64 * 1024)
  #length = 0
  #lineStart = 0
  #dataLines: string[] = []
  #isDone = false
  #isOver = false
  readonly #decoder = new TextDecoder('utf-8')

  /** Throws `web/answer-too-long` past `maximumAnswerBytes`. */
  push(chunk: Uint8Array): readonly StreamEvent[] {
    const scanFrom = this.#length
    this.#append(chunk)
    const events: StreamEvent[] = []
    for (let at = scanFrom; at < this.#length; at++) {
      if (this.#bytes[at] !== newline) continue
      const end = at > this.#lineStart && this.#bytes[at - 1] === carriageReturn ? at - 1 : at
      const event = this.#takeLine(this.#decoder.decode(this.#bytes.subarray(this.#lineStart, end)))
      if (event !== undefined) events.push(event)
      this.#lineStart = at + 1
    }
    return events
  }

  finish(): StreamResult {
    return { bytes: this.#bytes.slice(0, this.#length), isDone: this.#isDone }
  }

  #takeLine(line: string): StreamEvent | undefined {
    // Whatever stands behind the receipt is not part of the answer, and is not shown as if it were.
    if (line.startsWith(receiptPrefix)) this.#isOver = true
    if (line.startsWith('data:')) this.#dataLines.push(line.slice(line.charAt(5) === ' ' ? 6 : 5))
    if (line !== '' || this.#dataLines.length === 0) return undefined
    const data = this.#dataLines.join('\n')
    this.#dataLines = []
    if (data !== '[DONE]') return this.#isOver ? undefined : { kind: 'data', data }
    this.#isDone = true
    this.#isOver = true
    return { kind: 'done' }
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length
    if (needed > maximumAnswerBytes) {
      throw new KoinonError({
        code: 'web/answer-too-long',
        message: `The answer is longer than ${maximumAnswerBytes / 1024 / 1024} MiB and was cut off`,
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
}
