/** One inference request at a provider: from the signed request to the receipt (specs/0005-money.md section 3). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Hex, KoinonError } from '@koinon/base'
import type { Reservation } from '@koinon/payments/core'
import { decodeVoucherHeader, voucherHeader, worstCasePicoUsd } from '@koinon/payments/rules'
import type { SignedReceipt } from '@koinon/work'
import {
  checkAnswerBytes,
  checkMaxTokens,
  effectiveMaxTokens,
  type InferenceRequest,
} from '../rules/inference-request.ts'
import { openAiError } from '../rules/openai-error.ts'
import { parseChatRequest, parseCompletionRequest } from '../rules/openai-request.ts'
import { type AnswerHead, answerId } from '../rules/openai-response.ts'
import { promptTokenBound } from '../rules/receipt-check.ts'
import { type SamplerSettings, samplerVersion } from '../rules/sampler.ts'
import { channelHeader, requestIdHeader } from '../wire/headers.ts'
import { type AnswerWriter, createJsonWriter, createStreamWriter } from './answer-writer.ts'
import { Capacity } from './capacity.ts'
import type { EngineEnd } from './engine-port.ts'
import { type FinishedAnswer, finalAnswerOfInference } from './finished-answer.ts'
import type { ModelCatalog } from './model-catalog.ts'
import type { ProviderModules, ProviderServerOptions } from './provider-options.ts'
import { UnpaidTokens } from './unpaid-tokens.ts'

/** What will be finished, as it came. */
type Task = Omit<FinishedAnswer, 'reservation' | 'end' | 'response' | 'times'> & { readonly receivedAtMs: number }

/** Serves `POST /v1/chat/completions` and `POST /v1/completions`, and cancellations of them. */
export class CompletionHandler {
  readonly #options: ProviderServerOptions
  readonly #modules: ProviderModules
  readonly #catalog: ModelCatalog
  readonly #capacity: Capacity
  readonly #unpaid: UnpaidTokens
  readonly #underWay = new Map<Hex, { readonly payer: Hex; readonly cancel: AbortController }>()

  constructor(options: ProviderServerOptions, modules: ProviderModules, catalog: ModelCatalog) {
    const { limits } = options
    this.#options = options
    this.#modules = modules
    this.#catalog = catalog
    this.#capacity = new Capacity({ places: limits.capacity, queue: limits.queue })
    this.#unpaid = new UnpaidTokens({ tokensPerHour: limits.unpaidTokensPerHour })
  }

  get busy(): number {
    return this.#capacity.taken + this.#capacity.waiting
  }

  sweep(nowMs: number): void {
    this.#unpaid.sweep(nowMs)
  }

