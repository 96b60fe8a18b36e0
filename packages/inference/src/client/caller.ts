import { type Address, isKoinonError } from '@koinon/base'
import type { AnswerHeaders } from '@koinon/base/node'
import type { FinalAnswer, Reservation, StoredAnswer } from '@koinon/payments'
import type { ReceiptBundle } from '@koinon/work'
import type { GatewayPayments } from './gateway-options.ts'
import type { Authenticated } from './key-registry.ts'

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
  /** Holds the most that an answer may cost. Throws as `ChannelBook.reserve`. */
  hold(maximumPicoUsd: bigint): Promise<Hold>
}

/** The caller behind an API key. Its channel may have been topped up since it looked empty, so the ledger is asked once more. */
export function keyCaller({ key, voucherSigner }: Authenticated, payments: GatewayPayments): Caller {
  const { ledger } = payments
  const { channelId, payer } = key
  const holdOf = (reservation: Reservation): Hold => ({
    release: () => ledger.release(reservation),
    finalize: async ({ copy: _copy, ...answer }) => ({
      bundle: await ledger.finalize({ ...answer, payer, channelId, reservation, voucherSigner }),
      headers: {},
    }),
  })
  return {
    payer,
    receiptHeaderNames: [],
    mayStream: true,
    async hold(maximumPicoUsd) {
      try {
        return holdOf(ledger.reserve(channelId, maximumPicoUsd))
      } catch (error) {
        if (!isKoinonError(error) || error.code !== 'payments/channel-empty') throw error
        await payments.refreshChannel(channelId).catch(() => undefined)
        return holdOf(ledger.reserve(channelId, maximumPicoUsd))
      }
    },
  }
}
