import type { Address } from '@koinon/base'
import type { AnswerHeaders } from '@koinon/base/node'
import type { FinalAnswer } from '@koinon/payments/core'
import type { StoredAnswer } from '@koinon/payments/provider'
import type { ReceiptBundle } from '@koinon/work'

/** An answer but for who pays for it and out of what. */
export type UnbilledAnswer = Omit<FinalAnswer, 'payer' | 'channelId' | 'reservation' | 'voucher' | 'voucherSigner'> & {
  /** The answer itself where it is short enough to be kept for a payer that asks again. */
  readonly copy?: StoredAnswer
}

/** An answer that is paid. */
export type SettledAnswer = {
  readonly bundle: ReceiptBundle
  /** What the payer is told of its payment. */
  readonly headers: AnswerHeaders
  /** The payment's own last event, of a stream that is paid by the step. */
  readonly closing?: Uint8Array
}

/** Vouchers that come while an answer is generated. Amounts in pico-dollars. */
export type StepPayments = {
  readonly coveredPicoUsd: bigint
  /** Asks for vouchers until they cover so much; false when the payer does not go on. `ask` sends the event that asks. */
  cover(totalPicoUsd: bigint, ask: (event: Uint8Array) => void): Promise<boolean>
}

/** Money that is held for one try at an answer. */
export type Hold = {
  /** Frees it; does nothing after `finalize`. */
  release(): void
  /** Resolves with the receipts once they are durable. Throws as `ReceiptLedger.finalize`. */
  finalize(answer: UnbilledAnswer): Promise<SettledAnswer>
}

/** Who pays for an answer: an API key's channel, or a commitment that came with the request. */
export type Caller = {
  /** Who has turns in a line; whose signature pays. */
  readonly payer: Address
  /** Names of the headers that `finalize` brings; trailers of a stream. */
  readonly receiptHeaderNames: readonly string[]
  /** False where nothing may go out before the money has moved. */
  readonly mayStream: boolean
  /** Of a payer that pays an event stream by the step: then less than the most is held, and what is not covered is not sent. */
  readonly steps?: StepPayments
  /** Holds the most that an answer may cost. Throws as `ChannelBook.reserve`. */
  hold(maximumPicoUsd: bigint): Promise<Hold>
}
