/** How much a payer locks up in a channel: pure arithmetic of specs/0005-money.md section 5. */
import { atomicToPicoUsd, picoUsdToAtomic, picoUsdToAtomicUp } from '@koinon/base'
import type { ChannelAccount } from './admission.ts'

/** Bounds of the room (deposit less debts) in a channel, atomic units. */
export type RoomPolicy = {
  /** For a receiver that has earned nothing yet. */
  readonly firstAtomic: bigint
  /** Never more, except what is owed. */
  readonly mostAtomic: bigint
}

/**
 * What to deposit now, 0 for nothing. A receiver finds room for twice of what it has earned on the channel, at least `firstAtomic`, at
 * most `mostAtomic`: who registers many receivers locks up little of our money, and who earns is soon paid without a wait. The room is
 * filled again when less than half of it is left, or when an answer of at most `neededPicoUsd` (0 when none is at hand) does not fit and
 * would then. `channel` is undefined for a new one.
 */
export function depositDueAtomic(
  channel: Pick<ChannelAccount, 'depositAtomic' | 'owedPicoUsd' | 'reservedPicoUsd'> | undefined,
  neededPicoUsd: bigint,
  policy: RoomPolicy,
): bigint {
  const { depositAtomic, owedPicoUsd, reservedPicoUsd } = channel ?? nothing
  const earned = 2n * picoUsdToAtomic(owedPicoUsd)
  const target =
    earned < policy.firstAtomic ? policy.firstAtomic : earned > policy.mostAtomic ? policy.mostAtomic : earned
  const roomAtomic = depositAtomic - picoUsdToAtomicUp(owedPicoUsd)
  const isShort =
    neededPicoUsd <= atomicToPicoUsd(target) &&
    neededPicoUsd + reservedPicoUsd > atomicToPicoUsd(depositAtomic) - owedPicoUsd
  if (roomAtomic >= target) return 0n
  return isShort || 2n * roomAtomic < target ? target - roomAtomic : 0n
}

const nothing = { depositAtomic: 0n, owedPicoUsd: 0n, reservedPicoUsd: 0n }

/** What has to stay in a channel for its receiver, atomic units. */
export function owedAtomicUp(channel: Pick<ChannelAccount, 'owedPicoUsd'>): bigint {
  return picoUsdToAtomicUp(channel.owedPicoUsd)
}