  /** Answers one request. Throws before the answer has begun; afterwards errors end inside the answer. */
  async serve(
    http: { readonly request: IncomingMessage; readonly response: ServerResponse },
    caller: { readonly sender: Hex; readonly bodyHash: Hex },
    body: Uint8Array,
    receivedAtMs: number,
  ): Promise<void> {
    const requestId = readHex(http.request, requestIdHeader, 16)
    if (this.#underWay.has(requestId)) throw usedBefore()
    const cancel = new AbortController()
    // From the first moment on, so that a payer who changes its mind at once is heard.
    this.#underWay.set(requestId, { payer: caller.sender, cancel })
    try {
      const task = await this.#admit(http.request, requestId, caller, body, receivedAtMs)
      await this.#answer(task, http.response, cancel.signal)
    } finally {
      this.#underWay.delete(requestId)
    }
  }

  /**
   * Stops the payer's answer soon. One that the engine has begun ends as usual, with a receipt for the prompt and what was generated;
   * one that still waits ends without, and costs nothing. False when there is none.
   */
  cancel(requestId: Hex, payer: Hex): boolean {
    const running = this.#underWay.get(requestId)
    if (running?.payer !== payer) return false
    running.cancel.abort(new KoinonError({ code: 'provider/cancelled', message: 'The payer cancelled the request' }))
    return true
  }

  async #admit(
    http: IncomingMessage,
    requestId: Hex,
    caller: { readonly sender: Hex; readonly bodyHash: Hex },
    body: Uint8Array,
    receivedAtMs: number,
  ): Promise<Task> {
    const { payments, random } = this.#modules
    const channelId = readHex(http, channelHeader, 32)
    const isChat = http.url === '/v1/chat/completions'
    const request = isChat ? parseChatRequest(body) : parseCompletionRequest(body)
    const entry = this.#catalog.find(request.model)
    checkMaxTokens(request, entry.offer.contextLength)
    checkAnswerBytes(request, entry.offer.contextLength, this.#options.limits.answerBytes)
    const voucher = http.headers[voucherHeader]
    if (typeof voucher === 'string') await payments.acceptVoucher(decodeVoucherHeader(voucher))
    const channel = payments.book.require(channelId)
    if (channel.role !== 'inbound' || channel.config.payer !== caller.sender) {
      throw new KoinonError({
        code: 'provider/foreign-channel',
        message: 'The channel does not belong to the account that signed the request',
        details: { status: 403 },
      })
    }
    this.#unpaid.admit(caller.sender, receivedAtMs)
    // A request id is worked on once, whoever pays: validators ask for evidence by it, so a second payer with the same one could make an
    // honest provider show the wrong answer.
    if ((await payments.ledger.archive.byId(requestId)) !== undefined) throw usedBefore()
    return {
      requestId,
      payer: caller.sender,
      channelId,
      body,
      bodyHash: caller.bodyHash,
      request,
      entry,
      receivedAtMs,
      engineRequest: {
        input: request.input,
        maxTokens: effectiveMaxTokens(request, entry.offer.contextLength),
        sampler: samplerOf(request, entry.served.defaultTemperatureMicro, random),
        stop: request.stop,
        topLogprobs: request.topLogprobs,
        caller: caller.sender,
      },
    }
  }

  async #answer(task: Task, response: ServerResponse, cancel: AbortSignal): Promise<void> {
    const { ledger } = this.#modules.payments
    const { offer } = task.entry
    const reservation = ledger.reserve(
      task.channelId,
      worstCasePicoUsd({
        promptTokens: promptTokenBound(task.body.length, offer.contextLength),
        maxTokens: task.engineRequest.maxTokens,
        ...task.entry.served,
      }),
    )
    const gone = new AbortController()
    const onClose = (): void => gone.abort(new KoinonError({ code: 'provider/broken', message: 'The caller hung up' }))
    response.once('close', onClose)
    if (response.destroyed) onClose()
    const deadline = AbortSignal.timeout(this.#options.limits.answerTimeoutMs)
    const signal = AbortSignal.any([cancel, gone.signal, deadline])
    try {
      const leave = await this.#capacity.enter(task.payer, signal)
      try {
        await this.#generate(task, response, reservation, {
          signal,
          ends: AbortSignal.any([cancel, deadline]),
          gone: gone.signal,
        })
      } finally {
        leave()
      }
    } finally {
      response.off('close', onClose)
      ledger.release(reservation)
    }
  }

  async #generate(
    task: Task,
    response: ServerResponse,
    reservation: Reservation,
    { signal, ends, gone }: { signal: AbortSignal; ends: AbortSignal; gone: AbortSignal },
  ): Promise<void> {
    const { clock, payments } = this.#modules
    const writer = this.#writerFor(task, response)
    let firstByteAtMs: number | undefined
    let pieces = 0
    let end: EngineEnd | undefined
    try {
      for await (const event of task.entry.served.engine.generate(task.engineRequest, signal)) {
        if (event.kind === 'end') {
          end = event
          break
        }
        firstByteAtMs ??= clock.nowMs()
        pieces += Math.max(1, event.logprobs?.length ?? 1)
        writer.piece(event)
        if (response.writableLength > this.#options.limits.unsentBytes) response.destroy()
      }
      gone.throwIfAborted()
      // What the payer or the own time limit ended is owed as far as it came: a stream that is cut for nothing would be free as often as asked.
      if (end === undefined || (end.finishReason === 'abort' && !ends.aborted)) throw engineFailed()
      const endedAtMs = clock.nowMs()
      const times = { receivedAtMs: task.receivedAtMs, firstByteAtMs: firstByteAtMs ?? endedAtMs, endedAtMs }
      const finished: FinishedAnswer = { ...task, reservation, end, response: writer.close(end), times }
      const bundle = await payments.ledger.finalize(finalAnswerOfInference(finished))
      writer.finish(bundle.hops[0] as SignedReceipt)
      this.#report(task, end.finishReason === 'abort' ? 'cancelled' : 'final', end, times)
    } catch (error) {
      const endedAtMs = clock.nowMs()
      const counts = { promptTokens: end?.promptTokens ?? 0, outputTokens: end?.outputTokens ?? pieces }
      const times = { firstByteAtMs: firstByteAtMs ?? endedAtMs, endedAtMs }
      if (gone.aborted) {
        this.#unpaid.add(task.payer, Math.max(1, counts.outputTokens), endedAtMs)
        this.#report(task, 'broken', counts, times)
        return
      }
      this.#report(task, 'failed', counts, times)
      writer.fail(error)
    }
  }

  #writerFor(task: Task, response: ServerResponse): AnswerWriter {
    const kind = task.request.input.kind
    const head: AnswerHead = {
      kind,
      id: answerId(kind, task.requestId),
      createdAtSeconds: Math.floor(task.receivedAtMs / 1000),
      model: task.entry.offer.model,
      fingerprint: `fp_${task.entry.offer.determinismClass.slice(2, 14)}`,
    }
    const { unsureBelow } = task.entry.served
    return task.request.stream
      ? createStreamWriter(response, head, { includeUsage: task.request.includeUsage, unsureBelow })
      : createJsonWriter(response, head, { wantsLogprobs: task.request.topLogprobs !== undefined, unsureBelow })
  }

  #report(
    task: Task,
    outcome: 'final' | 'cancelled' | 'broken' | 'failed',
    counts: { readonly promptTokens: number; readonly outputTokens: number },
    times: { readonly firstByteAtMs: number; readonly endedAtMs: number },
  ): void {
    this.#modules.onEvent?.({
      kind: 'answer',
      model: task.entry.offer.model,
      outcome,
      promptTokens: counts.promptTokens,
      outputTokens: counts.outputTokens,
      firstByteMs: times.firstByteAtMs - task.receivedAtMs,
      totalMs: times.endedAtMs - task.receivedAtMs,
    })
  }
}

