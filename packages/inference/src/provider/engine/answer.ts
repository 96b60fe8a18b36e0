import type { FinishReason } from '../../rules/openai-response.ts'
import type { TokenisedPrompt } from './prompt.ts'
import type { EndEvent, TokenEvent } from './request.ts'

/** Times, in milliseconds of a monotonic clock, at which an answer passed its stages. */
export type AnswerTimes = { askedAt: number; startedAt?: number; promptReadAt?: number }

/** Counts what an answer needs to say about itself at its end. */
export class AnswerRecord {
  readonly #prompt: TokenisedPrompt
  readonly #maxTokens: number
  readonly #times: AnswerTimes
  readonly #outputTokenIds: number[] = []
  #leastProbable = 1

  constructor(prompt: TokenisedPrompt, maxTokens: number, askedAt: number) {
    this.#prompt = prompt
    this.#maxTokens = maxTokens
    this.#times = { askedAt }
  }

  /** True once the model has begun to read the prompt. */
  get hasStarted(): boolean {
    return this.#times.startedAt !== undefined
  }

  started(now: number): void {
    this.#times.startedAt = now
  }

  promptRead(now: number): void {
    this.#times.promptReadAt = now
  }

  token(event: TokenEvent, probability: number): void {
    if (this.#outputTokenIds.length < 10) this.#leastProbable = Math.min(this.#leastProbable, probability)
    this.#outputTokenIds.push(event.tokenId)
  }

  end(finishReason: FinishReason, text: string, now: number): EndEvent {
    const { askedAt, startedAt = now, promptReadAt = now } = this.#times
    return {
      kind: 'end',
      text,
      finishReason,
      promptTokens: this.#prompt.tokenIds.length,
      outputTokens: this.#outputTokenIds.length,
      promptTokenIds: this.#prompt.tokenIds,
      outputTokenIds: [...this.#outputTokenIds],
      maxTokens: this.#maxTokens,
      leastProbableOfFirst10: this.#leastProbable,
      droppedMessages: this.#prompt.droppedMessages,
      queuedMs: startedAt - askedAt,
      promptMs: promptReadAt - startedAt,
      generationMs: now - promptReadAt,
    }
  }
}
