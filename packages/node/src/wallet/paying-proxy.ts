/** A door on this machine for programs that cannot pay: what they ask is asked upstream, and paid there. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorToJson, fetchFailureReason, isKoinonError, KoinonError } from '@koinon/base'
import { defaultHttpLimits, HttpListener, isForeignPage, isLoopbackHost, readBody, sendJson } from '@koinon/base/node'
import { receiptOf } from '@koinon/payments/client'

export type PayingProxyOptions = {
  readonly port: number
  /** Where requests go; a path in it comes before theirs, and `/v1` counts once. */
  readonly upstream: URL
  readonly fetch: typeof globalThis.fetch
  /** Atomic units that this run has spent or has under way, and may spend. */
  readonly spent: () => bigint
  readonly maximumTotalAtomic: bigint
  readonly maximumPerCallAtomic: bigint
}

export type ProxySpend = {
  readonly calls: number
  readonly paidCalls: number
  readonly refusedCalls: number
  readonly spentAtomic: string
  readonly maximumTotalAtomic: string
  readonly maximumPerCallAtomic: string
}

/** Bodies of questions with pictures in them. */
const bodyBytes = 16 << 20
const droppedRequestHeaders: ReadonlySet<string> = new Set([
  ...[
    'host',
    'connection',
    'keep-alive',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
  ],
  // Keys of other doors, and what says where the program runs, are nothing for a seller.
  ...[
    'upgrade',
    'expect',
    'content-length',
    'accept-encoding',
    'authorization',
    'cookie',
    'origin',
    'referer',
    'forwarded',
  ],
])
const droppedAnswerHeaders: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'transfer-encoding', 'content-encoding', 'content-length', 'set-cookie'],
])

/** Listens on 127.0.0.1 only, for programs of this machine only. */
export class PayingProxy {
  readonly #options: PayingProxyOptions
  readonly #listener: HttpListener
  #calls = 0
  #paidCalls = 0
  #refusedCalls = 0

  constructor(options: PayingProxyOptions) {
    this.#options = options
    this.#listener = new HttpListener({
      host: '127.0.0.1',
      port: options.port,
      limits: { ...defaultHttpLimits, bodyBytes, requestTimeoutMs: 120_000 },
      handle: (request, response) => this.#handle(request, response),
    })
  }

  /** Resolves with the base URL that programs are given. */
  async start(): Promise<string> {
    return `http://127.0.0.1:${await this.#listener.start()}`
  }

  stop(): Promise<void> {
    return this.#listener.stop(1_000)
  }

  spend(): ProxySpend {
    const { spent, maximumTotalAtomic, maximumPerCallAtomic } = this.#options
    return {
      calls: this.#calls,
      paidCalls: this.#paidCalls,
      refusedCalls: this.#refusedCalls,
      spentAtomic: spent().toString(),
      maximumTotalAtomic: maximumTotalAtomic.toString(),
      maximumPerCallAtomic: maximumPerCallAtomic.toString(),
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isLoopbackHost(request.headers.host ?? '') || isForeignPage(request)) {
      return sendJson(response, 421, { error: errorToJson(notForPages()) })
    }
    const path = request.url ?? '/'
    if (request.method === 'GET' && path === '/spend') return sendJson(response, 200, this.spend())
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    this.#calls++
    try {
      const body = await readBody(request, bodyBytes)
      const answer = await this.#options.fetch(upstreamUrl(this.#options.upstream, path), {
        method: request.method ?? 'GET',
        headers: forwarded(request),
        redirect: 'manual',
        signal: gone.signal,
        ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
      })
      if (receiptOf(answer) !== undefined) this.#paidCalls++
      await relay(answer, response)
    } catch (error) {
      if (isKoinonError(error) && error.code.startsWith('payments/')) this.#refusedCalls++
      refuse(response, error, this.#options.upstream)
    }
  }
}

/** Upstream's own path first; a `/v1` at the seam counts once. */
export function upstreamUrl(upstream: URL, path: string): string {
  const base = upstream.pathname.replace(/\/+$/, '')
  const rest = base.endsWith('/v1') && (path === '/v1' || path.startsWith('/v1/')) ? path.slice(3) : path
  // The path is the program's: it may name no other host.
  const safe = rest.startsWith('/') && !rest.startsWith('//') ? rest : `/${rest.replace(/^\/+/, '')}`
  return `${upstream.origin}${base}${safe}`
}

function forwarded(request: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (
      value === undefined ||
      droppedRequestHeaders.has(name) ||
      name.startsWith('payment-') ||
      name.startsWith('x-forwarded')
    )
      continue
    headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}

async function relay(answer: Response, response: ServerResponse): Promise<void> {
  const headers: Record<string, string> = {}
  answer.headers.forEach((value, name) => {
    if (!droppedAnswerHeaders.has(name)) headers[name] = value
  })
  response.writeHead(answer.status, headers)
  response.flushHeaders()
  if (answer.body === null) return void response.end()
  for await (const part of answer.body) {
    if (response.destroyed) return
    if (!response.write(part)) await drained(response)
  }
  response.end()
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
  })
}

/** In the shape that OpenAI's clients show to people. */
function refuse(response: ServerResponse, error: unknown, { origin }: URL): void {
  if (response.headersSent) return void response.destroy()
  const isOurs = isKoinonError(error)
  const json = isOurs
    ? errorToJson(error)
    : {
        code: 'proxy/upstream-unreachable',
        message: `${origin} cannot be reached: ${fetchFailureReason(error)}`,
        hint: 'Check that the upstream server runs, or name another one with --upstream.',
        retry: 'later',
      }
  const status = !isOurs ? 502 : error.code.startsWith('payments/') ? 402 : Number(error.details?.['status'] ?? 500)
  sendJson(response, status, { error: { ...json, type: 'payment_error' } })
}

function notForPages(): KoinonError {
  return new KoinonError({
    code: 'proxy/wrong-host',
    message: 'This door is for programs of this machine: not for web pages, and under no other name than localhost',
    hint: 'Call it as http://127.0.0.1 from a program.',
  })
}
