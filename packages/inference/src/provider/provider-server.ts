import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Hex, KoinonError } from '@koinon/base'
import { HttpListener, parseJsonObject, readBody, sendJson } from '@koinon/base/node'
import { parseChannelConfig, parseVoucher } from '@koinon/payments/rules'
import { bundleToJson, signedReceiptToJson } from '@koinon/work'
import { nodeSessionPath } from '@koinon/work/node'
import { offerToJson } from '../rules/offer.ts'
import { toOpenAiError } from '../rules/openai-error.ts'
import { sendError, sendOpenAiError } from '../wire/answers.ts'
import { CompletionHandler } from './completion-handler.ts'
import { pruneEvidence, readEvidence } from './evidence.ts'
import { ModelCatalog } from './model-catalog.ts'
import type { ProviderModules, ProviderServerOptions } from './provider-options.ts'

const sweepIntervalMs = 30_000
const maximumHandshakeBytes = 2_048
const pruneEverySweeps = 120

/**
 * Serves models to gateways for money (specs/0008-http.md section 3). Needs a started receipt ledger on a store that has
 * `evidenceSchema`. `stop` lets answers under way finish for at most ten seconds.
 */
export class ProviderServer {
  readonly #options: ProviderServerOptions
  readonly #modules: ProviderModules
  readonly #catalog: ModelCatalog
  readonly #completions: CompletionHandler
  readonly #listener: HttpListener
  #sweeper: ReturnType<typeof setInterval> | undefined
  #sweeps = 0
  #isReady = false

