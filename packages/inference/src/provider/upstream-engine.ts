import { zeroHash } from '@koinon/base'
import { Pool } from 'undici'
import { openAiError } from '../rules/openai-error.ts'
import type { FinishReason } from '../rules/openai-response.ts'
import type { EngineDescription, EngineEnd, EnginePiece, EnginePort, EngineRequest } from './engine-port.ts'
import { sseData } from './sse-lines.ts'

export type UpstreamEngineOptions = {
  /** Base URL that ends before `/v1`, e.g. `http://127.0.0.1:8000`. */
  readonly url: string
  /** Bearer key of the upstream, if it wants one. */
  readonly apiKey?: string
  /** Model id at the upstream. */
  readonly upstreamModel: string
  /** Model id that our clients name. */
  readonly model: string
  readonly quantisation: string
  readonly parameters: number
  readonly contextLength: number
  /** Longest silence before the first and between two pieces, milliseconds. */
  readonly silenceTimeoutMs?: number
}

type Usage = { promptTokens: number; cachedTokens: number; outputTokens: number }

/**
 * Any OpenAI-compatible server (vLLM, llama.cpp, SGLang) behind the port. It tells no token ids and no model file, so answers stay
 * on rung L0: signed, not checkable by replay. Token counts are the upstream's own, bounded by what is possible.
 */
export class UpstreamEngine implements EnginePort {
  readonly #options: UpstreamEngineOptions
  readonly #pool: Pool

  constructor(options: UpstreamEngineOptions) {
    const silenceTimeoutMs = options.silenceTimeoutMs ?? 120_000
    this.#options = options
    this.#pool = new Pool(options.url, {
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

  describe(): EngineDescription {
    const { model, quantisation, parameters, contextLength, url } = this.#options
    return {
      model,
      modelManifest: zeroHash,
      determinismClass: zeroHash,
      quantisation,
      parameters,
      contextLength,
      rung: 0,
      label: `upstream ${new URL(url).host}`,
    }
  }

  async *generate(request: EngineRequest, signal: AbortSignal): AsyncGenerator<EnginePiece | EngineEnd> {
    let finishReason: FinishReason = 'stop'
    let usage: Usage | undefined
    let pieces = 0
    try {
      for await (const data of this.#events(request, signal)) {
        if (data === '[DONE]') break
        const chunk = readChunk(data)
        if (chunk.text !== '') {
          pieces += 1
          yield { kind: 'piece', text: chunk.text, logprobs: request.topLogprobs === undefined ? undefined : [] }
        }
        finishReason = chunk.finishReason ?? finishReason
        usage = chunk.usage ?? usage
      }
    } catch (error) {
      if (!signal.aborted) throw error
      finishReason = 'abort'
    }
    yield this.#end(request, finishReason, usage ?? { promptTokens: 0, cachedTokens: 0, outputTokens: pieces })
  }

  #end(request: EngineRequest, finishReason: FinishReason, usage: Usage): EngineEnd {
    const promptTokens = Math.min(usage.promptTokens, this.#options.contextLength)
    return {
      kind: 'end',
      finishReason,
      promptTokens,
      cachedTokens: Math.min(usage.cachedTokens, promptTokens),
      outputTokens: Math.min(usage.outputTokens, request.maxTokens),
      maxTokens: request.maxTokens,
      promptTokenIds: undefined,
      outputTokenIds: undefined,
      leastProbable: undefined,
    }
  }

  async *#events(request: EngineRequest, signal: AbortSignal): AsyncGenerator<string> {
    const { apiKey } = this.#options
    const answer = await this.#pool.request({
      method: 'POST',
      path: request.input.kind === 'chat' ? '/v1/chat/completions' : '/v1/completions',
      headers: {
        'content-type': 'application/json',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
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
      model: this.#options.upstreamModel,
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
  if (json['error'] !== undefined) throw upstreamFailed(502, JSON.stringify(json['error']).slice(0, 200))
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

function upstreamFailed(status: number, reason: string): Error {
  const isRefusal = status === 400 || status === 422
  return openAiError({
    status: isRefusal ? 400 : status === 429 ? 429 : 502,
    code: 'upstream_failed',
    message: `The upstream answered ${status}: ${reason}`,
  })
}