function samplerOf(
  request: InferenceRequest,
  defaultTemperatureMicro: number,
  random: ProviderModules['random'],
): SamplerSettings {
  return {
    version: samplerVersion,
    temperatureMicro: request.temperatureMicro ?? defaultTemperatureMicro,
    topPMicro: request.topPMicro ?? 1_000_000,
    topK: request.topK ?? 0,
    seed: request.seed ?? drawSeed(random),
  }
}

function drawSeed(random: ProviderModules['random']): bigint {
  return random(8).reduce((seed, byte) => seed * 256n + BigInt(byte), 0n)
}

function readHex(request: IncomingMessage, header: string, length: number): Hex {
  const value = request.headers[header]
  if (typeof value !== 'string' || value.length !== 2 + 2 * length || !/^0x[0-9a-f]+$/.test(value)) {
    throw openAiError({
      status: 400,
      code: 'bad_header',
      param: header,
      message: `The header ${header} must be ${length} bytes of lower-case hex with 0x in front.`,
    })
  }
  return value as Hex
}

function engineFailed(): KoinonError {
  return openAiError({ status: 502, code: 'engine_failed', message: 'The engine ended without a result. Try again.' })
}

function usedBefore(): KoinonError {
  return new KoinonError({
    code: 'payments/already-final',
    message: 'This request id was used before',
    hint: 'Fetch its receipt, or ask again under a new id.',
  })
}
