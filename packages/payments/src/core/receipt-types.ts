import type { Address, Hex, StructJson } from '@koinon/base'
import type { SqlStatement } from '@koinon/base/node'
import type { SignedReceipt } from '@koinon/work'
import type { HeldVoucher, Reservation } from './channel-book.ts'
import type { VoucherSigner } from './voucher-signing.ts'

/** The payee's clock, Unix milliseconds, in this order. */
export type AnswerTimes = {
  readonly receivedAtMs: number
  readonly firstByteAtMs: number
  readonly endedAtMs: number
}

/** An answer that is complete but for its receipt. */
export type FinalAnswer = {
  /** 16 bytes; the receipt's id. */
  readonly requestId: Hex
  /** The layer, e.g. `inference`. */
  readonly kind: string
  /** The inbound channel's payer. */
  readonly payer: Address
  readonly channelId: Hex
  readonly requestHash: Hex
  readonly responseHash: Hex
  /** The layer's work struct as JSON and its hash. */
  readonly work: StructJson
  readonly workHash: Hex
  /** Price of this answer, at most what was reserved. */
  readonly amountPicoUsd: bigint
  readonly times: AnswerTimes
  /** Highest rung the evidence supports, 0 to 4. */
  readonly rung: number
  /** Hash of a TEE quote; zero without one. */
  readonly attestation?: Hex
  readonly reservation: Reservation
  /** Key of the channel's vouchers when this process holds it for the moment (custodial API keys). */
  readonly voucherSigner?: VoucherSigner
  /** The voucher that the payer signed for this answer, checked by the caller; kept when it is the highest. */
  readonly voucher?: HeldVoucher
  /** The receipt got for passing the request on; checked against this answer. Its channel must be in the book. */
  readonly upstream?: SignedReceipt
  /** What we owe for it; the receipt's own amount unless given, and never more than that. */
  readonly upstreamOwedPicoUsd?: bigint
  readonly upstreamReservation?: Reservation
  /** Rows of the caller that belong to this answer and must be durable with it. */
  readonly extraStatements?: readonly SqlStatement[]
}

/** One line of a list of receipts. */
export type ReceiptSummary = {
  readonly requestId: Hex
  readonly kind: string
  readonly payer: Address
  readonly payee: Address
  /** Who did the work when we passed it on. */
  readonly upstreamPayee: Address | undefined
  readonly channelId: Hex
  readonly amountPicoUsd: bigint
  readonly receivedAtMs: number
  readonly firstByteAtMs: number
  readonly endedAtMs: number
}

/** Totals since a moment. */
export type ReceiptStats = { readonly count: number; readonly amountPicoUsd: bigint }
