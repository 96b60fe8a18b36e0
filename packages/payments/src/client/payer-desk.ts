import { KoinonError } from '@koinon/base'
import type { PayerChannel } from '../rules/payer-channel.ts'

/** One channel of a payer in memory, with what this process has under way on it. */
export type PayerDesk = {
  channel: PayerChannel
  /** Worst cases of calls under way in this process, by payment id. */
  readonly underWay: Map<string, bigint>
  /** The call whose deposit is under way. */
  depositing: string | undefined
  readonly waiters: Set<() => void>
}

export function newDesk(channel: PayerChannel): PayerDesk {
  return { channel, underWay: new Map(), depositing: undefined, waiters: new Set() }
}

export function changeChannel(desk: PayerDesk, changes: Partial<PayerChannel>): void {
  desk.channel = { ...desk.channel, ...changes }
}

/** The call is no longer under way, whatever became of it. */
export function leaveDesk(desk: PayerDesk, paymentId: string): void {
  desk.underWay.delete(paymentId)
  if (desk.depositing === paymentId) desk.depositing = undefined
  wake(desk)
}

/** Who waits looks again. */
export function wake(desk: PayerDesk): void {
  for (const waiter of [...desk.waiters]) waiter()
}

/** A deposit is under way, or a call where the seller takes one at a time. */
export function mustWait({ channel, depositing, underWay }: PayerDesk): boolean {
  return !channel.isClosed && (depositing !== undefined || (channel.isSerial && underWay.size > 0))
}

/** Resolves when something has changed: look again before the next wait. Throws `payments/channel-waits` (later). */
export async function waitForChange(desk: PayerDesk, leftMs: number): Promise<void> {
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
      desk.waiters.delete(done)
      resolve()
    }
    const timer = setTimeout(done, leftMs)
    desk.waiters.add(done)
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
