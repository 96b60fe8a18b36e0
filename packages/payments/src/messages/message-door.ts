/** Sells calls that are messages (MCP tools, A2A tasks) through the desk and the wires of HTTP (specs/0022-machine-payments.md section 6). */
import { createHash } from 'node:crypto'
import { type Address, bytesToHex, type Clock, type Hex, isKoinonError, withDeadline } from '@koinon/base'
import { httpStatusOf } from '@koinon/base/node'
import { isPaymentProblem, type PaymentDoorOptions } from '../paywall/payment-door.ts'
import type { HeldPayment } from '../provider/cash-desk.ts'
import type { Wire, WireAttempt, WirePart, WireRequest } from '../provider/wire.ts'
import { httpCallType, httpKind } from '../rules/http-call.ts'
import { answerNotKept } from '../rules/paid-call-refusals.ts'
import type { PaymentTerms } from '../rules/terms.ts'

export type MessageDoorOptions = PaymentDoorOptions & { readonly clock: Clock }

/** One call. `request` carries the payment in the headers that its wire reads. */
export type MessageSale = {
  readonly terms: PaymentTerms
  readonly request: WireRequest
  /** The call's name where its payment has none. */
  readonly paymentId?: string
  /** JSON of the answer. What it throws is told to the buyer and costs nothing. */
  readonly work: (paid: { readonly requestId: Hex; readonly payer: Address }) => Promise<unknown>
}

/** Demands and failures by the name of the wire. */
export type MessageParts = Readonly<Record<string, WirePart>>
type Headers = Readonly<Record<string, string>>

/** What came of a sale. Only `sold` was charged. */
export type MessageOutcome =
  | { readonly kind: 'demanded'; readonly demand: MessageParts }
  /** Another payment would help. `failure` says of a settlement that nothing moved. */
  | { readonly kind: 'refused'; readonly error: unknown; readonly demand: MessageParts; readonly failure: Headers }
  /** Nobody can say yet: the same payment again, and never another one. */
  | { readonly kind: 'undecided'; readonly error: unknown }
  /** No payment would help: it cannot be read, names another call, or its answer is gone. */
  | { readonly kind: 'rejected'; readonly error: unknown }
  /** The work failed. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Something about payments that is no call: the rest of a channel given back. */
  | { readonly kind: 'acted'; readonly headers: Headers; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'sold'; readonly answer: unknown; readonly headers: Headers; readonly isRepeated: boolean }

/** The same proof runs the work once, whether it comes by HTTP, MCP or A2A: there is one desk. */
export class MessageDoor {
  readonly #options: MessageDoorOptions

  constructor(options: MessageDoorOptions) {
    this.#options = options
  }

  /** Never rejects for a reason of the buyer's. */
  async sell(sale: MessageSale): Promise<MessageOutcome> {
    const receivedAtMs = this.#options.clock.nowMs()
    let found: { readonly wire: Wire; readonly attempt: WireAttempt } | undefined
    try {
      found = this.#read(sale)
      if (found === undefined) {
        this.#options.onEvent?.({ kind: 'demanded', terms: sale.terms })
        return { kind: 'demanded', demand: await this.#demand(sale, undefined, undefined) }
      }
      const { wire, attempt } = found
      if (attempt.kind === 'act') {
        const { headers, body } = await attempt.perform()
        return { kind: 'acted', headers, body }
      }
      return await this.#admit(sale, wire, attempt, receivedAtMs)
    } catch (error) {
      return this.#refusal(sale, error, found)
    }
  }

  #read({ request, terms }: MessageSale) {
    for (const wire of this.#options.wires) {
      const attempt = wire.read(request, terms)
      if (attempt !== undefined) return { wire, attempt }
    }
    return undefined
  }

  async #admit(
    sale: MessageSale,
    wire: Wire,
    attempt: Extract<WireAttempt, { kind: 'call' }>,
    receivedAtMs: number,
  ): Promise<MessageOutcome> {
    const { terms, request } = sale
    const { commitment } = attempt
    const paymentId = attempt.paymentId ?? sale.paymentId
    const { requestHash } = request
    const named = paymentId === undefined ? {} : { paymentId }
    const admission = await this.#options.desk.admit({ terms, commitment, requestHash, receivedAtMs, ...named })
    const seen = { terms, wire: wire.name, backEnd: commitment.backEnd }
    if (admission.state === 'repeated') {
      const { answer, charge } = admission
      this.#options.onEvent?.({ kind: 'repeated', ...seen, payer: charge.payer })
      if (answer === undefined) return { kind: 'rejected', error: answerNotKept() }
      const headers = wire.receipt(charge, terms, undefined, request)
      return { kind: 'sold', answer: JSON.parse(Buffer.from(answer.body).toString('utf8')), headers, isRepeated: true }
    }
    this.#options.onEvent?.({ kind: 'held', ...seen, payer: admission.payment.payer })
    return this.#serve(sale, wire, admission.payment, receivedAtMs)
  }

  async #serve(sale: MessageSale, wire: Wire, payment: HeldPayment, receivedAtMs: number): Promise<MessageOutcome> {
    const { terms, request } = sale
    const { clock, onError } = this.#options
    try {
      let answer: unknown
      try {
        const { requestId, payer } = payment
        answer = await withDeadline(sale.work({ requestId, payer }), terms.timeoutSeconds * 1000, 'Serving a paid call')
      } catch (error) {
        if (!isKoinonError(error)) onError?.(error)
        return { kind: 'failed', error }
      }
      const body = Buffer.from(JSON.stringify(answer ?? null), 'utf8')
      const work = { method: request.method, url: request.url, status: 200, answerBytes: body.length }
      const endedAtMs = Math.max(receivedAtMs, clock.nowMs())
      const { charge, bundle } = await payment.charge({
        chargedAtomic: payment.maximumAtomic,
        responseHash: bytesToHex(createHash('sha256').update(body).digest()),
        kind: httpKind,
        work: httpCallType.toJson(work),
        workHash: httpCallType.hash(work),
        times: { receivedAtMs, firstByteAtMs: endedAtMs, endedAtMs },
        answer: { status: 200, headers: { 'content-type': 'application/json' }, body },
      })
      return { kind: 'sold', answer, headers: wire.receipt(charge, terms, bundle, request), isRepeated: false }
    } finally {
      payment.release()
    }
  }

  async #refusal(
    sale: MessageSale,
    error: unknown,
    found: { readonly wire: Wire; readonly attempt: WireAttempt } | undefined,
  ): Promise<MessageOutcome> {
    const { terms } = sale
    if (!isKoinonError(error)) this.#options.onError?.(error)
    const code = isKoinonError(error) ? error.code : 'internal'
    this.#options.onEvent?.({ kind: 'refused', terms, wire: found?.wire.name ?? 'unreadable', code })
    if (isPaymentProblem(error)) {
      const failure =
        code === 'payments/settlement-refused' ? found?.wire.failure?.(error, terms, undefined) : undefined
      return { kind: 'refused', error, demand: await this.#demand(sale, error, found?.attempt), failure: failure ?? {} }
    }
    const status = httpStatusOf(error)
    return { kind: status >= 500 || status === 409 ? 'undecided' : 'rejected', error }
  }

  async #demand({ terms, request }: MessageSale, error: unknown, attempt: WireAttempt | undefined) {
    const parts = this.#options.wires.map(async (wire) => {
      return [wire.name, await wire.challenge(terms, request, { error, attempt })] as const
    })
    return Object.fromEntries(await Promise.all(parts))
  }
}
