/** The part of a sale that does not depend on what is sold: read the payment, hold it, or say why not and what would help. */
import type { ServerResponse } from 'node:http'
import { isKoinonError } from '@koinon/base'
import { httpStatusOf, sendError, sendJson, TurnQueue } from '@koinon/base/node'
import type { CashDesk, HeldPayment } from '../provider/cash-desk.ts'
import type { Refusal, Wire, WireAttempt, WireRequest } from '../provider/wire.ts'
import type { PaymentTerms } from '../rules/terms.ts'
import { sendRepeated } from './paid-answer.ts'

export type PaymentDoorOptions = {
  readonly desk: CashDesk
  /** In the order in which a request's payment is looked for. */
  readonly wires: readonly Wire[]
  /** Hears of failures of the seller's own code; the client only hears that there was one. */
  readonly onError?: (error: unknown) => void
  /** Hears of every request at the door; for logs and metrics. Must not throw. */
  readonly onEvent?: (event: PaymentDoorEvent) => void
}

/** What came to the door. `refused` names the reason; `demanded` is a first 402, which every buyer hears once. */
export type PaymentDoorEvent =
  | { readonly kind: 'demanded'; readonly terms: PaymentTerms }
  | {
      readonly kind: 'held' | 'repeated'
      readonly terms: PaymentTerms
      readonly wire: string
      readonly backEnd: string
      readonly payer?: string
    }
  | { readonly kind: 'refused'; readonly terms: PaymentTerms; readonly wire: string; readonly code: string }

/** A payment that is held, and how its payer speaks. */
export type Entered = {
  readonly payment: HeldPayment
  readonly wire: Wire
  readonly attempt: Extract<WireAttempt, { kind: 'call' }>
}

/** Lets calls in that are paid for. Several wires share one desk and one 402 answer. */
export class PaymentDoor {
  readonly #options: PaymentDoorOptions
  readonly #turns = new TurnQueue()

  constructor(options: PaymentDoorOptions) {
    this.#options = options
  }

  /**
   * Holds what the request brings. Undefined when the request has had its answer: a demand, a refusal, a repetition, or something about
   * payments that is no call. End what is held with `charge` or `release`.
   */
  async enter(
    response: ServerResponse,
    request: WireRequest,
    terms: PaymentTerms,
    receivedAtMs: number,
  ): Promise<Entered | undefined> {
    await this.#turns.next()
    const found = this.#read(request, terms)
    if (found === undefined) {
      this.#options.onEvent?.({ kind: 'demanded', terms })
      await this.#demand(response, request, terms, { error: undefined, attempt: undefined })
      return undefined
    }
    const { wire, attempt } = found
    try {
      if (attempt.kind === 'call') return await this.#admit(response, request, terms, receivedAtMs, { wire, attempt })
      await sendAct(response, attempt)
    } catch (error) {
      if (response.headersSent) throw error
      await this.refuse(response, request, terms, wire, { error, attempt })
    }
    return undefined
  }

  /** Answers what is about payments and no call, where nothing is sold. False when the request is no such thing. */
  async answerAside(response: ServerResponse, request: WireRequest): Promise<boolean> {
    for (const wire of this.#options.wires) {
      const aside = wire.readAside?.(request)
      if (aside === undefined) continue
      await sendAct(response, aside)
      return true
    }
    return false
  }

  /** Answers 402 where another payment would help; where it would not, the error as it is, and never a reason to pay twice. */
  async refuse(
    response: ServerResponse,
    request: WireRequest,
    terms: PaymentTerms,
    wire: Wire,
    refusal: Refusal,
  ): Promise<void> {
    const { error } = refusal
    if (!isKoinonError(error)) this.#options.onError?.(error)
    const code = isKoinonError(error) ? error.code : 'internal'
    this.#options.onEvent?.({ kind: 'refused', terms, wire: wire.name, code })
    const status = isPaymentProblem(error) ? 402 : httpStatusOf(error)
    if (status !== 402) return sendError(response, error, status, { 'cache-control': 'no-store' })
    const failure = code === 'payments/settlement-refused' ? wire.failure?.(error, terms, undefined) : undefined
    await this.#demand(response, request, terms, refusal, failure)
  }

  #read(request: WireRequest, terms: PaymentTerms): { wire: Wire; attempt: WireAttempt } | undefined {
    for (const wire of this.#options.wires) {
      const attempt = this.#attemptOf(wire, request, terms)
      if (attempt !== undefined) return { wire, attempt }
    }
    return undefined
  }

  /** What cannot be read is a refusal too, which whoever called answers. */
  #attemptOf(wire: Wire, request: WireRequest, terms: PaymentTerms): WireAttempt | undefined {
    try {
      return wire.read(request, terms)
    } catch (error) {
      const code = isKoinonError(error) ? error.code : 'internal'
      this.#options.onEvent?.({ kind: 'refused', terms, wire: wire.name, code })
      throw error
    }
  }

  async #admit(
    response: ServerResponse,
    request: WireRequest,
    terms: PaymentTerms,
    receivedAtMs: number,
    { wire, attempt }: Pick<Entered, 'wire' | 'attempt'>,
  ): Promise<Entered | undefined> {
    const paymentId = attempt.paymentId ?? request.headers['idempotency-key']
    const admission = await this.#options.desk.admit({
      terms: attempt.stepped?.terms ?? terms,
      commitment: attempt.commitment,
      requestHash: request.requestHash,
      receivedAtMs,
      ...(paymentId === undefined ? {} : { paymentId }),
    })
    const seen = { terms, wire: wire.name, backEnd: attempt.commitment.backEnd }
    if (admission.state === 'held') {
      this.#options.onEvent?.({ kind: 'held', ...seen, payer: admission.payment.payer })
      return { payment: admission.payment, wire, attempt }
    }
    this.#options.onEvent?.({ kind: 'repeated', ...seen, payer: admission.charge.payer })
    sendRepeated(response, admission.answer, wire.receipt(admission.charge, terms, undefined, request))
    return undefined
  }

  async #demand(
    response: ServerResponse,
    request: WireRequest,
    terms: PaymentTerms,
    refusal: Refusal,
    more: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const parts = await Promise.all(this.#options.wires.map((wire) => wire.challenge(terms, request, refusal)))
    const headers = Object.assign({ 'cache-control': 'no-store' }, ...parts.map((part) => part.headers), more)
    sendJson(response, 402, Object.assign({}, ...parts.map((part) => part.body ?? {})), headers)
  }
}

async function sendAct(response: ServerResponse, { perform }: Extract<WireAttempt, { kind: 'act' }>): Promise<void> {
  const { status, headers, body } = await perform()
  sendJson(response, status, body, { 'cache-control': 'no-store', ...headers })
}

/** Refusals that another payment can cure, though they state no HTTP status of their own. */
const curable = new Set([
  'payments/channel-unsuitable',
  'payments/channel-empty',
  'payments/channel-closing',
  'payments/voucher-forged',
  'payments/credit-exhausted',
])

/** Whether another payment would cure a refusal. */
export function isPaymentProblem(error: unknown): boolean {
  return isKoinonError(error) && (error.details?.['status'] === 402 || curable.has(error.code))
}
