import type { Hex } from '@koinon/base'
import type { ChannelConfig } from '../../rules/channel.ts'
import type { ChannelCharge } from '../../rules/terms.ts'
import type { SignedVoucher } from '../../rules/voucher.ts'

/** A payer's wish to have the rest of its channel back, with its own voucher for what is owed. */
export type RefundRequest = {
  readonly config: ChannelConfig
  readonly voucher: SignedVoucher
  readonly amountAtomic: bigint | undefined
}

export type ChannelRefunder = {
  refund(request: RefundRequest): Promise<{ readonly transaction: Hex; readonly channel: ChannelCharge }>
}
