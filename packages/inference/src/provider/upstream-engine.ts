import { isKoinonError, zeroHash } from '@koinon/base'
import { Pool } from 'undici'
import { badRequest, openAiError } from '../rules/openai-error.ts'
import type { FinishReason } from '../rules/openai-response.ts'
import { promptTokenBound } from '../rules/receipt-check.ts'
import type { EngineDescription, EngineEnd, EnginePiece, EnginePort, EngineRequest } from './engine-port.ts'
import { sseData } from './sse-lines.ts'
import { type UpstreamServer, upstreamBase, upstreamHeaders } from './upstream-server.ts'

export type UpstreamEngineOptions = {
  readonly server: UpstreamServer
  /** Model id that our clients name. */
  readonly model: string
  /** What clients are promised, tokens; the server must have at least this much. */
  readonly contextLength: number
  /** Longest silence before the first and between two pieces, milliseconds. */
  readonly silenceTimeoutMs?: number
}

type Usage = { readonly promptTokens: number; readonly cachedTokens: number; readonly outputTokens: number }

/** What the upstream has told of one answer so far. */
type Told = {
  finishReason: FinishReason | undefined
  usage: Usage | undefined
  /** Its first event came. */
  hasBegun: boolean
  pieces: number
  textBytes: number
}

/** What most tokenizers come to, of text of people. */
const bytesPerToken = 4

/**
 * Any OpenAI-compatible server (vLLM, llama.cpp, Ollama) behind the port. It tells no token ids and no model file, so answers stay
 * on rung L0: signed, not checkable by replay. Token counts are the upstream's own, bounded by what a payer can believe: tokens that
 * show no text (a hidden system prompt, thoughts) are not billed beyond those bounds.
 */
export class UpstreamEngine implements EnginePort {
  readonly #options: UpstreamEngineOptions
  readonly #pool: Pool
  readonly #path: string
  #active = 0

  constructor(options: UpstreamEngineOptions) {
    const silenceTimeoutMs = options.silenceTimeoutMs ?? 120_000
    const { origin, path } = upstreamBase(options.server.url)
    this.#options = options
    this.#path = path
    this.#pool = new Pool(origin, {
      connections: 256,
      connectTimeout: 5_000,
      headersTimeout: silenceTimeoutMs,
      bodyTimeout: silenceTimeoutMs,
    })
  }

  /** Closes the connections at once. */
  async stop(): Promise<void> {
    await this.#pool.destroy()
  }

  /** Answers that the upstream works on for us. */
  get activeAnswers(): number {
    return this.#active
  }

  describe(): EngineDescription {
    const { model, contextLength } = this.#options
    return {
      model,
      modelManifest: zeroHash,
      determinismClass: zeroHash,
      quantisation: 'unknown',
      parameters: 0,
      contextLength,
      rung: 0,
      // Payers read this; where in our house the server stands is none of their business.
      label: 'upstream OpenAI-compatible server',
    }
  }

  async *generate(request: EngineRequest, signal: AbortSignal): AsyncGenerator<EnginePiece | EngineEnd> {
    if (request.topLogprobs !== undefined) throw withoutLogprobs()
    const told: Told = { finishReason: undefined, usage: undefined, hasBegun: false, pieces: 0, textBytes: 0 }
    this.#active += 1
    try {
      let isDone = false
      for await (const data of this.#events(request, signal)) {
        told.hasBegun = true
        isDone = data === '[DONE]'
        if (isDone) break
        const chunk = readChunk(data)
        told.finishReason = chunk.finishReason ?? told.finishReason
        told.usage = chunk.usage ?? told.usage
        if (chunk.text === '') continue
        told.pieces += 1
        told.textBytes += Buffer.byteLength(chunk.text)
        yield { kind: 'piece', text: chunk.text, logprobs: undefined }
      }
      if (!isDone && told.finishReason === undefined) throw cutShort()
    } catch (error) {
      // Before the server has said anything nothing was done that anybody pays for.
      if (!signal.aborted || !told.hasBegun) throw isKoinonError(error) ? error : silent(error)
      told.finishReason = 'abort'
    } finally {
      this.#active -= 1
    }
    yield this.#end(request, told)
  }

  #end({ input, maxTokens }: EngineRequest, { finishReason, usage, pieces, textBytes }: Told): EngineEnd {
    const asked = Buffer.byteLength(JSON.stringify(input.kind === 'chat' ? input.messages : input.prompt))
    // The server counts at the end: of an answer that is broken off before, the prompt would be free.
    const estimate = Math.ceil(asked / bytesPerToken)
    const promptTokens = Math.min(usage?.promptTokens ?? estimate, promptTokenBound(asked, this.#options.contextLength))
    return {
      kind: 'end',
      finishReason: finishReason ?? 'stop',
      promptTokens,
      cachedTokens: Math.min(usage?.cachedTokens ?? 0, promptTokens),
      outputTokens: Math.min(usage?.outputTokens ?? pieces, maxTokens, textBytes + 1),
      maxTokens,
      promptTokenIds: undefined,
      outputTokenIds: undefined,
      leastProbable: undefined,
    }
  }

  async *#events(request: EngineRequest, signal: AbortSignal): AsyncGenerator<string> {
    const answer = await this.#pool.request({
      method: 'POST',
      path: `${this.#path}${request.input.kind === 'chat' ? '/chat/completions' : '/completions'}`,
      headers: { 'content-type': 'application/json', ...upstreamHeaders(this.#options.server.apiKey) },
      body: JSON.stringify(this.#body(request)),
      signal,
    })
    if (answer.statusCode !== 200) {
      const reason = (await answer.body.text()).slice(0, 200)
      throw upstreamFailed(answer.statusCode, reason)
    }
    yield* sseData(answer.body)
  }

  #body(request: EngineRequest): Record<string, unknown> {
    const { input, sampler, stop, maxTokens } = request
    return {
      model: this.#options.server.model,
      ...(input.kind === 'chat' ? { messages: input.messages } : { prompt: input.prompt }),
      max_tokens: maxTokens,
      temperature: sampler.temperatureMicro / 1e6,
      top_p: sampler.topPMicro / 1e6,
      ...(sampler.topK === 0 ? {} : { top_k: sampler.topK }),
      // Upstreams take seeds of at most 53 bits; larger ones are cut, so such an answer cannot be repeated there.
      seed: Number(sampler.seed & 0x1f_ffff_ffff_ffffn),
      ...(stop.length === 0 ? {} : { stop }),
      stream: true,
      stream_options: { include_usage: true },
    }
  }
}

