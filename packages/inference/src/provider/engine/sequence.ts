import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from 'node-llama-cpp'
import type { LogitsRow } from '../../rules/sampler.ts'

/** Logits that one slice may hand over; each costs about 100 bytes on its way through the engine's binding. */
const mostLogitsPerSlice = 16_384

/** Logits of one position, with the sum of exp(logit - largest logit) over the whole vocabulary. */
export type EvaluatedRow = LogitsRow & { readonly weightSum: number }

export type SequenceOptions = {
  /** Even number of tokens handed to the engine at once. */
  readonly sliceTokens: number
  readonly vocabularySize: number
  /** Token that fills a slice up to an even length; which one does not matter, it is erased again. */
  readonly paddingToken: number
}

/**
 * One sequence of the key-value cache, evaluated only in slices of even length: every position then gets the same bits
 * whether it was reached token by token or in one go (specs/0006 section 3). A slice of odd length is padded with a token
 * that is erased from the cache before the next one.
 */
export class EvenSequence {
  readonly #sequence: LlamaContextSequence
  readonly #options: SequenceOptions

  constructor(sequence: LlamaContextSequence, options: SequenceOptions) {
    this.#sequence = sequence
    this.#options = options
  }

  /** Tokens in the cache. */
  get length(): number {
    return this.#sequence.nextTokenIndex
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    await this.#sequence.clearHistory()
  }

  /**
   * Appends tokens. For each index of `tokens` from `rowsFrom` on, the `width` largest logits that follow it are returned,
   * in order. The signal is looked at between slices.
   */
  async append(
    tokens: readonly number[],
    rowsFrom: number,
    width: number,
    signal: AbortSignal,
  ): Promise<readonly EvaluatedRow[]> {
    const rows: EvaluatedRow[] = []
    await this.read(tokens, rowsFrom, width, signal, (row) => {
      rows.push(row)
      return true
    })
    return rows
  }

  /** As `append`, handing over each row with its index as soon as its slice is done; `onRow` returns false to stop there. */
  async read(
    tokens: readonly number[],
    rowsFrom: number,
    width: number,
    signal: AbortSignal,
    onRow: (row: EvaluatedRow, index: number) => boolean,
  ): Promise<void> {
    for (let from = 0; from < tokens.length; ) {
      signal.throwIfAborted()
      const to = this.#sliceEnd(from, rowsFrom, width)
      const rows = await this.#appendSlice(tokens.slice(from, to), rowsFrom - from, width)
      const first = Math.max(rowsFrom, from)
      for (const [offset, row] of rows.entries()) if (!onRow(row, first + offset)) return
      from = to
    }
  }

  /** Evaluates the last token again and returns all logits that follow it. */
  async lastRowComplete(lastToken: number, signal: AbortSignal): Promise<EvaluatedRow> {
    const end = this.#sequence.nextTokenIndex
    await this.#sequence.eraseContextTokenRanges([{ start: end - 1, end }])
    const [row] = await this.append([lastToken], 0, this.#options.vocabularySize, signal)
    return row as EvaluatedRow
  }

  /** End of the slice that starts at `from`: even in length, and without more logits than memory should hold at once. */
  #sliceEnd(from: number, rowsFrom: number, width: number): number {
    const rows = Math.max(2, Math.floor(mostLogitsPerSlice / width))
    const length = Math.min(this.#options.sliceTokens, Math.max(rowsFrom - from, 0) + rows)
    return from + length - (length % 2)
  }

  async #appendSlice(slice: readonly number[], rowsFrom: number, width: number): Promise<readonly EvaluatedRow[]> {
    const isComplete = width >= this.#options.vocabularySize
    const logits = isComplete ? true : { filter: { tokens: [], includeTop: width } }
    const input = slice.map((token, index): ControlledEvaluateInputItem => {
      const wanted = index >= rowsFrom
      return wanted ? [token as Token, { generateNext: { logits, totalLogitWeight: true } }] : (token as Token)
    })
    if (input.length % 2 !== 0) input.push(this.#options.paddingToken as Token)
    const results = await this.#sequence.controlledEvaluate(input)
    if (input.length !== slice.length) {
      const end = this.#sequence.nextTokenIndex
      await this.#sequence.eraseContextTokenRanges([{ start: end - 1, end }])
    }
    const rows: EvaluatedRow[] = []
    for (let index = Math.max(rowsFrom, 0); index < slice.length; index++) {
      const next = results[index]?.next
      if (next?.logits === undefined || next.totalLogitWeight === undefined) {
        throw new Error(`the engine gave no logits for position ${index} of a slice`)
      }
      rows.push({
        tokenIds: Uint32Array.from(next.logits.keys()),
        logits: Float32Array.from(next.logits.values()),
        complete: isComplete,
        weightSum: next.totalLogitWeight,
      })
    }
    return rows
  }
}