  constructor(options: ProviderServerOptions, modules: ProviderModules) {
    this.#options = options
    this.#modules = modules
    this.#catalog = new ModelCatalog(options)
    this.#completions = new CompletionHandler(options, modules, this.#catalog)
    this.#listener = new HttpListener({
      host: options.host,
      port: options.port,
      limits: options.limits.http,
      handle: (request, response) => this.#handle(request, response),
    })
  }

  /** Listens; resolves with the port. */
  async start(): Promise<{ readonly port: number }> {
    const port = await this.#listener.start()
    this.#isReady = true
    this.#sweeper = setInterval(() => this.#sweep(), sweepIntervalMs)
    this.#sweeper.unref()
    return { port }
  }

  async stop(graceMs = 10_000): Promise<void> {
    this.#isReady = false
    clearInterval(this.#sweeper)
    await this.#listener.stop(graceMs)
  }

  /** Answers under way or waiting. */
  get busy(): number {
    return this.#completions.busy
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const receivedAtMs = this.#modules.clock.nowMs()
    const path = (request.url ?? '').split('?')[0] as string
    const isInference = path === '/v1/chat/completions' || path === '/v1/completions'
    try {
      if (isInference && request.method === 'POST') {
        const body = await readBody(request, this.#options.limits.http.bodyBytes)
        await this.#completions.serve(
          { request, response },
          this.#modules.gate.identify(request, body),
          body,
          receivedAtMs,
        )
      } else await this.#handleOther(request, response, path)
    } catch (error) {
      this.#modules.onEvent?.({ kind: 'refused', path, code: (error as { code?: string }).code ?? 'internal' })
      if (response.headersSent) response.destroy()
      else if (isInference && toOpenAiError(error).body.error.code?.startsWith('request/') !== true) {
        sendInferenceError(response, error)
      } else sendError(response, error)
    }
  }

  async #handleOther(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { method } = request
    if (method === 'GET' && path === '/healthz') return sendJson(response, 200, { ok: true })
    if (method === 'GET' && path === '/readyz') return this.#ready(response)
    if (method === 'GET' && path === '/v1/offer') {
      return sendJson(response, 200, offerToJson(this.#catalog.offer(this.#modules.clock.nowMs())))
    }
    const [, , collection, id, action] = path.split('/')
    if (method === 'POST' && path === nodeSessionPath) {
      return sendJson(response, 200, this.#modules.gate.agree(request, await readBody(request, maximumHandshakeBytes)))
    }
    if (method === 'POST' && (path === '/v1/channels' || path === '/v1/vouchers')) {
      return this.#money(request, response, path)
    }
    if (method === 'GET' && collection === 'channels' && isChannelId(id) && path === `/v1/channels/${id}/receipts`) {
      return this.#bill(request, response, id)
    }
    if (isRequestId(id) && path.startsWith('/v1/')) {
      if (method === 'GET' && collection === 'evidence') return this.#evidence(request, response, id)
      if (method === 'GET' && collection === 'receipts') return this.#receipt(request, response, id)
      if (method === 'POST' && collection === 'requests' && action === 'cancel')
        return this.#cancel(request, response, id)
    }
    if ((await this.#modules.additionalRoutes?.(request, response)) === true) return
    throw notFound(`${method} ${path.slice(0, 100)}`)
  }

  #ready(response: ServerResponse): void {
    sendJson(response, this.#isReady ? 200 : 503, { ready: this.#isReady, busy: this.busy })
  }

  /** Channels are looked up on the ledger and vouchers carry their own signature, but strangers shall not cause either. */
  async #money(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const body = await readBody(request, 16_384)
    const { sender } = this.#modules.gate.identify(request, body)
    const json = parseJsonObject(body)
    const { payments } = this.#modules
    if (path === '/v1/channels') {
      const config = parseChannelConfig(json['config'])
      if (config.payer !== sender) throw forbidden('Only the payer of a channel may register it')
      const state = await payments.registerChannel(config)
      return sendJson(response, 200, {
        channelId: state.channelId,
        depositAtomic: state.depositAtomic.toString(),
        owedPicoUsd: state.owedPicoUsd.toString(),
        voucherAtomic: state.voucherAtomic.toString(),
      })
    }
    const voucher = parseVoucher(json['voucher'])
    await payments.acceptVoucher(voucher)
    const state = payments.book.require(voucher.channelId)
    sendJson(response, 200, { channelId: state.channelId, voucherAtomic: state.voucherAtomic.toString() })
  }

  async #evidence(request: IncomingMessage, response: ServerResponse, requestId: Hex): Promise<void> {
    const { sender } = this.#modules.gate.identify(request, await readBody(request, 0))
    const { store, isValidator, payments } = this.#modules
    const own = await readEvidence(store, requestId, sender)
    const evidence = own ?? (isValidator(sender) ? await readEvidence(store, requestId) : undefined)
    if (evidence === undefined) throw notFound(`Evidence ${requestId}`)
    const bundle = await payments.ledger.archive.byId(requestId, evidence.payer)
    sendJson(response, 200, { ...evidence, bundle: bundle === undefined ? null : bundleToJson(bundle) })
  }

  async #receipt(request: IncomingMessage, response: ServerResponse, requestId: Hex): Promise<void> {
    const { sender } = this.#modules.gate.identify(request, await readBody(request, 0))
    const bundle = await this.#modules.payments.ledger.archive.byId(requestId, sender)
    if (bundle === undefined) throw notFound(`Receipt ${requestId}`)
    sendJson(response, 200, bundleToJson(bundle))
  }

  /** The end of a channel's bill, for its payer: what it was asked to pay for and may have missed in a crash. */
  async #bill(request: IncomingMessage, response: ServerResponse, channelId: Hex): Promise<void> {
    const { sender } = this.#modules.gate.identify(request, await readBody(request, 0))
    const { book, ledger } = this.#modules.payments
    const state = book.get(channelId)
    if (state?.role !== 'inbound' || state.config.payer !== sender) throw notFound(`Channel ${channelId}`)
    const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '')
    const before = query.get('before')
    if (before !== null && !isRequestId(before)) throw notFound('The receipt to continue after')
    const limit = Number(query.get('limit') ?? 20)
    const receipts = await ledger.archive.bill({
      channelId,
      limit: Number.isInteger(limit) ? limit : 20,
      ...(before === null ? {} : { before }),
    })
    sendJson(response, 200, {
      channelId,
      owedPicoUsd: state.owedPicoUsd.toString(),
      receipts: receipts.map(signedReceiptToJson),
    })
  }

  async #cancel(request: IncomingMessage, response: ServerResponse, requestId: Hex): Promise<void> {
    const { sender } = this.#modules.gate.identify(request, await readBody(request, 1_024))
    sendJson(response, 200, { cancelled: this.#completions.cancel(requestId, sender) })
  }

  #sweep(): void {
    const nowMs = this.#modules.clock.nowMs()
    this.#modules.gate.sweep()
    this.#completions.sweep(nowMs)
    this.#sweeps += 1
    if (this.#sweeps % pruneEverySweeps === 1) {
      const oldestMs = nowMs - this.#options.limits.evidenceRetentionMs
      pruneEvidence(this.#modules.store, oldestMs).catch(() => undefined)
    }
  }
}

/** Errors of the money layer have no OpenAI status of their own. */
function sendInferenceError(response: ServerResponse, error: unknown): void {
  const code = (error as { code?: unknown }).code
  if (typeof code === 'string' && !code.startsWith('openai/')) sendError(response, error)
  else sendOpenAiError(response, error)
}

function isChannelId(id: string | undefined): id is Hex {
  return id !== undefined && /^0x[0-9a-f]{64}$/.test(id)
}

function isRequestId(id: string | undefined): id is Hex {
  return id !== undefined && /^0x[0-9a-f]{32}$/.test(id)
}

function notFound(what: string): KoinonError {
  return new KoinonError({ code: 'provider/not-found', message: `${what} is not here`, details: { status: 404 } })
}

function forbidden(message: string): KoinonError {
  return new KoinonError({ code: 'provider/forbidden', message, details: { status: 403 } })
}
