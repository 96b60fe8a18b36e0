import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesToHex, type Hex, isKoinonError, KoinonError } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import { checkMaxTokens, type InferenceRequest } from '../rules/inference-request.ts'
import { openAiError } from '../rules/openai-error.ts'
import { parseChatRequest, parseCompletionRequest } from '../rules/openai-request.ts'
import type { AnswerHeaders } from '../wire/answers.ts'
import { readBody } from '../wire/body.ts'
import { providerHeader } from '../wire/headers.ts'
import { type AttemptContext, type AttemptResult, attempt, type GatewayTask } from './attempt.ts'
import type { GatewayModules, GatewayServerOptions } from './gateway-options.ts'
import type { Authenticated } from './key-registry.ts'
import type { Candidate } from './provider-table.ts'
import { RateLimiter } from './rate-limiter.ts'
import { ReceiptInspector } from './receipt-inspection.ts'
import { AttemptFailed } from './refusal.ts'

/** Serves chat and text completions: authenticates, routes, fails over before the first byte, bills what has a receipt. */
export class GatewayCompletions {
  readonly #context: AttemptContext
  readonly #limiter: RateLimiter
  readonly #inFlight = new Map<Hex, number>()

  constructor(options: GatewayServerOptions, modules: GatewayModules) {
    this.#context = { options, modules, inspector: new ReceiptInspector() }
    this.#limiter = new RateLimiter({ requestsPerMinute: options.limits.requestsPerMinute })
  }

