import { type Address, type Hex, isKoinonError } from '@koinon/base'
import type { FinalAnswer, Reservation } from '@koinon/payments'
import type { ReceiptBundle } from '@koinon/work'
import type { GatewayPayments } from './gateway-options.ts'
import type { Authenticated } from './key-registry.ts'

/** An answer but for who pays for it. */
export type UnbilledAnswer = Omit<FinalAnswer, 'payer' | 'channelId' | 'voucher' | 'voucherSigner'>

/** Who pays for an answer, and how its price becomes final: an API key's channel, or a commitment that came with the request. */
export type Caller = {
  readonly payer: Address
  /** Holds the most that an answer may cost. Throws as `ChannelBook.reserve`; end it with `release` or by `finalize`. */
  reserve(maximumPicoUsd: bigint): Promise<Reservation>
  release(reservation: Reservation): void
  /** Resolves with the receipts once they are durable. Throws as `ReceiptLedger.finalize`. */
  finalize(answer: UnbilledAnswer): Promise<ReceiptBundle>
}

/** The caller behind an API key. Its channel may have been topped up since it looked empty, so the ledger is asked once more. */
export function keyCaller({ key, voucherSigner }: Authenticated, payments: GatewayPayments): Caller {
  const { ledger } = payments
  const channelId: Hex = key.channelId
  return {
    payer: key.payer,
    async reserve(maximumPicoUsd) {
      try {
        return ledger.reserve(channelId, maximumPicoUsd)
      } catch (error) {
        if (!isKoinonError(error) || error.code !== 'payments/channel-empty') throw error
        await payments.refreshChannel(channelId).catch(() => undefined)
        return ledger.reserve(channelId, maximumPicoUsd)
      }
    },
    release: (reservation) => ledger.release(reservation),
    finalize: (answer) => ledger.finalize({ ...answer, payer: key.payer, channelId, voucherSigner }),
  }
}
