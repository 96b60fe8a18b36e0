import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesToHex, type Hex } from '@koinon/base'
import { HttpListener, sendJson, sendText } from '@koinon/base/node'
import { openAiError } from '../rules/openai-error.ts'
import { sendError, sendOpenAiError } from '../wire/answers.ts'
import { pooledRandom } from '../wire/pooled-random.ts'
import { Allowances } from './allowances.ts'
import { llmsText, openApi } from './discovery.ts'
import { GatewayAccounts } from './gateway-accounts.ts'
import { GatewayCompletions } from './gateway-completions.ts'
import type { GatewayModules, GatewayServerOptions } from './gateway-options.ts'
import { HostGuard } from './host-guard.ts'
import { findModel, listModels } from './model-list.ts'

/**
 * The gateway: one port for OpenAI clients, receipts, keys and whatever the composition root adds (specs/0008-http.md section 1).
 * Needs a started receipt ledger, key registry and provider table. `stop` lets answers under way finish for ten seconds.
 */
export class GatewayServer {
  readonly #options: GatewayServerOptions
  readonly #modules: GatewayModules
  readonly #completions: GatewayCompletions
  readonly #accounts: GatewayAccounts
  readonly #guard: HostGuard
  readonly #listener: HttpListener

  constructor(options: GatewayServerOptions, modules: GatewayModules) {
    this.#options = options
    this.#modules = { ...modules, random: pooledRandom(modules.random) }
    const allowances = new Allowances(options.limits)
    this.#completions = new GatewayCompletions(options, this.#modules, allowances)
    this.#accounts = new GatewayAccounts(this.#modules, allowances)
    this.#guard = new HostGuard(options)
    this.#listener = new HttpListener({
      host: options.host,
      port: options.port,
      limits: options.limits.http,
      handle: (request, response) => this.#handle(request, response),
    })
  }

  /** Listens; resolves with the port. */
  async start(): Promise<{ readonly port: number }> {
    return { port: await this.#listener.start() }
  }

  /**
   * Compares the books with a provider and takes on what a crash left on its side only; call when it is met first. Does nothing when the
   * provider is not connected. Throws what asking it throws.
   */
  async reconcile(provider: Hex): Promise<void> {
    const link = this.#modules.providers.get(provider)
    if (link !== undefined) await this.#completions.reconcile(link)
  }

  async stop(graceMs = 10_000): Promise<void> {
    await this.#listener.stop(graceMs)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] as string
    response.setHeader('x-request-id', bytesToHex(this.#modules.random(16)))
    try {
      this.#guard.checkHost(request)
      if (isOpenAiPath(path)) await this.#serveOpenAi(request, response, path)
      else await this.#serveOther(request, response, path)
    } catch (error) {
      this.#modules.onEvent?.({ kind: 'refused', path, code: (error as { code?: string }).code ?? 'internal' })
      if (response.headersSent) response.destroy()
      else if (isOpenAiPath(path)) sendOpenAiError(response, error)
      else sendError(response, error)
    }
  }

  async #serveOpenAi(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (request.method === 'OPTIONS') {
      response.writeHead(204, this.#guard.preflightHeaders(request)).end()
      return
    }
    for (const [name, value] of Object.entries(this.#guard.corsHeaders(request))) response.setHeader(name, value)
    const isCompletion = path === '/v1/chat/completions' || path === '/v1/completions'
    if (isCompletion && request.method === 'POST') return this.#completions.serve(request, response)
    const { paidCalls } = this.#modules
    if (isCompletion && isAside(request.method) && paidCalls !== undefined && !hasKey(request)) {
      return this.#completions.serveAside(request, response, paidCalls)
    }
    if (!isCompletion && request.method === 'GET') {
      const { providers } = this.#modules
      const { marginBps } = this.#options
      const id = path.slice('/v1/models/'.length)
      return sendJson(
        response,
        200,
        path === '/v1/models'
          ? listModels(providers, marginBps)
          : findModel(providers, decodeURIComponent(id), marginBps),
      )
    }
    throw openAiError({
      status: 405,
      code: 'method_not_allowed',
      message: `${request.method} is not possible on ${path}. Use ${isCompletion ? 'POST' : 'GET'}.`,
    })
  }

  async #serveOther(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (await this.#accounts.serve(request, response, path)) return
    if (request.method === 'GET') {
      const origin = `http://${request.headers.host}`
      switch (path) {
        case '/healthz':
          return sendJson(response, 200, { ok: true })
        case '/readyz':
          return this.#ready(response)
        case '/openapi.json':
          return sendJson(response, 200, openApi(origin))
        case '/llms.txt':
          return sendText(response, 200, 'text/plain; charset=utf-8', llmsText(origin))
      }
    }
    if ((await this.#modules.additionalRoutes?.(request, response)) === true) return
    sendJson(response, 404, {
      error: {
        code: 'gateway/not-found',
        type: 'invalid_request_error',
        message: `There is nothing at ${path.slice(0, 200)}`,
        hint: 'GET /openapi.json lists what is.',
        retry: 'never',
      },
    })
  }

  /** Ready when at least one provider has a valid offer. */
  #ready(response: ServerResponse): void {
    const models = this.#modules.providers.models().map(({ model }) => model)
    sendJson(response, models.length > 0 ? 200 : 503, {
      ready: models.length > 0,
      providers: this.#modules.providers.list().length,
      models,
    })
  }
}

/** Asks for the rest of a channel, or brings a voucher for a stream under way. */
function isAside(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD'
}

function hasKey({ headers: { authorization } }: IncomingMessage): boolean {
  return authorization !== undefined && !/^payment /i.test(authorization)
}

function isOpenAiPath(path: string): boolean {
  return (
    path === '/v1/chat/completions' ||
    path === '/v1/completions' ||
    path === '/v1/models' ||
    path.startsWith('/v1/models/')
  )
}
