import type { Address, Clock, Hex, Random } from '@koinon/base'
import type { PayerPolicy } from '../rules/payer-policy.ts'
import type { BackEnd } from '../rules/terms.ts'
import type { AttachedPayment, Challenge, PaymentOption } from './client-wire.ts'
import type { PayerLedger } from './payer-ledger.ts'
import type { PayerStore } from './payer-store.ts'
import type { PaymentSigner } from './payment-signer.ts'

export type PayerOptions = {
  readonly signer: PaymentSigner
  readonly policy: PayerPolicy
  /** Memory unless given. */
  readonly store?: PayerStore
  /** Makes lies about deposits and settlements visible; without it sellers are believed within what was signed. */
  readonly ledger?: PayerLedger
  /** Which back end is taken where the seller leaves the choice; `channel` unless given. */
  readonly prefer?: BackEnd
  /** Part of every channel's salt: payers of one key that have stores of their own need different ones. */
  readonly purpose?: string
  readonly clock?: Clock
  readonly random?: Random
}

/** Options with everything that has a default. */
export type PayerSettings = Required<Omit<PayerOptions, 'ledger'>> & { readonly ledger: PayerLedger | undefined }

/** What is bought, before anything is signed. */
export type CallToPay = {
  readonly challenge: Challenge
  /** Who answers reads it by the step where its seller offers that (`steppedAnswer`). */
  readonly takesSteps?: boolean
  /** Scheme, host and port of the seller. */
  readonly origin: string
  readonly resourceUrl: string
  /** HTTP method; `POST` unless given. */
  readonly method?: string
  readonly requestHash: Hex
  /** Names the call for ever; the same one again goes with the same commitment. */
  readonly paymentId: string
  /** The caller chose the payment id, so that it may have been used before. */
  readonly isNamed?: boolean
  readonly deadlineMs: number
}

/** A commitment under way. */
export type OpenPayment = AttachedPayment & {
  readonly call: CallToPay
  /** It may have reached the seller before, so that a 402 may mean that it was charged already. */
  readonly mayBeCharged: boolean
  /** Signed for terms of an earlier call: a 402 is the first that the payer hears of this call's own. */
  readonly isRemembered?: boolean
}

/** What was paid for an answer; amounts in atomic units of the asset. */
export type PaymentReceipt = {
  readonly paymentId: string
  readonly payer: Address
  readonly terms: PaymentOption['terms']
  readonly backEnd: PaymentOption['backEnd']
  readonly chargedAtomic: bigint
  /** Whether the seller stated the charge; without it an exact payment counts as made and a voucher as open. */
  readonly isStated: boolean
  readonly transaction?: Hex
  readonly channelId?: Hex
  /** Of a stream that was paid by the step: how many were signed for. */
  readonly steps?: number
  /** The receipt in the wire's own form. */
  readonly raw?: unknown
}
