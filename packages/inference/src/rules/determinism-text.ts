import type { TokenBytes } from './gguf/token-bytes.ts'

/** What one more token adds to the text, and whether a stop text has now been completed. */
export type TextPiece = { readonly text: string; readonly isStopped: boolean }

/**
 * Text of an answer, token by token (specs/0006 section 5). Pieces are whole UTF-8 characters; bytes that cannot be UTF-8
 * become U+FFFD; an unfinished character at the very end is dropped. Text that may still turn out to be the beginning of a
 * stop text is held back, and nothing from a completed stop text on is ever given out.
 */
export class AnswerText {
  readonly #tokenBytes: TokenBytes
  readonly #stops: readonly string[]
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #held = ''
  #isStopped = false

  constructor(tokenBytes: TokenBytes, stops: readonly string[]) {
    this.#tokenBytes = tokenBytes
    this.#stops = stops.filter((stop) => stop !== '')
  }

  /** Adds a token. After a stop has been completed nothing is added any more. */
  push(tokenId: number): TextPiece {
    if (this.#isStopped) return { text: '', isStopped: true }
    const bytes = this.#tokenBytes[tokenId]
    if (bytes !== undefined) this.#held += this.#decoder.decode(bytes, { stream: true })
    const stopAt = this.#earliestStop()
    if (stopAt !== undefined) {
      const text = this.#held.slice(0, stopAt)
      this.#held = ''
      this.#isStopped = true
      return { text, isStopped: true }
    }
    const kept = this.#possibleStopLength()
    const text = this.#held.slice(0, this.#held.length - kept)
    this.#held = this.#held.slice(this.#held.length - kept)
    return { text, isStopped: false }
  }

  /** The text still held back when the answer ends without a stop text. */
  end(): string {
    const text = this.#held
    this.#held = ''
    return text
  }

  #earliestStop(): number | undefined {
    const places = this.#stops.map((stop) => this.#held.indexOf(stop)).filter((place) => place >= 0)
    return places.length === 0 ? undefined : Math.min(...places)
  }

  /** Length of the longest end of the held text that begins a stop text. */
  #possibleStopLength(): number {
    let longest = 0
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, this.#held.length); length > longest; length--) {
        if (this.#held.endsWith(stop.slice(0, length))) longest = length
      }
    }
    return longest
  }
}

/** The whole text of an answer, and the number of tokens after which a stop text was complete (undefined: never). */
export function answerText(
  tokenIds: readonly number[],
  tokenBytes: TokenBytes,
  stops: readonly string[],
): { readonly text: string; readonly stoppedAfter: number | undefined } {
  const answer = new AnswerText(tokenBytes, stops)
  let text = ''
  for (const [index, tokenId] of tokenIds.entries()) {
    const piece = answer.push(tokenId)
    text += piece.text
    if (piece.isStopped) return { text, stoppedAfter: index + 1 }
  }
  return { text: text + answer.end(), stoppedAfter: undefined }
}