type Chunk = { readonly text: string; readonly finishReason?: FinishReason; readonly usage?: Usage }

function readChunk(data: string): Chunk {
  let json: Record<string, unknown>
  try {
    json = JSON.parse(data) as Record<string, unknown>
  } catch (cause) {
    throw openAiError({ status: 502, code: 'upstream_failed', message: 'The upstream sent no JSON. Try again.', cause })
  }
  if (json['error'] !== undefined) throw cutShort(JSON.stringify(json['error']).slice(0, 200))
  const choice = (json['choices'] as readonly Record<string, unknown>[] | undefined)?.[0]
  const delta = choice?.['delta'] as { content?: unknown } | undefined
  const text = delta?.content ?? choice?.['text']
  const reason = choice?.['finish_reason']
  const usage = readUsage(json['usage'])
  return {
    text: typeof text === 'string' ? text.toWellFormed() : '',
    ...(reason === 'length' || reason === 'stop' ? { finishReason: reason } : {}),
    ...(usage === undefined ? {} : { usage }),
  }
}

function readUsage(usage: unknown): Usage | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined
  const record = usage as Record<string, unknown>
  const details = record['prompt_tokens_details'] as Record<string, unknown> | null | undefined
  return {
    promptTokens: count(record['prompt_tokens']),
    cachedTokens: count(details?.['cached_tokens']),
    outputTokens: count(record['completion_tokens']),
  }
}

function count(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0
}

function withoutLogprobs(): Error {
  return badRequest(
    'logprobs',
    'this provider passes on a server whose log probabilities it does not tell; ask without',
  )
}

/** `reason` is for the operator's log, not for payers: what an upstream says of its insides, or of our key, stays in the house. */
function cutShort(reason = 'no finish reason'): Error {
  const message = 'The upstream broke off its answer. Try again.'
  return openAiError({ status: 502, code: 'upstream_failed', message, cause: new Error(reason) })
}

function silent(cause: unknown): Error {
  return openAiError({
    status: 502,
    code: 'upstream_failed',
    message: 'The upstream does not answer. Try again.',
    cause,
  })
}

/** Why the question itself was refused is for its payer to read, in the upstream's words; all else is for the operator's log. */
function upstreamFailed(status: number, reason: string): Error {
  const cause = new Error(reason)
  if (status === 400 || status === 422) {
    return openAiError({ status: 400, code: 'upstream_failed', message: `The upstream refused: ${reason}`, cause })
  }
  return openAiError({
    status: status === 429 ? 429 : 502,
    code: 'upstream_failed',
    message: `The upstream answered ${status}. Try again later.`,
    cause,
  })
}
