/** The facilitator's door: POST /verify, POST /settle, GET /supported, GET /discovery/resources. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, isKoinonError, KoinonError, toAddress } from '@koinon/base'
import {
  defaultHttpLimits,
  HttpListener,
  httpStatusOf,
  parseJsonObject,
  readBody,
  sendError,
  sendJson,
} from '@koinon/base/node'
import { type Facilitator, failureAnswer } from './facilitator.ts'
import { pendingReason, signerIn } from './facilitator-wire.ts'
import { PayerLimits, RequestLimits } from './request-limits.ts'

export type FacilitatorServerOptions = {
  readonly facilitator: Facilitator
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly clock: Clock
  /** Requests of one address that is not this machine. */
  readonly verifiesPerMinute?: number
  readonly settlesPerMinute?: number
  /** Payments verified, and payments settled, of one payer, whoever sends them. */
  readonly paymentsPerPayerMinute?: number
}

const bodyBytes = 128 << 10
const retryAfterSeconds = 2
const mostUnderWay = 512
const pruneEveryMs = 3_600_000

export class FacilitatorServer {
  readonly #options: FacilitatorServerOptions
  readonly #listener: HttpListener
  readonly #limits: Readonly<Record<'verify' | 'settle' | 'read', RequestLimits>>
  readonly #payers: Readonly<Record<'verify' | 'settle', PayerLimits>>
  #underWay = 0
  #pruning: ReturnType<typeof setInterval> | undefined

  constructor(options: FacilitatorServerOptions) {
    this.#options = options
    const { host, port, clock } = options
    this.#limits = {
      verify: new RequestLimits(clock, options.verifiesPerMinute ?? 600),
      settle: new RequestLimits(clock, options.settlesPerMinute ?? 300),
      read: new RequestLimits(clock, 240),
    }
    const perPayer = options.paymentsPerPayerMinute ?? 3_000
    this.#payers = { verify: new PayerLimits(clock, perPayer), settle: new PayerLimits(clock, perPayer) }
    this.#listener = new HttpListener({
      ...{ host, port },
      limits: { ...defaultHttpLimits, bodyBytes },
      handle: (request, response) => this.#handle(request, response),
    })
  }

  /** Resolves with the port. */
  async start(): Promise<number> {
    const { facilitator } = this.#options
    this.#pruning = setInterval(() => void facilitator.prune().catch(() => undefined), pruneEveryMs)
    this.#pruning.unref()
    return this.#listener.start()
  }

  async stop(graceMs = 10_000): Promise<void> {
    clearInterval(this.#pruning)
    await this.#listener.stop(graceMs)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const route = `${request.method} ${pathname}`
    try {
      if (route === 'POST /verify' || route === 'POST /settle')
        return await this.#payment(route === 'POST /verify' ? 'verify' : 'settle', request, response)
      this.#limits.read.take(request.socket.remoteAddress)
      if (route === 'GET /supported') return sendJson(response, 200, this.#options.facilitator.supported())
      if (route === 'GET /healthz') return sendJson(response, 200, { ok: true })
      if (route === 'GET /discovery/resources') {
        const page = await this.#options.facilitator.catalogue.list(listingOf(searchParams))
        return sendJson(response, 200, page)
      }
      throw new KoinonError({ code: 'http/not-found', message: `There is no ${route}`, details: { status: 404 } })
    } catch (error) {
      sendError(response, error)
    }
  }

  async #payment(path: 'verify' | 'settle', request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#limits[path].take(request.socket.remoteAddress)
    if (this.#underWay >= mostUnderWay) throw full()
    this.#underWay++
    try {
      const body = parseJsonObject(await readBody(request, bodyBytes))
      const { facilitator } = this.#options
      const caller = request.socket.remoteAddress
      const signer = signerIn(body)
      this.#payers[path].check(signer)
      if (path === 'verify') {
        const verified = await facilitator.verify(body, caller)
        if (verified.isValid) this.#payers.verify.note(signer)
        return sendJson(response, 200, verified)
      }
      const answer = await facilitator.settle(body, caller)
      if (answer.success) this.#payers.settle.note(signer)
      // Not 402 and not 200: whoever reads it as refused would have the payer pay again.
      const isPending = answer.errorReason === pendingReason
      sendJson(response, isPending ? 503 : 200, answer, isPending ? { 'retry-after': retryAfterSeconds } : {})
    } catch (error) {
      const status = httpStatusOf(error)
      const isLater = isKoinonError(error) && error.retry !== 'never'
      sendJson(response, status, failureAnswer(error, path), isLater ? { 'retry-after': retryAfterSeconds } : {})
    } finally {
      this.#underWay--
    }
  }
}

function listingOf(query: URLSearchParams) {
  const payTo = query.get('payTo')
  const whole = (name: string, otherwise: number) => {
    const value = Number(query.get(name) ?? otherwise)
    return Number.isSafeInteger(value) && value >= 0 ? value : otherwise
  }
  return {
    type: query.get('type'),
    limit: whole('limit', 20),
    offset: whole('offset', 0),
    ...(payTo !== null && /^0x[0-9a-fA-F]{40}$/.test(payTo) ? { payTo: toAddress(payTo) } : {}),
  }
}

function full(): KoinonError {
  return new KoinonError({
    code: 'payments/facilitator-busy',
    message: 'The facilitator has as many payments under way as it takes',
    hint: 'Try again in a few seconds.',
    retry: 'later',
    details: { retryAfterSeconds },
  })
}
