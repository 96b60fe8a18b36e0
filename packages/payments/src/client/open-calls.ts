import type { Hex } from '@koinon/base'
import type { Commitment } from '../rules/terms.ts'
import type { PayerChannels } from './payer-channels.ts'
import type { PayerCall, PayerCallState, PayerStore } from './payer-store.ts'
import type { CallToPay, OpenPayment } from './payer-types.ts'
import type { UpToPayments } from './up-to-payments.ts'

/** Calls whose outcome is not known, and what all calls together count against the limits. */
export class OpenCalls {
  readonly #store: PayerStore
  readonly #channels: PayerChannels
  readonly #upTo: UpToPayments
  /** Calls without outcome; those in `#live` are under way in this process. */
  readonly #open = new Map<string, PayerCall>()
  readonly #live = new Set<string>()
  /** Calls whose seller states a charge that they do not know of, and that wait to hear whose it is. */
  readonly #waiting = new Set<string>()
  /** Charged and open, by origin. */
  readonly #spent = new Map<string, bigint>()
  #totalAtomic = 0n

  constructor(store: PayerStore, channels: PayerChannels, upTo: UpToPayments) {
    this.#store = store
    this.#channels = channels
    this.#upTo = upTo
  }

  load(calls: readonly PayerCall[]): void {
    for (const call of calls) {
      if (call.state === 'open') this.#open.set(call.paymentId, call)
      this.#count(call.origin, weightOf(call))
    }
  }

  /** Charged and under way, atomic units. */
  spent(origin?: string): bigint {
    return origin === undefined ? this.#totalAtomic : (this.#spent.get(origin) ?? 0n)
  }

  list(): readonly PayerCall[] {
    return [...this.#open.values()]
  }

  get(paymentId: string): PayerCall | undefined {
    return this.#open.get(paymentId)
  }

  isLive(paymentId: string): boolean {
    return this.#live.has(paymentId)
  }

  /** From here on the call is under way in this process. */
  enter(paymentId: string): void {
    this.#live.add(paymentId)
  }

  /** Nobody here waits for the call any more; what became of it may still be unknown. */
  leave(paymentId: string): void {
    this.#live.delete(paymentId)
  }

  /** Has a call wait for others under way on its channel; false where there are none that do not wait themselves. */
  waitForOthers(channelId: Hex, paymentId: string): boolean {
    this.#waiting.add(paymentId)
    return this.on(channelId).some((other) => this.#live.has(other.paymentId) && !this.#waiting.has(other.paymentId))
  }

  /** Calls on a channel whose outcome is not known. */
  on(channelId: Hex): readonly PayerCall[] {
    return this.list().filter(
      ({ commitment }) => commitment?.backEnd === 'channel' && commitment.voucher.channelId === channelId,
    )
  }

  /** The open call of this payment id, or one of the same request that is not under way. */
  earlier(call: CallToPay): PayerCall | undefined {
    const byId = this.#open.get(call.paymentId)
    if (byId !== undefined || this.#open.size === this.#live.size) return byId
    for (const open of this.#open.values()) {
      const { paymentId, origin, requestHash, resourceUrl } = open
      const isSame = origin === call.origin && requestHash === call.requestHash && resourceUrl === call.resourceUrl
      if (isSame && !this.#live.has(paymentId)) return open
    }
    return undefined
  }

  /** Counts a call with its worst case, in place of what its id counted before. */
  put(call: PayerCall): void {
    const before = this.#open.get(call.paymentId)
    if (before !== undefined) this.#count(before.origin, -weightOf(before))
    this.#open.set(call.paymentId, call)
    this.#count(call.origin, weightOf(call))
  }

  /** Takes a call back that was never signed for. */
  drop(call: PayerCall): void {
    this.#open.delete(call.paymentId)
    this.#count(call.origin, -weightOf(call))
  }

  /** The payment's outcome is known; durable when it resolves. */
  async finish(payment: OpenPayment, state: PayerCallState, chargedAtomic: bigint): Promise<void> {
    const call = this.#open.get(payment.paymentId)
    this.release(payment)
    if (call !== undefined) await this.finishCall(call, state, chargedAtomic)
  }

  async finishCall(call: PayerCall, state: PayerCallState, chargedAtomic: bigint): Promise<void> {
    const done = { ...call, state, chargedAtomic }
    const { commitment } = call
    if (commitment?.backEnd === 'channel') this.#channels.count(commitment.voucher.channelId, chargedAtomic)
    this.put(done)
    this.#open.delete(call.paymentId)
    await this.save(commitment, [done])
  }

  /** The seller charged something and none of the calls under way here explains it: any of those given up may be it. */
  async loseGivenUp(calls: readonly PayerCall[]): Promise<void> {
    for (const { paymentId } of calls) {
      // Others may have ended meanwhile.
      const open = this.#open.get(paymentId)
      if (open !== undefined && !this.#live.has(paymentId)) await this.finishCall(open, 'lost', open.maximumAtomic)
    }
  }

  /** The payment is no longer under way, whatever became of it. */
  release({ commitment, paymentId }: OpenPayment): void {
    this.#live.delete(paymentId)
    this.#waiting.delete(paymentId)
    this.#upTo.release(paymentId)
    if (commitment.backEnd === 'channel') this.#channels.release(commitment.voucher.channelId, paymentId)
  }

  /** Calls and the commitment's channel, together. */
  save(commitment: Commitment, calls: readonly PayerCall[]): Promise<void> {
    const channels = commitment.backEnd === 'channel' ? [this.#channels.get(commitment.voucher.channelId)] : []
    return this.#store.save({ channels, calls })
  }

  #count(origin: string, atomic: bigint): void {
    this.#spent.set(origin, this.spent(origin) + atomic)
    this.#totalAtomic += atomic
  }
}

/** What a call counts against the limits: its worst case until the charge is known. */
function weightOf({ state, maximumAtomic, chargedAtomic }: PayerCall): bigint {
  return state === 'open' ? maximumAtomic : chargedAtomic
}
