/** A plain node:http handler that sells answers (specs/0022-machine-payments.md): terms, commitment, work, charge, receipt. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, type Hex, isKoinonError, KoinonError, withDeadline } from '@koinon/base'
import { httpStatusOf, readBody, sendError, sendJson } from '@koinon/base/node'
import type { CashDesk, HeldPayment } from '../provider/cash-desk.ts'
import type { PaymentTerms } from '../rules/terms.ts'
import type { SignedVoucher } from '../rules/voucher.ts'
import { type PaidAnswer, releaseAnswer, sendFree, sendRepeated } from './paid-answer.ts'
import type { Refusal, Wire, WireAttempt, WireRequest } from './wire.ts'
import { requestOf } from './wire-request.ts'

/** A request whose payment is held. */
export type PaidRequest = WireRequest & {
  /** Undefined for a free one. */
  readonly payment: { readonly terms: PaymentTerms; readonly payer: Hex; readonly requestId: Hex } | undefined
  /** Aborts when the client goes away or the time of the terms is over. What was done by then may still be charged. */
  readonly signal: AbortSignal
  /** The most that may be charged now. */
  readonly maximumAtomic: bigint
  /** A further voucher of the payer, for a stream that costs more than was held; throws what `CashDesk.admit` throws. */
  extend(voucher: SignedVoucher, maximumAtomic: bigint): void
}

export type PaywallOptions = {
  readonly desk: CashDesk
  /** In the order in which a request's payment is looked for. */
  readonly wires: readonly Wire[]
  /** What this request costs; undefined for nothing. */
  readonly terms: (request: WireRequest) => PaymentTerms | undefined | Promise<PaymentTerms | undefined>
  readonly serve: (request: PaidRequest) => Promise<PaidAnswer>
  /** Scheme, host and port under which the resources are known, e.g. `https://api.example.com`. */
  readonly origin: string
  readonly clock: Clock
  readonly maximumBodyBytes?: number
  /** Hears of failures of the seller's own code; the client only hears that there was one. */
  readonly onError?: (error: unknown) => void
}

/** Takes one request. Never rejects: what goes wrong is the client's answer, or the end of its connection. */
export type Paywall = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const defaultBodyBytes = 1 << 20

/** A handler that lets nobody through without payment, and charges nobody for an error. */
export function createPaywall(options: PaywallOptions): Paywall {
  const door = new Door(options)
  return async (request, response) => {
    try {
      await door.handle(request, response)
    } catch (error) {
      if (!isKoinonError(error)) options.onError?.(error)
      if (response.headersSent) response.destroy()
      else sendError(response, error)
    }
  }
}

class Door {
  readonly #options: PaywallOptions

  constructor(options: PaywallOptions) {
    this.#options = options
  }

  async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const receivedAtMs = this.#options.clock.nowMs()
    const body = await readBody(incoming, this.#options.maximumBodyBytes ?? defaultBodyBytes)
    const request = requestOf(incoming, this.#options.origin, body)
    const terms = await this.#options.terms(request)
    if (terms === undefined) return sendFree(response, await this.#options.serve(freeRequest(request, response)))
    const found = this.#read(request, terms)
    if (found === undefined) return this.#demand(response, request, terms, { error: undefined, attempt: undefined })
    const { wire, attempt } = found
    try {
      if (attempt.kind === 'act') {
        const { status, headers, body: json } = await attempt.perform()
        return sendJson(response, status, json, { 'cache-control': 'no-store', ...headers })
      }
      await this.#sell(response, request, terms, wire, attempt, receivedAtMs)
    } catch (error) {
      if (response.headersSent) throw error
      await this.#refuse(response, request, terms, wire, { error, attempt })
    }
  }

  #read(request: WireRequest, terms: PaymentTerms): { wire: Wire; attempt: WireAttempt } | undefined {
    for (const wire of this.#options.wires) {
      const attempt = wire.read(request, terms)
      if (attempt !== undefined) return { wire, attempt }
    }
    return undefined
  }

  async #sell(
    response: ServerResponse,
    request: WireRequest,
    terms: PaymentTerms,
    wire: Wire,
    attempt: Extract<WireAttempt, { kind: 'call' }>,
    receivedAtMs: number,
  ): Promise<void> {
    const { desk, clock } = this.#options
    const paymentId = attempt.paymentId ?? request.headers['idempotency-key']
    const admission = await desk.admit({
      terms,
      commitment: attempt.commitment,
      requestHash: request.requestHash,
      receivedAtMs,
      ...(paymentId === undefined ? {} : { paymentId }),
    })
    if (admission.state === 'repeated') {
      return sendRepeated(response, admission.answer, wire.receipt(admission.charge, terms, undefined, request))
    }
    const { payment } = admission
    try {
      const answer = await this.#work(response, request, terms, payment)
      await releaseAnswer({ response, answer, payment, terms, wire, request, receivedAtMs, clock })
    } finally {
      payment.release()
    }
  }

