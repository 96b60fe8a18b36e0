/** The seller's side of specs/0022-machine-payments.md, whatever the wire: a commitment is held, the call is done, the charge becomes final. */
import type { Address, Hex, StructJson } from '@koinon/base'
import type { SqlStatement } from '@koinon/base/node'
import type { ReceiptBundle } from '@koinon/work'
import type { AnswerTimes, FinalAnswer } from '../core/receipt-types.ts'
import type { Charge, Commitment, PaymentTerms, SignedDeposit } from '../rules/terms.ts'
import type { SignedVoucher } from '../rules/voucher.ts'

/** A paid call before its work. */
export type PaidCall = {
  readonly terms: PaymentTerms
  readonly commitment: Commitment
  /** SHA-256 of method, URL and body as the wire defines it: what an idempotent repetition must equal. */
  readonly requestHash: Hex
  /** Payer's name of the call (section 5). */
  readonly paymentId?: string
  readonly receivedAtMs: number
}

/** What the call came to. The charge is in atomic units, at most the terms' maximum. */
export type CallResult = {
  readonly chargedAtomic: bigint
  readonly responseHash: Hex
  /** The layer, e.g. `http`, with its work struct and hash, for the receipt. */
  readonly kind: string
  readonly work: StructJson
  readonly workHash: Hex
  readonly times: AnswerTimes
  /** What the receipt states in place of what the desk knows: a layer that passes calls on has request ids and prices of its own. */
  readonly receipt?: ReceiptDetails
  /** Kept under the payment id so that a repetition hears it again; left out when too large. */
  readonly answer?: StoredAnswer
  readonly extraStatements?: readonly SqlStatement[]
}

/** `amountPicoUsd` may be finer than the charge, which is rounded up over the channel's life, and less than an exact payment. */
export type ReceiptDetails = Partial<
  Pick<
    FinalAnswer,
    | 'requestId'
    | 'requestHash'
    | 'amountPicoUsd'
    | 'rung'
    | 'attestation'
    | 'upstream'
    | 'upstreamOwedPicoUsd'
    | 'upstreamReservation'
  >
>

export type StoredAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** A commitment that is held. Exactly one of `charge` and `release` ends it. */
export type HeldPayment = {
  /** 16 bytes; names the call in receipts. */
  readonly requestId: Hex
  readonly payer: Address
  /**
   * Makes the call final; resolves when it is durable and, for `exact`, settled. Only then may the last byte go out. Rejects with
   * `payments/settlement-refused` (nothing is released), `payments/settlement-unknown` (503, never 402) or the store's error.
   */
  charge(result: CallResult): Promise<{ readonly charge: Charge; readonly bundle: ReceiptBundle }>
  /** Gives the commitment back unspent. Safe to call after `charge`. */
  release(): void
  /** The most that `charge` takes now, atomic units. */
  readonly maximumAtomic: bigint
  /** False where the value must move before anything is released (`exact`): such an answer is kept back whole. */
  readonly mayStream: boolean
  /** Channels only: where the channel stands with nothing charged for this call, for its payer. */
  readonly uncharged?: () => Charge
  /**
   * Channels only: a further voucher of the same channel takes the place of the first, once a deposit that comes along is collected, and the
   * call may cost up to `maximumAtomic`. Rejects as `CashDesk.admit`.
   */
  readonly extend?: (voucher: SignedVoucher, maximumAtomic: bigint, deposit?: SignedDeposit) => Promise<void>
}

/** Either the call may begin, or it was done before under the same payment id. */
export type Admission =
  | { readonly state: 'held'; readonly payment: HeldPayment }
  | { readonly state: 'repeated'; readonly charge: Charge; readonly answer: StoredAnswer | undefined }

export type CashDesk = {
  /**
   * Holds the commitment against the terms. Throws `KoinonError`: `payments/commitment-busy`, `voucher-short`, `voucher-over-deposit`,
   * `voucher-forged`, `channel-*`, `commitment-mismatch` (another amount, asset, chain or payee), `authorization-*`,
   * `payment-id-busy` (409), `payment-id-reused` (422), `settlement-unknown` (503), `ledger-unreachable` (503).
   */
  admit(call: PaidCall): Promise<Admission>
  /** Calls under way on a channel, newest last: for a voucher that comes beside the call it is for. */
  underWay(channelId: Hex): readonly HeldPayment[]
}
