/** The streams of a seller that further vouchers may be for (specs/0022 section 7.4). */
import { type Address, type Clock, sleep } from '@koinon/base'
import { verifyVoucher } from '../../core/voucher-signing.ts'
import type { HeldStep } from '../../provider/wire.ts'
import { commitmentMismatch } from '../../rules/authorization.ts'
import type { EscrowDomain } from '../../rules/channel.ts'
import { commitmentBusy, voucherForged } from '../../rules/paid-call-refusals.ts'
import type { ChannelCommitment, Charge, PaymentTerms } from '../../rules/terms.ts'
import type { SignedVoucher } from '../../rules/voucher.ts'
import type { PaymentChallenge } from '../rules/challenge.ts'
import type { PaymentCredential } from '../rules/credential.ts'
import { type MppReceipt, mppReceiptOf } from '../rules/receipt.ts'
import { needVoucherEvent, receiptEvent } from '../rules/stream-events.ts'
import type { MppDoor } from './mpp-door.ts'

/** How a stream was begun. */
export type StreamStart = HeldStep & {
  /** With the step as maximum. */
  readonly terms: PaymentTerms
  readonly challenge: PaymentChallenge
  /** What the first step is held on. */
  readonly voucher: SignedVoucher
}

/** A stream under way. Vouchers and charges replace each other, so it is mutable. */
export type OpenStream = {
  readonly challenge: PaymentChallenge
  /** With a step as maximum. */
  readonly terms: PaymentTerms
  readonly payer: Address
  /** The newest that was taken. */
  voucher: SignedVoucher
  /** The last one made. */
  charge: Charge | undefined
  /** False while a step is held that was paid ahead of its need. */
  readonly canTake: () => boolean
  /** Holds one step more; false when the stream has ended meanwhile. Throws what the desk throws. */
  readonly take: (commitment: ChannelCommitment) => Promise<boolean> | boolean
  isTaking: boolean
  wake: () => void
}

export type OpenStreamsOptions = {
  readonly door: MppDoor
  readonly domain: EscrowDomain
  readonly clock: Clock
  /** How long a stream waits for a voucher; 30 s unless given. */
  readonly voucherTimeoutMs?: number
}

/** By the challenge that each was begun with. */
export class OpenStreams {
  readonly #options: OpenStreamsOptions
  readonly #open = new Map<string, OpenStream>()

  constructor(options: OpenStreamsOptions) {
    this.#options = options
  }

  /** Lets vouchers come for a stream until `close`. */
  open(stream: Omit<OpenStream, 'charge' | 'isTaking' | 'wake'>): OpenStream {
    const state: OpenStream = { ...stream, charge: undefined, isTaking: false, wake: () => undefined }
    this.#open.set(stream.challenge.id, state)
    return state
  }

  close(stream: OpenStream): void {
    if (this.isUnderWay(stream)) this.#open.delete(stream.challenge.id)
    stream.wake()
  }

  isUnderWay(stream: OpenStream): boolean {
    return this.#open.get(stream.challenge.id) === stream
  }

  /** True when a credential's challenge began a stream that is under way. */
  isOpen(credential: PaymentCredential): boolean {
    return this.#open.has(credential.challenge.id)
  }

  /**
   * Takes a voucher for the stream that its challenge began; undefined when no such stream is under way. Resolves with the receipt
   * when the voucher is held or was before. Throws what the desk throws, and `payments/commitment-mismatch` for another channel.
   */
  async offer(credential: PaymentCredential): Promise<MppReceipt | undefined> {
    const { door, domain } = this.#options
    const stream = this.#open.get(credential.challenge.id)
    if (stream === undefined) return undefined
    door.checkOwn(credential.challenge)
    const { commitment } = door.readPayload(credential, stream.terms)
    if (commitment.backEnd !== 'channel' || commitment.voucher.channelId !== stream.voucher.channelId)
      throw commitmentMismatch('channelId', 'another', stream.voucher.channelId)
    const { config, voucher } = commitment
    if (voucher.maxClaimableAtomic <= stream.voucher.maxClaimableAtomic) {
      if (!verifyVoucher(voucher, config.payerAuthorizer, domain)) throw voucherForged()
      return this.receipt(stream)
    }
    if (stream.isTaking || !stream.canTake()) throw commitmentBusy()
    stream.isTaking = true
    try {
      if (!(await stream.take(commitment))) return undefined
      stream.voucher = voucher
      stream.wake()
      return this.receipt(stream)
    } finally {
      stream.isTaking = false
    }
  }

  /** Waits for a voucher, until the time is over, the stream is closed or the signal aborts. */
  async nextVoucher(stream: OpenStream, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return
    const waiting = new AbortController()
    stream.wake = () => waiting.abort()
    signal?.addEventListener('abort', stream.wake, { once: true })
    await sleep(this.#options.voucherTimeoutMs ?? 30_000, waiting.signal)
    signal?.removeEventListener('abort', stream.wake)
    stream.wake = () => undefined
  }

  /** The event that asks for one step more than `coveredAtomic`, the channel's debt that the stream's vouchers cover by now. */
  needEvent({ charge, voucher, terms }: OpenStream, coveredAtomic: bigint): Uint8Array {
    return needVoucherEvent({
      channelId: voucher.channelId,
      requiredCumulativeAtomic: coveredAtomic + terms.maximumAtomic,
      acceptedCumulativeAtomic: voucher.maxClaimableAtomic,
      depositAtomic: charge?.channel?.depositAtomic ?? 0n,
    })
  }

  /** The last event of a stream that was charged. */
  receiptEvent(stream: OpenStream): Uint8Array {
    return receiptEvent(this.receipt(stream))
  }

  receipt({ challenge, charge, payer, terms, voucher }: OpenStream): MppReceipt {
    const { maxClaimableAtomic, channelId } = voucher
    const nothing = { payer, chargedAtomic: 0n }
    const nowMs = this.#options.clock.nowMs()
    const receipt = mppReceiptOf(charge ?? nothing, challenge, terms.chainId, nowMs, maxClaimableAtomic)
    return charge === undefined ? { ...receipt, reference: channelId, channelId } : receipt
  }
}
