/** Makes commitments within limits and finds out what became of them (specs/0022-machine-payments.md section 8). */
import { type Address, type Hex, systemClock, systemRandom } from '@koinon/base'
import type { PayerChannel } from '../rules/payer-channel.ts'
import type { UpToAuthorization } from '../rules/terms.ts'
import type { Challenge, WireReceipt } from './client-wire.ts'
import { awaitsOthers, correctCall, sameOption } from './correct-call.ts'
import { isUsed } from './ended-authorizations.ts'
import { OpenCalls } from './open-calls.ts'
import { PayerChannels } from './payer-channels.ts'
import { coverOf } from './payer-cover.ts'
import { answerLost, isOfOneWay, isOverMoney, outcomeUnknown, payerShort } from './payer-errors.ts'
import type { PayerParts } from './payer-parts.ts'
import { memoryPayerStore, type PayerCall } from './payer-store.ts'
import type { CallToPay, OpenPayment, PayerOptions, PaymentReceipt } from './payer-types.ts'
import { paymentReceipt } from './payment-receipt.ts'
import { raiseCall } from './raise-call.ts'
import { askAgain, resumeCall } from './resume-call.ts'
import { signFirst, termsObjection } from './sign-call.ts'
import { takeBackRest, type WaysBack } from './take-back.ts'
import { UpToPayments } from './up-to-payments.ts'

export type { CallToPay, OpenPayment, PayerOptions, PaymentReceipt } from './payer-types.ts'

/** One payer a store: it knows every commitment of its key. */
export class Payer {
  readonly #parts: PayerParts
  #started: Promise<void> | undefined

  constructor(options: PayerOptions) {
    const { ledger, ...given } = options
    const settings = {
      store: memoryPayerStore(),
      prefer: 'channel' as const,
      purpose: 'payer',
      clock: systemClock,
      random: systemRandom,
      ...given,
      ledger,
    }
    const channels = new PayerChannels(settings)
    const upTo = new UpToPayments(settings)
    this.#parts = { settings, channels, upTo, calls: new OpenCalls(settings.store, channels, upTo) }
  }

  get address(): Address {
    return this.#parts.settings.signer.payer
  }

  /** Loads what the store knows; the first commitment does it too. */
  start(): Promise<void> {
    this.#started ??= this.#load()
    return this.#started
  }

  /** Charged and under way, atomic units. */
  spent(origin?: string): bigint {
    return this.#parts.calls.spent(origin)
  }

  channels(): readonly PayerChannel[] {
    return this.#parts.channels.list()
  }

  /** Calls whose outcome is not known, those under way included. */
  openCalls(): readonly PayerCall[] {
    return this.#parts.calls.list()
  }