  /** Answers one request. Throws before the answer has begun; afterwards errors end inside the answer. */
  async serve(request: IncomingMessage, response: ServerResponse, requestId: Hex): Promise<void> {
    const { modules, options } = this.#context
    const receivedAtMs = modules.clock.nowMs()
    const caller = modules.keys.authenticate(request.headers.authorization)
    const headers = this.#admit(caller, receivedAtMs)
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    const leave = this.#enter(caller.key.keyHash)
    try {
      const body = await readBody(request, options.limits.http.bodyBytes)
      const path = (request.url ?? '').split('?')[0] as string
      const parsed = path === '/v1/chat/completions' ? parseChatRequest(body) : parseCompletionRequest(body)
      const candidates = this.#candidates(parsed, request.headers[providerHeader])
      const gone = new AbortController()
      const onClose = (): void => gone.abort()
      response.once('close', onClose)
      try {
        await this.#answer(
          {
            requestId,
            path,
            body,
            bodyHash: bytesToHex(sha256Native(body)),
            request: parsed,
            caller,
            receivedAtMs,
            response,
            headers: {},
            gone: gone.signal,
          },
          candidates,
        )
      } finally {
        response.off('close', onClose)
      }
    } finally {
      leave()
    }
  }

  /** Tries providers until one has answered or the client has seen a byte. */
  async #answer(task: GatewayTask, candidates: readonly Candidate[]): Promise<void> {
    const { modules, options } = this.#context
    const tried = new Set<Hex>()
    let clientsFault: KoinonError | undefined
    while (tried.size < options.limits.attempts) {
      const candidate = modules.providers.choose(candidates, tried)
      if (candidate === undefined) break
      tried.add(candidate.link.account)
      try {
        const result = await attempt(this.#context, task, candidate)
        this.#report(task, candidate, tried.size, result)
        return
      } catch (error) {
        this.#blame(task, candidate, error)
        if (task.response.headersSent || task.gone.aborted) return this.#reportBroken(task, candidate, tried.size)
        if (!(error instanceof AttemptFailed)) throw error
        if (error.isClientsFault) clientsFault = error.error
      }
    }
    throw clientsFault ?? noProvider(tried.size, candidates.length)
  }

  #admit(caller: Authenticated, nowMs: number): AnswerHeaders {
    const rate = this.#limiter.take(caller.key.keyHash, nowMs)
    if (!rate.isAllowed) {
      throw openAiError({
        status: 429,
        code: 'rate_limit_exceeded',
        message: `This key may ask ${rate.limit} times a minute. Wait ${rate.resetSeconds} s and try again.`,
        retryAfterSeconds: rate.resetSeconds,
      })
    }
    return {
      'x-ratelimit-limit-requests': rate.limit,
      'x-ratelimit-remaining-requests': rate.remaining,
      'x-ratelimit-reset-requests': `${rate.resetSeconds}s`,
    }
  }

  #enter(keyHash: Hex): () => void {
    const count = this.#inFlight.get(keyHash) ?? 0
    const { inFlightPerKey } = this.#context.options.limits
    if (count >= inFlightPerKey) {
      throw openAiError({
        status: 429,
        code: 'too_many_requests',
        message: `This key has ${count} answers under way, the most it may have. Wait for one to end.`,
        retryAfterSeconds: 1,
      })
    }
    this.#inFlight.set(keyHash, count + 1)
    return () => {
      const left = (this.#inFlight.get(keyHash) ?? 1) - 1
      if (left === 0) this.#inFlight.delete(keyHash)
      else this.#inFlight.set(keyHash, left)
    }
  }

  #candidates(request: InferenceRequest, pin: string | string[] | undefined): readonly Candidate[] {
    const { providers } = this.#context.modules
    const sellers = providers.sellers(request.model)
    if (sellers.length === 0)
      throw unknownModel(
        request.model,
        providers.models().map(({ model }) => model),
      )
    const wanted = typeof pin === 'string' ? pin.toLowerCase() : undefined
    const candidates = wanted === undefined ? sellers : sellers.filter(({ link }) => link.account === wanted)
    if (candidates.length === 0) {
      throw openAiError({
        status: 404,
        code: 'provider_not_found',
        param: providerHeader,
        message: `The provider ${String(wanted).slice(0, 60)} does not offer this model here. Leave ${providerHeader} out to use any.`,
      })
    }
    checkMaxTokens(request, Math.max(...candidates.map(({ offer }) => offer.contextLength)))
    return candidates
  }

  #blame(task: GatewayTask, { link }: Candidate, error: unknown): void {
    const { clock, unit, onEvent } = this.#context.modules
    const cause = error instanceof AttemptFailed ? error.error : error
    const reason = error instanceof AttemptFailed && !task.gone.aborted ? error.reason : undefined
    if (reason !== undefined) link.failed(reason, clock.nowMs(), unit())
    onEvent?.({
      kind: 'attemptFailed',
      requestId: task.requestId,
      provider: link.account,
      reason,
      code: isKoinonError(cause) ? cause.code : 'internal',
      message: cause instanceof Error ? cause.message : String(cause),
    })
  }

  #report(task: GatewayTask, { link }: Candidate, attempts: number, result: AttemptResult): void {
    this.#context.modules.onEvent?.({
      kind: 'answer',
      requestId: task.requestId,
      provider: link.account,
      model: result.work.model,
      outcome: task.gone.aborted ? 'aborted' : 'final',
      promptTokens: result.work.promptTokens,
      outputTokens: result.work.outputTokens,
      attempts,
      firstByteMs: result.firstByteAtMs - task.receivedAtMs,
      totalMs: result.endedAtMs - task.receivedAtMs,
    })
  }

  #reportBroken(task: GatewayTask, { link, offer }: Candidate, attempts: number): void {
    const totalMs = this.#context.modules.clock.nowMs() - task.receivedAtMs
    this.#context.modules.onEvent?.({
      kind: 'answer',
      requestId: task.requestId,
      provider: link.account,
      model: offer.model,
      outcome: 'broken',
      promptTokens: 0,
      outputTokens: 0,
      attempts,
      firstByteMs: totalMs,
      totalMs,
    })
  }
}

function unknownModel(model: string, known: readonly string[]): KoinonError {
  if (known.length === 0) return noProvider(0, 0)
  return openAiError({
    status: 404,
    code: 'model_not_found',
    param: 'model',
    message: `The model "${model.slice(0, 100)}" is not on offer. Ask for "default" or one of: ${known.slice(0, 20).join(', ')}.`,
  })
}

function noProvider(tried: number, known: number): KoinonError {
  const message =
    known === 0
      ? 'No provider offers a model at the moment. Start one (koinon provider start) or try again in some seconds.'
      : `None of ${known} providers of this model could answer (${tried} were asked). Nothing was charged; try again in some seconds.`
  return openAiError({ status: 503, code: 'no_provider', message, retryAfterSeconds: 2 })
}
