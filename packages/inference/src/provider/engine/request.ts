import type { ChatMessage } from '../../rules/inference-request.ts'
import type { FinishReason } from '../../rules/openai-response.ts'
import type { SamplerSettings } from '../../rules/sampler.ts'

/** What to continue: a conversation, plain text, or token ids as they are. */
export type GenerationInput =
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] }
  | { readonly kind: 'text'; readonly prompt: string }
  | { readonly kind: 'tokens'; readonly tokenIds: readonly number[] }

export type GenerationRequest = {
  readonly input: GenerationInput
  /** Most tokens to generate; what the context still holds when absent. */
  readonly maxTokens?: number
  readonly sampler: SamplerSettings
  /** Texts that end the answer; they are not given out themselves. */
  readonly stop: readonly string[]
  /** Alternatives to report with each token; 0 reports the drawn token's probability only, absent reports nothing. */
  readonly topLogprobs?: number
  /** Who asks, for fairness of the queue, e.g. the payer's address. */
  readonly caller?: string
  /** A conversation that is too long loses its oldest turns; without this it is refused. Default `refuse`. */
  readonly overflow?: 'refuse' | 'dropOldest'
}

export type TokenLogprob = { readonly tokenId: number; readonly logprob: number }

/** One generated token. `text` may be empty: half characters and possible stop texts are held back. */
export type TokenEvent = {
  readonly kind: 'token'
  readonly tokenId: number
  readonly text: string
  /** Natural logarithm of the token's probability at temperature 1. */
  readonly logprob?: number
  readonly topLogprobs?: readonly TokenLogprob[]
}

/** The last event: everything a receipt needs. `text` is what was still held back. */
export type EndEvent = {
  readonly kind: 'end'
  readonly text: string
  readonly finishReason: FinishReason
  readonly promptTokens: number
  readonly outputTokens: number
  readonly promptTokenIds: readonly number[]
  readonly outputTokenIds: readonly number[]
  /** The limit that applied: the request's, or what the context had room for. */
  readonly maxTokens: number
  /** Probability of the least probable of the first ten tokens; 1 when there were none. */
  readonly leastProbableOfFirst10: number
  readonly droppedMessages: number
  readonly queuedMs: number
  readonly promptMs: number
  readonly generationMs: number
}

export type GenerationEvent = TokenEvent | EndEvent
