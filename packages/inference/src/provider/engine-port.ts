import type { Hex } from '@koinon/base'
import type { InferenceInput } from '../rules/inference-request.ts'
import type { FinishReason, TokenLogprob } from '../rules/openai-response.ts'
import type { SamplerSettings } from '../rules/sampler.ts'

/** What an engine says of itself; it goes into the offer and into every receipt. */
export type EngineDescription = {
  /** Model id that clients name. */
  readonly model: string
  /** SHA-256 of the model file and hash of the determinism class; zero when the engine does not say. */
  readonly modelManifest: Hex
  readonly determinismClass: Hex
  readonly quantisation: string
  /** 0 when the engine does not say. */
  readonly parameters: number
  readonly contextLength: number
  /** Highest rung its answers can be checked on: 2 for bit-exact engines, 0 for engines that only answer. */
  readonly rung: 0 | 1 | 2
  /** Where the answers come from, for people: `embedded llama.cpp` or `upstream http://...`. */
  readonly label: string
}

export type EngineRequest = {
  readonly input: InferenceInput
  readonly maxTokens: number
  readonly sampler: SamplerSettings
  readonly stop: readonly string[]
  /** Alternatives a token; undefined when no log probabilities are wanted. */
  readonly topLogprobs: number | undefined
  /** Who asks, so that an engine can be fair among callers. */
  readonly caller: string
}

/** Text that is final: it will not be taken back by a stop text. */
export type EnginePiece = {
  readonly kind: 'piece'
  readonly text: string
  readonly logprobs: readonly TokenLogprob[] | undefined
}

/** The last event. Token ids are undefined when the engine does not tell them; the counts are always there. */
export type EngineEnd = {
  readonly kind: 'end'
  readonly finishReason: FinishReason
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  /** The limit that applied: the request's, or what the context had room for. */
  readonly maxTokens: number
  readonly promptTokenIds: readonly number[] | undefined
  readonly outputTokenIds: readonly number[] | undefined
  /** Probability of the least probable of the first ten tokens, where the engine tells it; a low one marks an unsure answer. */
  readonly leastProbable: number | undefined
}

/**
 * Anything that can continue a conversation. `generate` yields pieces and then exactly one end. When the signal aborts it stops
 * soon, frees its place and still yields an end with `abort` if it can; otherwise, and when it had not begun, it throws.
 */
export type EnginePort = {
  describe(): EngineDescription
  generate(request: EngineRequest, signal: AbortSignal): AsyncIterable<EnginePiece | EngineEnd>
}
