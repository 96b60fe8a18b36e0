import { badRequest } from './openai-error.ts'

/** One turn of a conversation, after content parts were joined. `developer` is read as `system`. */
export type ChatMessage = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }

/** What the model is asked to continue. */
export type InferenceInput =
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] }
  | { readonly kind: 'text'; readonly prompt: string }

/** A checked request. Fields the client left out are `undefined`; the provider fills them and says so in the receipt. */
export type InferenceRequest = {
  /** Model id as written, `default` included. */
  readonly model: string
  readonly input: InferenceInput
  readonly stream: boolean
  /** True when an event stream shall end with a usage chunk. */
  readonly includeUsage: boolean
  readonly maxTokens: number | undefined
  /** Temperature and top-p in millionths, as the sampler of spec 0006 takes them. */
  readonly temperatureMicro: number | undefined
  readonly topPMicro: number | undefined
  /** 0 switches the limit off. */
  readonly topK: number | undefined
  /** Unsigned 64 bits; a negative seed is taken modulo 2^64. */
  readonly seed: bigint | undefined
  readonly stop: readonly string[]
  /** Number of alternatives a token, or undefined when no log probabilities are wanted. */
  readonly topLogprobs: number | undefined
}

export const requestLimits = {
  bodyBytes: 1 << 20,
  messages: 1024,
  stops: 4,
  stopCharacters: 256,
  /** OpenAI's limit, for both kinds of completion. */
  topLogprobs: 20,
  modelCharacters: 200,
} as const

/** Output tokens of a request that names no maximum. */
export const defaultMaxTokens = 512

/** The model id every gateway and provider accepts for its first model. */
export const defaultModelId = 'default'

/** Largest number of output tokens the request may cause on a model with this context. */
export function effectiveMaxTokens(request: InferenceRequest, contextLength: number): number {
  return Math.min(request.maxTokens ?? defaultMaxTokens, contextLength)
}

/** Bytes of one token's own event and text, and of one log probability beside it, generously. */
const tokenBytes = { event: 320, text: 16, logprob: 160 } as const

/** About the longest answer the request can cause, in bytes: what is asked beside the text counts too. */
export function answerByteBound(request: InferenceRequest, contextLength: number): number {
  const logprobs = request.topLogprobs === undefined ? 0 : 1 + request.topLogprobs
  const each = (request.stream ? tokenBytes.event : tokenBytes.text) + logprobs * tokenBytes.logprob
  return effectiveMaxTokens(request, contextLength) * each
}

/** Refuses a request whose answer could outgrow what is passed on or kept of one. */
export function checkAnswerBytes(request: InferenceRequest, contextLength: number, maximumBytes: number): void {
  if (answerByteBound(request, contextLength) <= maximumBytes) return
  const most = request.topLogprobs === undefined ? '' : ' or fewer log probabilities'
  throw badRequest(
    request.topLogprobs === undefined ? 'max_tokens' : 'top_logprobs',
    `the answer could be longer than ${maximumBytes} bytes; ask for fewer tokens${most}`,
    'answer_too_large',
  )
}

/** Refuses a token limit that no answer of this model can reach. */
export function checkMaxTokens(request: InferenceRequest, contextLength: number): void {
  if (request.maxTokens !== undefined && request.maxTokens > contextLength) {
    throw badRequest(
      'max_tokens',
      `${request.maxTokens} is more than the ${contextLength} tokens of this model's context; ask for fewer`,
      'max_tokens_too_large',
    )
  }
}