  /**
   * Signs for the first option that suits, or takes up what an earlier call of the same request or payment id signed. Durable when it resolves.
   * Throws `payments/nothing-payable` and its reasons (limits, assets, payees), `payments/answer-lost`, `payments/outcome-unknown`.
   */
  async commit(call: CallToPay): Promise<OpenPayment> {
    await this.start()
    const { calls } = this.#parts
    const earlier = calls.earlier(call)
    if (earlier !== undefined) {
      const resumed = await resumeCall(this.#parts, call, earlier)
      if (resumed !== undefined) return resumed
    }
    const concluded = await this.#concluded(call)
    // Another call of this id may have begun meanwhile.
    if (calls.isLive(call.paymentId)) throw outcomeUnknown(call.paymentId)
    if (concluded !== undefined) return askAgain(call, concluded)
    return signFirst(this.#parts, call)
  }

  /**
   * Signs for terms that an earlier call heard, for a call that the seller has not heard of. Undefined where it should be asked first: the limits
   * object, the channel takes no more, or something is known of this call already. Throws what the signer and the store throw.
   */
  async commitRemembered(call: CallToPay): Promise<OpenPayment | undefined> {
    await this.start()
    const { calls } = this.#parts
    const { challenge, paymentId } = call
    if (challenge.options.some((option) => termsObjection(this.#parts, call, option) !== undefined)) return undefined
    if ((await this.#concluded(call)) !== undefined) return undefined
    if (calls.isLive(paymentId) || calls.earlier(call) !== undefined) return undefined
    try {
      return { ...(await signFirst(this.#parts, call)), isRemembered: true }
    } catch (error) {
      if (isOfOneWay(error) || isOverMoney(error)) return undefined
      throw error
    }
  }

  /**
   * After a 402 to a commitment of a channel: takes on what the seller proves of its books and signs anew for the same call. Undefined when there is
   * nothing to sign anew. Throws `payments/terms-changed`, `payments/seller-overclaims`, `payments/answer-lost`.
   */
  correct(payment: OpenPayment, challenge: Challenge): Promise<OpenPayment | undefined> {
    return correctCall(this.#parts, payment, challenge)
  }

  /**
   * Signs for one step more of a stream under way, durable when it resolves. Throws why limits, budget or money end here (`isOverMoney`,
   * `isOfOneWay`); the payment stands then as it is.
   */
  raise(payment: OpenPayment, stepAtomic: bigint): Promise<OpenPayment | undefined> {
    return raiseCall(this.#parts, payment, stepAtomic)
  }

  /**
   * After a 402 to a commitment that may have been charged: whether the charge that the seller states may be of another call under way. That
   * one is heard first; where all of them wait the first one takes it on itself. Throws `payments/terms-changed`.
   */
  awaitsOthers(payment: OpenPayment, challenge: Challenge): boolean {
    return awaitsOthers(this.#parts, payment, challenge)
  }

  /** The seller was busy with the channel: the same commitment goes again, and later calls one by one. Throws `payments/terms-changed`. */
  busy(payment: OpenPayment, challenge: Challenge): void {
    sameOption(payment, challenge)
    if (payment.commitment.backEnd === 'channel') this.#parts.channels.setSerial(payment.commitment.voucher.channelId)
  }

  /** The seller answered. Throws `payments/seller-overclaims`; what was signed is all that it can ever claim. */
  async answered(payment: OpenPayment, receipt: WireReceipt | undefined): Promise<PaymentReceipt> {
    if (receipt?.isSuccess === true) return paymentReceipt(payment, receipt, await this.#charged(payment, receipt))
    await this.abandon(payment)
    return paymentReceipt(payment, receipt)
  }

  /**
   * The seller refused a payment; the ledger tells whether an authorization was used all the same, and whether the payer holds what it signed
   * for: undefined where nobody can say. Throws `payments/answer-lost`, `payments/payer-short`.
   */
  async refused(payment: OpenPayment): Promise<boolean | undefined> {
    const { chainId, maximumAtomic } = payment.option.terms
    const used = await isUsed(this.#parts, payment.commitment).catch(() => undefined)
    if (used === true) {
      await this.#parts.calls.finish(payment, 'lost', maximumAtomic)
      throw answerLost(payment.paymentId, maximumAtomic)
    }
    await this.abandon(payment)
    const { ledger } = this.#parts.settings
    if (ledger === undefined || used === undefined) return undefined
    const cover = await coverOf(ledger, chainId, payment.commitment).catch(() => 'unknown' as const)
    if (cover === 'unknown') return undefined
    if (cover !== undefined && cover.heldAtomic < cover.neededAtomic) throw payerShort(payment.paymentId, cover)
    return true
  }

  /** Stops waiting for an outcome. The commitment stays open and counts against the limits; the same call again takes it up. */
  async abandon(payment: OpenPayment): Promise<void> {
    const { calls } = this.#parts
    calls.release(payment)
    await calls.save(payment.commitment, [])
  }

  /**
   * Brings the rest of a channel back: `refund` asks the seller, with a voucher for what is owed, and says whether it agreed, or what the seller
   * says is owed: where that follows from what was signed it is asked once more. Else `withdraw` takes it against its will, and the channel is
   * used no more. False when calls are under way or nothing came yet.
   */
  async takeBack(channelId: Hex, ways: WaysBack): Promise<boolean> {
    await this.start()
    return takeBackRest(this.#parts, channelId, ways)
  }

  /** Channels without a call under way, unused for so long, in which something is left. */
  idleChannels(idleMs: number): readonly PayerChannel[] {
    const { channels, settings } = this.#parts
    const before = settings.clock.nowMs() - idleMs
    return channels
      .list()
      .filter(
        ({ channelId, lastUsedMs, depositAtomic, owedAtomic }) =>
          lastUsedMs <= before && !channels.isInUse(channelId) && depositAtomic > owedAtomic,
      )
  }

  async #load(): Promise<void> {
    const { channels, calls } = await this.#parts.settings.store.load()
    this.#parts.channels.load(channels)
    this.#parts.calls.load(calls)
  }

  /** A call of this name that is over and was paid. */
  async #concluded({ isNamed, paymentId }: CallToPay): Promise<PayerCall | undefined> {
    const known = isNamed === true ? await this.#parts.settings.store.find(paymentId) : undefined
    return known?.state === 'charged' || known?.state === 'lost' ? known : undefined
  }

  /** What the receipt says was charged, once the books took it on. */
  async #charged(payment: OpenPayment, receipt: WireReceipt): Promise<bigint> {
    const { channels, calls } = this.#parts
    const { commitment, option } = payment
    const { maximumAtomic } = option.terms
    if (commitment.backEnd === 'exact') {
      await calls.finish(payment, 'charged', maximumAtomic)
      return maximumAtomic
    }
    if (commitment.backEnd === 'upTo') return this.#chargedUpTo(payment, commitment.authorization, receipt)
    const { channelId } = commitment.voucher
    const others = calls.on(channelId).filter(({ paymentId }) => paymentId !== payment.paymentId)
    const othersAtomic = others.reduce((sum, call) => sum + call.maximumAtomic, 0n)
    const stated = receipt.channel?.channelId === channelId ? receipt.channel : undefined
    let chargedAtomic = receipt.chargedAtomic ?? (stated === undefined ? maximumAtomic : 0n)
    if (receipt.chargedAtomic === undefined && stated !== undefined) {
      const riseAtomic = channels.uncounted(channelId, stated)
      chargedAtomic = riseAtomic > maximumAtomic ? maximumAtomic : riseAtomic > 0n ? riseAtomic : 0n
    }
    try {
      channels.charge(commitment, maximumAtomic, chargedAtomic, othersAtomic, stated)
    } catch (error) {
      await calls.finish(payment, 'charged', maximumAtomic)
      throw error
    }
    // Whoever was charged nothing and asks again by the same payment id buys it for the first time.
    await calls.finish(payment, receipt.chargedAtomic === 0n ? 'free' : 'charged', chargedAtomic)
    return chargedAtomic
  }

  /** What it came to, by the ledger. Without a transaction it may still be settled, and counts with its ceiling until it has run out. */
  async #chargedUpTo(
    payment: OpenPayment,
    authorization: UpToAuthorization,
    { settledAtomic, transaction }: WireReceipt,
  ): Promise<bigint> {
    const { calls, upTo, settings } = this.#parts
    const { chainId, maximumAtomic } = payment.option.terms
    if (transaction === undefined) {
      await this.abandon(payment)
      return settledAtomic ?? 0n
    }
    // Where the ledger is away the signer counts the whole ceiling.
    await settings.signer.settledUpTo?.(authorization, transaction).catch(() => undefined)
    const chargedAtomic = (await upTo.chargeOf(chainId, authorization, transaction)) ?? maximumAtomic
    await calls.finish(payment, 'charged', chargedAtomic)
    return chargedAtomic
  }
}
