/** When a receiver takes its vouchers to the ledger: pure decisions, amounts in atomic units, times in milliseconds. */
import type { Hex } from '@koinon/base'
import { type ChannelAccount, voucherFor } from './admission.ts'

export type ClaimPolicy = {
  /** Claim as soon as this much is unclaimed on one channel. */
  readonly thresholdAtomic: bigint
  /** Claim smaller amounts when they have waited this long. */
  readonly maximumAgeMs: number
  /** Rows of one transaction (about 30,000 gas each). */
  readonly maximumRows: number
}

export type ClaimableChannel = ChannelAccount & {
  readonly channelId: Hex
  /** Since when something has been unclaimed, undefined when nothing is. */
  readonly unclaimedSinceMs: number | undefined
}

/** Why a channel is claimed now. */
export type ClaimReason = 'threshold' | 'age' | 'withdrawal' | 'stopping'

export type ClaimDecision = { readonly channelId: Hex; readonly totalClaimed: bigint; readonly reason: ClaimReason }

/** Cumulative total worth claiming: what is owed, vouchered and still deposited. Never more than is owed, whatever the voucher says. */
export function claimableTotal(account: ChannelAccount): bigint {
  const owed = voucherFor(account.owedPicoUsd)
  const covered = owed < account.voucherAtomic ? owed : account.voucherAtomic
  return covered < account.depositAtomic ? covered : account.depositAtomic
}

/** What a claim now would bring; never negative. */
export function unclaimedAtomic(account: ChannelAccount): bigint {
  const unclaimed = claimableTotal(account) - account.claimedAtomic
  return unclaimed > 0n ? unclaimed : 0n
}

/** Channels to claim now, those in danger first, then by amount; the caller cuts the list into transactions of `maximumRows`. */
export function decideClaims(
  channels: readonly ClaimableChannel[],
  policy: ClaimPolicy,
  nowMs: number,
  phase: 'running' | 'stopping',
): readonly ClaimDecision[] {
  const decisions = channels.flatMap((channel) => {
    const reason = reasonToClaim(channel, policy, nowMs, phase)
    return reason === undefined ? [] : [{ channel, reason }]
  })
  decisions.sort((a, b) => {
    const danger = Number(b.reason === 'withdrawal') - Number(a.reason === 'withdrawal')
    if (danger !== 0) return danger
    const difference = unclaimedAtomic(b.channel) - unclaimedAtomic(a.channel)
    return difference > 0n ? 1 : difference < 0n ? -1 : 0
  })
  return decisions.map(({ channel, reason }) => ({
    channelId: channel.channelId,
    totalClaimed: claimableTotal(channel),
    reason,
  }))
}

function reasonToClaim(
  channel: ClaimableChannel,
  policy: ClaimPolicy,
  nowMs: number,
  phase: 'running' | 'stopping',
): ClaimReason | undefined {
  const unclaimed = unclaimedAtomic(channel)
  if (unclaimed === 0n || channel.status === 'closed') return undefined
  if (channel.status === 'withdrawing') return 'withdrawal'
  if (phase === 'stopping') return 'stopping'
  if (unclaimed >= policy.thresholdAtomic) return 'threshold'
  if (channel.unclaimedSinceMs !== undefined && nowMs - channel.unclaimedSinceMs >= policy.maximumAgeMs) return 'age'
  return undefined
}
