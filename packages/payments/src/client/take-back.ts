import type { Hex } from '@koinon/base'
import type { ChannelConfig } from '../rules/channel.ts'
import { knownAtomic, type StatedChannel } from '../rules/payer-channel.ts'
import type { SignedVoucher } from '../rules/voucher.ts'
import type { TakenBack } from './channel-opener.ts'
import type { PayerParts } from './payer-parts.ts'

/** How the rest of a channel comes back: by asking its seller, or against its will. */
export type WaysBack = {
  /** Whether the seller agreed, or its books of the channel where it refuses for another sum. */
  readonly refund?: (config: ChannelConfig, voucher: SignedVoucher) => Promise<boolean | StatedChannel>
  readonly withdraw?: (config: ChannelConfig, owedAtomic: bigint) => Promise<TakenBack>
}

/** Brings the rest of a channel back; see `Payer.takeBack`. */
export async function takeBackRest(parts: PayerParts, channelId: Hex, ways: WaysBack): Promise<boolean> {
  const { channels, settings } = parts
  const holder = `take back ${channelId}`
  if (!channels.hold(channelId, holder)) return false
  try {
    if (ways.refund !== undefined && !channels.get(channelId).isClosed) {
      const first = await askForRest(parts, channelId, holder, ways.refund)
      const isCorrected = typeof first === 'object' && (await takeBooks(parts, channelId, first))
      const agreed = isCorrected ? await askForRest(parts, channelId, holder, ways.refund) : first
      if (agreed === true && (settings.ledger === undefined || (await channels.refresh(channelId)))) {
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
): Promise<boolean | StatedChannel> {
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

/** Takes over what the seller says is owed, for calls whose outcome is not known here. False where that is nothing new, or cannot be. */
async function takeBooks({ calls, channels }: PayerParts, channelId: Hex, stated: StatedChannel): Promise<boolean> {
  const open = calls.on(channelId)
  const openAtomic = open.reduce((sum, { maximumAtomic }) => sum + maximumAtomic, 0n)
  const before = channels.get(channelId)
  try {
    channels.correct(channelId, stated, openAtomic)
  } catch {
    // What was signed bounds what it can claim; the rest is withdrawn.
    return false
  }
  const { owedAtomic, signedAtomic } = channels.get(channelId)
  if (owedAtomic === before.owedAtomic) return false
  await calls.loseGivenUp(open)
  if (knownAtomic(before) === 0n || signedAtomic > before.signedAtomic) channels.countUpTo(channelId, owedAtomic)
  return true
}
