/** What a way of speaking about payments adds to a paywall; x402 and MPP stand side by side in one answer. */
import type { Address, Hex } from '@koinon/base'
import type { ReceiptBundle } from '@koinon/work'
import type { Charge, Commitment, PaymentTerms } from '../rules/terms.ts'
import type { CallResult, HeldPayment } from './cash-desk.ts'

/** A request as wires and sellers see it, read whole. */
export type WireRequest = {
  readonly method: string
  /** Absolute, from the seller's own origin and never from the `host` header. */
  readonly url: string
  /** Names in lower case; of a repeated header the values joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
  /** SHA-256 of method, URL and the body's SHA-256, a line each. */
  readonly requestHash: Hex
}

/** An answer that a wire gives itself. */
export type WireAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: Readonly<Record<string, unknown>>
}

/** What a request that carries something of this wire wants. */
export type WireAttempt =
  | {
      readonly kind: 'call'
      readonly commitment: Commitment
      /** The wire's own name of the call; the header `idempotency-key` counts where there is none. */
      readonly paymentId?: string
      /** Of a payer that pays an event stream by the step. */
      readonly stepped?: SteppedCall
    }
  /** Something about payments that is no call: a refund, a voucher for a stream under way, the end of a session. */
  | { readonly kind: 'act'; readonly perform: () => Promise<WireAnswer> }

/** One or more whole events and what they cost, at most a step. */
export type StreamPart = { readonly bytes: Uint8Array; readonly costAtomic: bigint }

/** A payment that is held for the first step of a stream. */
export type HeldStep = {
  readonly held: HeldPayment
  /** Aborts when the client is gone, so that nobody waits for its voucher. */
  readonly signal?: AbortSignal
}

export type HeldStream = HeldStep & {
  readonly requestHash: Hex
  readonly parts: AsyncIterable<StreamPart>
  /** True when the seller stopped its parts itself, for the client is gone or its time over: what was sent by then is owed. */
  readonly isCutOff: () => boolean
  /** What a step came to, for its receipt; told the bytes that were sent in it. */
  readonly resultOf: (sent: readonly Uint8Array[], chargedAtomic: bigint) => CallResult
}

/** A call whose maximum grows by a step with every voucher. */
export type GrowingPayment = {
  /** What the vouchers cover by now, atomic units. */
  readonly coveredAtomic: bigint
  /** Asks for vouchers until they cover so much; `ask` sends the event that asks. False when the payer does not go on. */
  cover(totalAtomic: bigint, ask: (event: Uint8Array) => void): Promise<boolean>
  /** The event that ends the stream, once it is charged. */
  receiptEvent(charge: Charge): Uint8Array
  /** Takes no more vouchers. */
  close(): void
}

/** Two ways to deliver what is paid by the step (specs/0022 section 7.4). */
export type SteppedCall = {
  /** Of one step. */
  readonly terms: PaymentTerms
  /** The bytes to send; every step is a charge of its own. Ends the held payment in every case. */
  run(stream: HeldStream): AsyncGenerator<Uint8Array, void, undefined>
  /** One charge at the end, by whoever holds the payment. Close it in every case. */
  grow(step: HeldStep): GrowingPayment
}

/** A part of the 402 answer: bodies of all wires are merged, headers stand beside each other. */
export type WirePart = {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>>
}

export type Refusal = {
  /** Undefined when the request carried no payment. */
  readonly error: unknown
  readonly attempt: WireAttempt | undefined
}

export type Wire = {
  /** For logs, and to tell apart who spoke. */
  readonly name: string
  /** What is asked for this request. Called for every 402, also when the payment came by another wire. */
  challenge(terms: PaymentTerms, request: WireRequest, refusal: Refusal): WirePart | Promise<WirePart>
  /** What a request brings, undefined when it speaks another wire. Throws `payments/bad-payment` and the like (400). */
  read(request: WireRequest, terms: PaymentTerms): WireAttempt | undefined
  /** Something about payments that is no call, wherever it comes: asked where nothing is sold. */
  readAside?(request: WireRequest): Extract<WireAttempt, { kind: 'act' }> | undefined
  /** Headers that tell the payer what it paid; also as trailers of a stream. `bundle` is left out of a repeated answer. */
  receipt(
    charge: Charge,
    terms: PaymentTerms,
    bundle: ReceiptBundle | undefined,
    request: WireRequest,
  ): Readonly<Record<string, string>>
  /** Headers of an answer of 400 and more that was not charged to a channel. Left out where the wire states charges of successes alone. */
  uncharged?(charge: Charge, terms: PaymentTerms): Readonly<Record<string, string>>
  /** Headers of an answer that was refused after work, so that the payer knows that nothing moved. */
  failure?(error: unknown, terms: PaymentTerms, payer: Address | undefined): Readonly<Record<string, string>>
}
