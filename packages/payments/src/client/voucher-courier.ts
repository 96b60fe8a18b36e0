import { backoffMs, type Hex, isKoinonError, withDeadline } from '@koinon/base'
import type { ChannelBook } from '../core/channel-book.ts'
import type { ChannelState } from '../core/channel-state.ts'
import type { VoucherSigner } from '../core/voucher-signing.ts'
import { voucherDue } from '../rules/admission.ts'
import { encodeVoucherHeader, type SignedVoucher } from '../rules/voucher.ts'

export type VoucherCourierOptions = {
  readonly book: ChannelBook
  /** Key of all outbound channels of the book (their payerAuthorizer). */
  readonly signer: VoucherSigner
  /**
   * Brings a voucher to the channel's receiver (`POST /v1/vouchers`) and resolves when it has it. Reject with an error of retry
   * `never` to wait for the next debt instead of trying again. Must end soon after the signal aborts.
   */
  readonly send: (channel: ChannelState, voucher: SignedVoucher, signal: AbortSignal) => Promise<void>
  /** A number in [0, 1) for the jitter of retries. */
  readonly unit: () => number
  /** Longest time a debt waits for a request to ride on; 250 ms by specs/0005. */
  readonly flushDelayMs?: number
}

type Delivery = {
  timer: ReturnType<typeof setTimeout> | undefined
  sending: Promise<void> | undefined
  failures: number
  signed: SignedVoucher | undefined
}

const defaultFlushDelayMs = 250
const sendTimeoutMs = 5_000
const retryCapMs = 30_000

/**
 * Brings outbound vouchers to their receivers: on the next request if there is one soon, else on its own. Vouchers are cumulative,
 * so a lost, repeated or overtaken one does no harm and an unknown outcome is simply sent again.
 */
export class VoucherCourier {
  readonly #options: VoucherCourierOptions
  readonly #deliveries = new Map<Hex, Delivery>()
  readonly #abort = new AbortController()
  #isRunning = false

  constructor(options: VoucherCourierOptions) {
    this.#options = options
  }

  /** Takes up what an earlier process left undelivered. */
  start(): void {
    this.#isRunning = true
    for (const state of this.#options.book.list()) this.noticeDebt(state.channelId)
  }

  /** Tries each undelivered voucher once more, for at most 5 s in all, and ends. What stays is delivered at the next start. */
  async stop(): Promise<void> {
    this.#isRunning = false
    for (const delivery of this.#deliveries.values()) clearTimeout(delivery.timer)
    const outbound = this.#options.book.list().filter((state) => state.role === 'outbound')
    const last = outbound.map((state) => this.#deliverLast(state.channelId))
    await withDeadline(Promise.allSettled(last), sendTimeoutMs, 'Delivering the last vouchers').catch(() => undefined)
    this.#abort.abort()
  }

  /** Say that a channel owes more (`ReceiptLedger` option `onSettled`); channels that are not ours to pay are ignored. */
  noticeDebt(channelId: Hex): void {
    const state = this.#options.book.get(channelId)
    if (state === undefined || !isDue(state)) return
    this.#schedule(channelId, this.#options.flushDelayMs ?? defaultFlushDelayMs)
  }

  /** The voucher to send along with a request, if the receiver lacks one. */
  voucherFor(channelId: Hex): SignedVoucher | undefined {
    const state = this.#options.book.get(channelId)
    return state !== undefined && isDue(state) ? this.#sign(state) : undefined
  }

  /** The same as a header value (`x-koinon-voucher`). */
  header(channelId: Hex): string | undefined {
    const voucher = this.voucherFor(channelId)
    return voucher === undefined ? undefined : encodeVoucherHeader(voucher)
  }

  /** Say that the receiver has this voucher: after an answer to the request it rode on. Resolves when that is on disk. */
  async confirm(voucher: SignedVoucher): Promise<void> {
    await this.#options.book.raiseVoucher(voucher.channelId, voucher.maxClaimableAtomic, voucher.signature)
  }

  #schedule(channelId: Hex, delayMs: number): void {
    const delivery = this.#delivery(channelId)
    if (!this.#isRunning || delivery.timer !== undefined || delivery.sending !== undefined) return
    delivery.timer = setTimeout(() => {
      delivery.timer = undefined
      void this.#deliver(channelId)
    }, delayMs)
  }

  /** One delivery at a time a channel; who asks meanwhile gets the one under way. */
  #deliver(channelId: Hex): Promise<void> {
    const delivery = this.#delivery(channelId)
    delivery.sending ??= this.#attempt(channelId, delivery).then((retryDelayMs) => {
      delivery.sending = undefined
      const state = this.#options.book.get(channelId)
      if (retryDelayMs !== undefined && state !== undefined && isDue(state)) this.#schedule(channelId, retryDelayMs)
    })
    return delivery.sending
  }

  /** Sends what is due. Resolves with the delay before a next attempt, or undefined when only a new debt is a reason for one. */
  async #attempt(channelId: Hex, delivery: Delivery): Promise<number | undefined> {
    const flushDelayMs = this.#options.flushDelayMs ?? defaultFlushDelayMs
    const state = this.#options.book.get(channelId)
    if (state === undefined || !isDue(state)) return undefined
    try {
      const voucher = this.#sign(state)
      const signal = AbortSignal.any([AbortSignal.timeout(sendTimeoutMs), this.#abort.signal])
      await withDeadline(this.#options.send(state, voucher, signal), sendTimeoutMs, 'Delivering a voucher')
      await this.confirm(voucher)
      delivery.failures = 0
      return flushDelayMs
    } catch (error) {
      delivery.failures += 1
      if (isKoinonError(error) && error.retry === 'never') return undefined
      return flushDelayMs + backoffMs(delivery.failures, flushDelayMs, retryCapMs, this.#options.unit())
    }
  }

  /** What is under way was signed before the last debt. */
  async #deliverLast(channelId: Hex): Promise<void> {
    await this.#delivery(channelId).sending
    await this.#deliver(channelId)
  }

  #sign(state: ChannelState): SignedVoucher {
    const delivery = this.#delivery(state.channelId)
    const maxClaimableAtomic = voucherDue(state)
    if (delivery.signed?.maxClaimableAtomic !== maxClaimableAtomic) {
      delivery.signed = this.#options.signer.sign({ channelId: state.channelId, maxClaimableAtomic })
    }
    return delivery.signed
  }

  #delivery(channelId: Hex): Delivery {
    let delivery = this.#deliveries.get(channelId)
    if (delivery === undefined) {
      delivery = { timer: undefined, sending: undefined, failures: 0, signed: undefined }
      this.#deliveries.set(channelId, delivery)
    }
    return delivery
  }
}

/** More is owed than the receiver has confirmed a voucher for. */
function isDue(state: ChannelState): boolean {
  return state.role === 'outbound' && voucherDue(state) > state.voucherAtomic
}