  async #work(response: ServerResponse, request: WireRequest, terms: PaymentTerms, payment: HeldPayment) {
    const timeoutMs = terms.timeoutSeconds * 1000
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const paid: PaidRequest = {
      ...request,
      payment: { terms, payer: payment.payer, requestId: payment.requestId },
      signal: AbortSignal.any([gone.signal, AbortSignal.timeout(timeoutMs)]),
      get maximumAtomic() {
        return payment.maximumAtomic
      },
      extend(voucher, maximumAtomic) {
        if (payment.extend === undefined) throw notExtendable()
        payment.extend(voucher, maximumAtomic)
      },
    }
    return withDeadline(this.#options.serve(paid), timeoutMs, 'Serving a paid request')
  }

  async #demand(response: ServerResponse, request: WireRequest, terms: PaymentTerms, refusal: Refusal): Promise<void> {
    const { headers, body } = await this.#challenge(request, terms, refusal)
    sendJson(response, 402, body, headers)
  }

  async #challenge(request: WireRequest, terms: PaymentTerms, refusal: Refusal) {
    const parts = await Promise.all(this.#options.wires.map((wire) => wire.challenge(terms, request, refusal)))
    return {
      headers: Object.assign({ 'cache-control': 'no-store' }, ...parts.map((part) => part.headers)),
      body: Object.assign({}, ...parts.map((part) => part.body ?? {})) as Record<string, unknown>,
    }
  }

  /** 402 where another payment would help; where it would not, the error as it is, and never a reason to pay twice. */
  async #refuse(
    response: ServerResponse,
    request: WireRequest,
    terms: PaymentTerms,
    wire: Wire,
    refusal: Refusal,
  ): Promise<void> {
    const { error } = refusal
    if (!isKoinonError(error)) this.#options.onError?.(error)
    const status = isPaymentProblem(error) ? 402 : httpStatusOf(error)
    if (status !== 402) return sendError(response, error, status, { 'cache-control': 'no-store' })
    const { headers, body } = await this.#challenge(request, terms, refusal)
    const isRefused = isKoinonError(error) && error.code === 'payments/settlement-refused'
    const failure = isRefused ? wire.failure?.(error, terms, undefined) : undefined
    sendJson(response, 402, body, { ...headers, ...failure })
  }
}

/** Refusals that another payment can cure, though they state no HTTP status of their own. */
const curable = new Set([
  'payments/channel-unsuitable',
  'payments/channel-empty',
  'payments/channel-closing',
  'payments/voucher-forged',
  'payments/credit-exhausted',
])

function isPaymentProblem(error: unknown): boolean {
  return isKoinonError(error) && (error.details?.['status'] === 402 || curable.has(error.code))
}

function freeRequest(request: WireRequest, response: ServerResponse): PaidRequest {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  return {
    ...request,
    payment: undefined,
    signal: gone.signal,
    maximumAtomic: 0n,
    extend() {
      throw notExtendable()
    },
  }
}

function notExtendable(): KoinonError {
  return new KoinonError({ code: 'payments/not-extendable', message: 'This call is not paid from a channel' })
}
