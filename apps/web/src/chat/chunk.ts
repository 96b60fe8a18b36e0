/** What the page needs of one streamed chunk. Everything else in it is ignored. */
export type ChunkFacts = {
  readonly text: string
  readonly finishReason: string | undefined
  readonly promptTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly unsure: boolean
  /** An error that the gateway met after the stream had begun. */
  readonly error: { readonly message: string; readonly code: string } | undefined
}

type LooseChunk = {
  readonly choices?: readonly { readonly delta?: { readonly content?: unknown }; readonly finish_reason?: unknown }[]
  readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown } | null
  readonly koinon?: { readonly unsure?: unknown } | null
  readonly error?: { readonly message?: unknown; readonly code?: unknown } | null
}

/** Parses the JSON of a `data:` line; undefined when it is not an object. */
export function readChunk(data: string): ChunkFacts | undefined {
  let chunk: LooseChunk
  try {
    chunk = JSON.parse(data) as LooseChunk
  } catch {
    return undefined
  }
  if (typeof chunk !== 'object' || chunk === null) return undefined
  const choice = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined
  const content = choice?.delta?.content
  const error = chunk.error
  return {
    text: typeof content === 'string' ? content : '',
    finishReason: typeof choice?.finish_reason === 'string' ? choice.finish_reason : undefined,
    promptTokens: wholeNumber(chunk.usage?.prompt_tokens),
    outputTokens: wholeNumber(chunk.usage?.completion_tokens),
    unsure: chunk.koinon?.unsure === true,
    error:
      typeof error === 'object' && error !== null
        ? { message: String(error.message ?? 'The answer broke off'), code: String(error.code ?? 'stream/error') }
        : undefined,
  }
}

function wholeNumber(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}
