/** Reads a stream that is paid step by step, and pays while the budget lasts (specs/0022 section 7.4). */
import { backoffMs, sleep, withDeadline } from '@koinon/base'
import type { StepsEnd } from '../../client/client-wire.ts'
import type { Commitment } from '../../rules/terms.ts'
import type { MppReceipt } from '../rules/receipt.ts'
import { type NeedVoucher, StreamEventReader } from '../rules/stream-events.ts'
import { credentialHeader, type MppOffer } from './offers.ts'

export type SteppedReaderOptions = {
  readonly offer: MppOffer
  /** What began the stream. */
  readonly commitment: Extract<Commitment, { backEnd: 'channel' }>
  /** Signs the next step, or says that the budget ends here. */
  readonly nextCommitment: (need: NeedVoucher) => Promise<Extract<Commitment, { backEnd: 'channel' }> | undefined>
  /** Brings a credential to the stream's own URL (HEAD does). Rejects when it may not have arrived. */
  readonly sendVoucher: (header: { readonly name: string; readonly value: string }) => Promise<Response>
  readonly onReceipt?: (receipt: MppReceipt) => void
}

const attempts = 4
const attemptTimeoutMs = 5_000

/** Passes the seller's bytes on and takes the payment events out. Returns why it ended; the source is cancelled when that is early. */
export async function* readSteppedStream(
  source: ReadableStream<Uint8Array>,
  options: SteppedReaderOptions,
): AsyncGenerator<Uint8Array, StepsEnd, undefined> {
  const events = new StreamEventReader()
  const reader = source.getReader()
  let { maxClaimableAtomic: signedAtomic } = options.commitment.voucher
  let hasContent = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      for (const event of done ? events.end() : events.push(value)) {
        if (event.type === 'content') {
          hasContent = true
          yield event.bytes
        } else if (event.type === 'receipt') options.onReceipt?.(event.receipt)
        else {
          if (!hasContent || !isDueDemand(event.need, options, signedAtomic)) return 'demand-refused'
          hasContent = false
          const commitment = await options.nextCommitment(event.need)
          if (commitment === undefined) return 'budget'
          signedAtomic = commitment.voucher.maxClaimableAtomic
          if (!(await deliver(options, commitment))) return 'voucher-refused'
        }
      }
      if (done) return 'complete'
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** One step more on the same channel, and not a unit beyond. */
function isDueDemand(need: NeedVoucher, options: SteppedReaderOptions, signedAtomic: bigint): boolean {
  const { commitment, offer } = options
  if (need.channelId !== commitment.voucher.channelId) return false
  return (
    need.requiredCumulativeAtomic > signedAtomic - offer.terms.maximumAtomic &&
    need.requiredCumulativeAtomic <= signedAtomic + offer.terms.maximumAtomic
  )
}

/** The same voucher again until the seller says something: it counts once however often it arrives. */
async function deliver(options: SteppedReaderOptions, commitment: Commitment): Promise<boolean> {
  const header = credentialHeader(options.offer, commitment)
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await sleep(backoffMs(attempt, 100, 1_000, 0.5))
    try {
      const response = await withDeadline(options.sendVoucher(header), attemptTimeoutMs, 'Sending a voucher')
      await response.body?.cancel()
      if (response.ok) return true
      if (response.status !== 409 && response.status < 500) return false
    } catch {
      // Nobody knows whether it arrived.
    }
  }
  return false
}
