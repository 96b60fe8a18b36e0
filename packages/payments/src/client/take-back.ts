import type { Hex } from '@koinon/base'
import type { ChannelConfig } from '../rules/channel.ts'
import type { SignedVoucher } from '../rules/voucher.ts'
import type { TakenBack } from './channel-opener.ts'
import type { PayerParts } from './sign-call.ts'

/** How the rest of a channel comes back: by asking its seller, or against its will. */
export type WaysBack = {
  readonly refund?: (config: ChannelConfig, voucher: SignedVoucher) => Promise<boolean>
  readonly withdraw?: (config: ChannelConfig, owedAtomic: bigint) => Promise<TakenBack>
}

/** Brings the rest of a channel back; see `Payer.takeBack`. */
export async function takeBackRest(parts: PayerParts, channelId: Hex, ways: WaysBack): Promise<boolean> {
  const { channels, settings } = parts
  const holder = `take back ${channelId}`
  if (!channels.hold(channelId, holder)) return false
  try {
    if (ways.refund !== undefined && !channels.get(channelId).isClosed) {
      const isAgreed = await askForRest(parts, channelId, holder, ways.refund)
      if (isAgreed && (settings.ledger === undefined || (await channels.refresh(channelId)))) {
        if (settings.ledger === undefined) channels.returned(channelId)
        return true
      }
    }
    if (ways.withdraw === undefined) return false
    channels.close(channelId)
    const channel = channels.get(channelId)
    await settings.store.save({ channels: [channel] })
    const { state } = await ways.withdraw(channel.config, channel.owedAtomic)
    if (state === 'returned') channels.returned(channelId)
    return state === 'returned'
  } finally {
    channels.release(channelId, holder)
    await settings.store.save({ channels: [channels.get(channelId)] })
  }
}

async function askForRest(
  { channels, settings }: PayerParts,
  channelId: Hex,
  holder: string,
  refund: NonNullable<WaysBack['refund']>,
): Promise<boolean> {
  const { config, domain, owedAtomic } = channels.get(channelId)
  const call = {
    origin: '',
    resourceUrl: '',
    method: '',
    paymentId: holder,
    requestHash: channelId,
    maximumAtomic: 0n,
  }
  const signature = await settings.signer.signVoucher({ call, domain, config, maxClaimableAtomic: owedAtomic })
  return refund(config, { channelId, maxClaimableAtomic: owedAtomic, signature }).catch(() => false)
}
