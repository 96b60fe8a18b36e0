/** What an x402 client hears of its payment: `SettleResponse` of version 2. */
import type { Charge } from '../../rules/terms.ts'
import { caip2NetworkOf } from './payment-required.ts'

export type SettleResponse = {
  readonly success: boolean
  readonly errorReason?: string
  readonly payer?: string
  /** Empty for a channel: its money moves at a later claim. */
  readonly transaction: string
  readonly network: string
  readonly amount?: string
  readonly extra?: Readonly<Record<string, unknown>>
}

/** The answer to a payment that was taken. */
export function settleResponseOf(charge: Charge, chainId: number): SettleResponse {
  const { payer, chargedAtomic, transaction, channel } = charge
  const extra =
    channel === undefined
      ? undefined
      : {
          chargedAmount: chargedAtomic.toString(),
          channelState: {
            channelId: channel.channelId,
            balance: channel.depositAtomic.toString(),
            totalClaimed: channel.claimedAtomic.toString(),
            withdrawRequestedAt: channel.withdrawRequestedAtSeconds,
            refundNonce: '0',
            chargedCumulativeAmount: channel.owedAtomic.toString(),
          },
        }
  return {
    success: true,
    payer,
    transaction: transaction ?? '',
    network: caip2NetworkOf(chainId),
    amount: channel === undefined ? chargedAtomic.toString() : '',
    ...(extra === undefined ? {} : { extra }),
  }
}

/** The answer to a payment that was not. */
export function settleFailure(errorReason: string, chainId: number, payer?: string): SettleResponse {
  return {
    success: false,
    errorReason,
    transaction: '',
    network: caip2NetworkOf(chainId),
    ...(payer === undefined ? {} : { payer }),
  }
}
