import { isKoinonError } from '@koinon/base'
import type { Reservation } from '@koinon/payments/core'
import type { Caller, Hold } from './caller.ts'
import type { GatewayPayments } from './gateway-options.ts'
import type { Authenticated } from './key-registry.ts'

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
