/** A plain node:http handler that sells answers (specs/0022-machine-payments.md): terms, commitment, work, charge, receipt. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, type Hex, isKoinonError, KoinonError, withDeadline } from '@koinon/base'
import { readBody, sendError } from '@koinon/base/node'
import type { HeldPayment } from '../provider/cash-desk.ts'
import type { ReturningBuyers } from '../provider/returning-buyers.ts'
import type { WireRequest } from '../provider/wire.ts'
import { requestOf } from '../provider/wire-request.ts'
import type { PaymentTerms } from '../rules/terms.ts'
import type { SignedVoucher } from '../rules/voucher.ts'
import { type PaidAnswer, releaseAnswer, sendFree } from './paid-answer.ts'
import { PaymentDoor, type PaymentDoorOptions } from './payment-door.ts'

/** A request whose payment is held. */
export type PaidRequest = WireRequest & {
  /** Undefined for a free one. */
  readonly payment: { readonly terms: PaymentTerms; readonly payer: Hex; readonly requestId: Hex } | undefined
  /** Aborts when the client goes away or the time of the terms is over. What was done by then may still be charged. */
  readonly signal: AbortSignal
  /** The most that may be charged now. */
  readonly maximumAtomic: bigint
  /** A further voucher of the payer, for a stream that costs more than was held; throws what `CashDesk.admit` throws. */
  extend(voucher: SignedVoucher, maximumAtomic: bigint): Promise<void>
}

export type PaywallOptions = PaymentDoorOptions & {
  /** What this request costs; undefined for nothing. */
  readonly terms: (request: WireRequest) => PaymentTerms | undefined | Promise<PaymentTerms | undefined>
  readonly serve: (request: PaidRequest) => Promise<PaidAnswer>
  /** Scheme, host and port under which the resources are known, e.g. `https://api.example.com`. */
  readonly origin: string
  readonly clock: Clock
  readonly maximumBodyBytes?: number
  /** Left out, every request is paid for. */
  readonly returning?: ReturningBuyers
}

/** Takes one request. Never rejects: what goes wrong is the client's answer, or the end of its connection. */
export type Paywall = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const defaultBodyBytes = 1 << 20
const freeTimeoutMs = 60_000

/** A handler that lets nobody through without payment, and charges nobody for an error. */
export function createPaywall(options: PaywallOptions): Paywall {
  const paywalled = new Paywalled(options)
  return async (request, response) => {
    try {
      await paywalled.handle(request, response)
    } catch (error) {
      if (!isKoinonError(error)) options.onError?.(error)
      if (response.headersSent) response.destroy()
      else sendError(response, error)
    }
  }
}

class Paywalled {
  readonly #options: PaywallOptions
  readonly #door: PaymentDoor

  constructor(options: PaywallOptions) {
    this.#options = options
    this.#door = new PaymentDoor(options)
  }

  async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, origin, maximumBodyBytes, serve, returning } = this.#options
    const receivedAtMs = clock.nowMs()
    const request = requestOf(incoming, origin, await readBody(incoming, maximumBodyBytes ?? defaultBodyBytes))
    const terms = await this.#options.terms(request)
    if (terms === undefined) {
      if (await this.#door.answerAside(response, request)) return
      return sendFree(response, await serve(freeRequest(request, response)))
    }
    const leave = await returning?.admit(request)
    if (leave !== undefined) return this.#again(response, request, terms.timeoutSeconds * 1000).finally(leave)
    const entered = await this.#door.enter(response, request, terms, receivedAtMs)
    if (entered === undefined) return
    const { payment, wire, attempt } = entered
    const signal = signalOf(response, terms.timeoutSeconds * 1000)
    try {
      const answer = await this.#work(request, terms, payment, signal)
      const sale = { response, answer, payment, terms, wire, attempt, request, receivedAtMs, clock, signal }
      await releaseAnswer({ ...sale, returning })
    } catch (error) {
      if (response.headersSent) throw error
      await this.#door.refuse(response, request, terms, wire, { error, attempt })
    } finally {
      payment.release()
    }
  }

  /** What was paid for before; a reader that takes longer than a call may is cut off, for its place is others' too. */
  async #again(response: ServerResponse, request: WireRequest, timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => response.destroy(), timeoutMs)
    try {
      await sendFree(response, await this.#options.serve(freeRequest(request, response, timeoutMs)))
    } finally {
      clearTimeout(timer)
    }
  }

  async #work(request: WireRequest, terms: PaymentTerms, payment: HeldPayment, signal: () => AbortSignal) {
    const paid: PaidRequest = {
      ...request,
      payment: { terms, payer: payment.payer, requestId: payment.requestId },
      get signal() {
        return signal()
      },
      get maximumAtomic() {
        return payment.maximumAtomic
      },
      async extend(voucher, maximumAtomic) {
        if (payment.extend === undefined) throw notExtendable()
        await payment.extend(voucher, maximumAtomic)
      },
    }
    return withDeadline(this.#options.serve(paid), terms.timeoutSeconds * 1000, 'Serving a paid request')
  }
}

/** Made when the seller asks for it: most never do. */
function signalOf(response: ServerResponse, timeoutMs: number): () => AbortSignal {
  let signal: AbortSignal | undefined
  return () => {
    if (signal !== undefined) return signal
    const gone = new AbortController()
    const leave = () => {
      if (!response.writableFinished) gone.abort()
    }
    if (response.destroyed) leave()
    response.once('close', leave)
    signal = AbortSignal.any([gone.signal, AbortSignal.timeout(timeoutMs)])
    return signal
  }
}

function freeRequest(request: WireRequest, response: ServerResponse, timeoutMs = freeTimeoutMs): PaidRequest {
  const signal = signalOf(response, timeoutMs)
  return {
    ...request,
    payment: undefined,
    get signal() {
      return signal()
    },
    maximumAtomic: 0n,
    extend: () => Promise.reject(notExtendable()),
  }
}

function notExtendable(): KoinonError {
  return new KoinonError({ code: 'payments/not-extendable', message: 'This call is not paid from a channel' })
}
