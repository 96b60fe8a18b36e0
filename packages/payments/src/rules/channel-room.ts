/** How much a payer locks up in a channel: pure arithmetic of specs/0005-money.md section 5. */
import { atomicToPicoUsd, picoUsdToAtomic } from '@koinon/base'
import type { ChannelAccount } from './admission.ts'

/** Bounds of the room (deposit less debts) in a channel, atomic units. */
export type RoomPolicy = {
  /** For a receiver that has earned nothing yet. */
  readonly firstAtomic: bigint
  /** Never more, except what is owed. */
  readonly mostAtomic: bigint
}

/**
 * What to deposit now, so that an answer of at most `neededPicoUsd` fits (0 when none is at hand); 0 when nothing is missing or more
 * than `mostAtomic` would be needed. A receiver finds room for twice of what it has earned on the channel, `firstAtomic` at least: who
 * registers many receivers locks up little of our money, and who earns is soon paid without a wait. `channel` is undefined for a new one.
 */
export function depositDueAtomic(
  channel: Pick<ChannelAccount, 'depositAtomic' | 'owedPicoUsd' | 'reservedPicoUsd'> | undefined,
  neededPicoUsd: bigint,
  policy: RoomPolicy,
): bigint {
  const { firstAtomic, mostAtomic } = policy
  const account = channel ?? { depositAtomic: 0n, owedPicoUsd: 0n, reservedPicoUsd: 0n }
  const owedAtomic = toAtomicUp(account.owedPicoUsd)
  const roomAtomic = account.depositAtomic - owedAtomic
  const earned = 2n * picoUsdToAtomic(account.owedPicoUsd)
  const target = earned < firstAtomic ? firstAtomic : earned > mostAtomic ? mostAtomic : earned
  const missing = toAtomicUp(
    neededPicoUsd + account.owedPicoUsd + account.reservedPicoUsd - atomicToPicoUsd(account.depositAtomic),
  )
  if (missing <= 0n && 2n * roomAtomic >= target) return 0n
  const due = target - roomAtomic > missing ? target - roomAtomic : missing
  const most = mostAtomic - roomAtomic
  if (missing > most) return 0n
  return due < most ? due : most
}

/** What has to stay in a channel for its receiver, atomic units. */
export function owedAtomicUp(channel: Pick<ChannelAccount, 'owedPicoUsd'>): bigint {
  return toAtomicUp(channel.owedPicoUsd)
}

function toAtomicUp(picoUsd: bigint): bigint {
  const atomic = picoUsdToAtomic(picoUsd > 0n ? picoUsd : 0n)
  return picoUsd > atomicToPicoUsd(atomic) ? atomic + 1n : atomic
}
