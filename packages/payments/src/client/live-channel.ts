import { KoinonError } from '@koinon/base'
import type { PayerChannel } from '../rules/payer-channel.ts'

/** One channel of a payer in memory, with what this process has under way on it. */
export type LiveChannel = {
  channel: PayerChannel
  /** Worst cases of calls under way in this process, by payment id. */
  readonly underWay: Map<string, bigint>
  /** The call whose deposit is under way. */
  depositing: string | undefined
  readonly waiters: Set<() => void>
}

export function liveChannel(channel: PayerChannel): LiveChannel {
  return { channel, underWay: new Map(), depositing: undefined, waiters: new Set() }
}

export function changeChannel(live: LiveChannel, changes: Partial<PayerChannel>): void {
  live.channel = { ...live.channel, ...changes }
}

/** The call is no longer under way, whatever became of it. */
export function endCall(live: LiveChannel, paymentId: string): void {
  live.underWay.delete(paymentId)
  if (live.depositing === paymentId) live.depositing = undefined
  wake(live)
}

/** Who waits looks again. */
export function wake(live: LiveChannel): void {
  for (const waiter of [...live.waiters]) waiter()
}

/** A deposit is under way, or a call where the seller takes one at a time. */
export function mustWait({ channel, depositing, underWay }: LiveChannel): boolean {
  return !channel.isClosed && (depositing !== undefined || (channel.isSerial && underWay.size > 0))
}

/** Resolves when something has changed: look again before the next wait. Throws `payments/channel-waits` (later). */
export async function waitForChange(live: LiveChannel, leftMs: number): Promise<void> {
  if (leftMs <= 0) {
    throw new KoinonError({
      code: 'payments/channel-waits',
      message: 'Other calls on the same channel took too long',
      hint: 'Send fewer calls to this seller at once.',
      retry: 'later',
    })
  }
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      live.waiters.delete(done)
      resolve()
    }
    const timer = setTimeout(done, leftMs)
    live.waiters.add(done)
  })
}

export function channelClosed(): KoinonError {
  return new KoinonError({
    code: 'payments/channel-closed',
    message: 'The channel was closed while the call waited for it',
    hint: 'Send the call again.',
    retry: 'now',
  })
}
