/** Makes commitments within limits and finds out what became of them (specs/0022-machine-payments.md section 8). */
import {
  type Address,
  bytesToHex,
  type Clock,
  type Hex,
  type KoinonError,
  type Random,
  systemClock,
  systemRandom,
} from '@koinon/base'
import { type ChannelConfig, withdrawDelayBounds } from '../rules/channel.ts'
import type { PayerChannel } from '../rules/payer-channel.ts'
import {
  type AllowedAsset,
  allowedAsset,
  changedTerms,
  type PayerPolicy,
  policyObjection,
} from '../rules/payer-policy.ts'
import type { Commitment, TransferAuthorization } from '../rules/terms.ts'
import type { SignedVoucher } from '../rules/voucher.ts'
import type { TakenBack } from './channel-opener.ts'
import type { AttachedPayment, Challenge, PaymentOption, WireReceipt } from './client-wire.ts'
import { PayerChannels } from './payer-channels.ts'
import { answerLost, badDelay, isOfOneWay, noEscrow, nothingPayable, outcomeUnknown } from './payer-errors.ts'
import type { PayerLedger } from './payer-ledger.ts'
import { memoryPayerStore, type PaidCall, type PaidCallState, type PayerStore } from './payer-store.ts'
import type { IntentCall, PaymentSigner } from './payment-signer.ts'

export type PayerOptions = {
  readonly signer: PaymentSigner
  readonly policy: PayerPolicy
  /** Memory unless given. */
  readonly store?: PayerStore
  /** Makes lies about deposits and settlements visible; without it sellers are believed within what was signed. */
  readonly ledger?: PayerLedger
  /** Which back end is taken where the seller leaves the choice; `channel` unless given. */
  readonly prefer?: 'channel' | 'exact'
  /** Part of every channel's salt: payers of one key that have stores of their own need different ones. */
  readonly purpose?: string
  readonly clock?: Clock
  readonly random?: Random
}

/** What is bought, before anything is signed. */
export type CallToPay = {
  readonly challenge: Challenge
  /** Scheme, host and port of the seller. */
  readonly origin: string
  readonly resourceUrl: string
  /** HTTP method; `POST` unless given. */
  readonly method?: string
  readonly requestHash: Hex
  /** Names the call for ever; the same one again goes with the same commitment. */
  readonly paymentId: string
  /** The caller chose the payment id, so that it may have been used before. */
  readonly isNamed?: boolean
  readonly deadlineMs: number
}

/** A commitment under way. */
export type OpenPayment = AttachedPayment & {
  readonly call: CallToPay
  /** It may have reached the seller before, so that a 402 may mean that it was charged already. */
  readonly mayBeCharged: boolean
}

/** What was paid for an answer; amounts in atomic units of the asset. */
export type PaymentReceipt = {
  readonly paymentId: string
  readonly payer: Address
  readonly terms: PaymentOption['terms']
  readonly backEnd: PaymentOption['backEnd']
  readonly chargedAtomic: bigint
  /** Whether the seller stated the charge; without it an exact payment counts as made and a voucher as open. */
  readonly isStated: boolean
  readonly transaction?: Hex
  readonly channelId?: Hex
  /** The receipt in the wire's own form. */
  readonly raw?: unknown
}

export class Payer {
  readonly #options: Required<Omit<PayerOptions, 'ledger'>> & { readonly ledger: PayerLedger | undefined }
  readonly #channels: PayerChannels
  /** Calls without outcome; those in `#live` are under way in this process. */
  readonly #open = new Map<string, PaidCall>()
  readonly #live = new Set<string>()
  /** Charged and open, by origin. */
  readonly #spent = new Map<string, bigint>()
  #totalAtomic = 0n
  #started: Promise<void> | undefined

  constructor(options: PayerOptions) {
    const { ledger, ...given } = options
    this.#options = {
      store: memoryPayerStore(),
      prefer: 'channel',
      purpose: 'payer',
      clock: systemClock,
      random: systemRandom,
      ...given,
      ledger,
    }
    this.#channels = new PayerChannels({ ...this.#options, ...(ledger === undefined ? {} : { ledger }) } as never)
  }

  get address(): Address {
    return this.#options.signer.payer
  }

  /** Loads what the store knows; the first commitment does it too. */
  start(): Promise<void> {
    this.#started ??= this.#load()
    return this.#started
  }

  /** Charged and under way, atomic units. */
  spent(origin?: string): bigint {
    return origin === undefined ? this.#totalAtomic : (this.#spent.get(origin) ?? 0n)
  }

  channels(): readonly PayerChannel[] {
    return this.#channels.list()
  }

  /** Calls whose outcome is not known, those under way included. */
  openCalls(): readonly PaidCall[] {
    return [...this.#open.values()]
  }

  /**
   * Signs for the first option that suits, or takes up what an earlier call of the same request or payment id signed. Durable when it resolves.
   * Throws `payments/nothing-payable` and its reasons (limits, assets, payees), `payments/answer-lost`, `payments/outcome-unknown`.
   */
  async commit(call: CallToPay): Promise<OpenPayment> {
    await this.start()
    const earlier = this.#givenUp(call)
    if (earlier !== undefined) {
      const resumed = await this.#resume(call, earlier)
      if (resumed !== undefined) return resumed
    }
    const concluded = call.isNamed === true ? await this.#options.store.find(call.paymentId) : undefined
    if (concluded !== undefined && (concluded.state === 'charged' || concluded.state === 'lost')) {
      return askAgain(call, concluded)
    }
    const reasons: KoinonError[] = []
    for (const option of this.#ordered(call.challenge.options)) {
      const asset = allowedAsset(option.terms, this.#options.policy)
      const objection = this.#objection(call, option)
      if (objection !== undefined || asset === undefined) {
        if (objection !== undefined) reasons.push(objection)
        continue
      }
      try {
        return await this.#sign(call, option, asset)
      } catch (error) {
        if (!isOfOneWay(error)) throw error
        reasons.push(error as KoinonError)
      }
    }
    throw nothingPayable(reasons)
  }

  /**
   * After a 402 to a commitment of a channel: takes on what the seller proves of its books and signs anew for the same call. Undefined when there is
   * nothing to sign anew. Throws `payments/terms-changed`, `payments/seller-overclaims`, `payments/answer-lost`.
   */
  async correct(payment: OpenPayment, challenge: Challenge): Promise<OpenPayment | undefined> {
    const again = this.#sameOption(payment, challenge)
    if (payment.commitment.backEnd !== 'channel') return undefined
    const { voucher, deposit } = payment.commitment
    const { channelId } = voucher
    const others = this.#openOn(channelId).filter(({ paymentId }) => paymentId !== payment.paymentId)
    if (again?.stated === undefined) {
      // A deposit that was collected without its call, or money that is not there: the ledger knows.
      if (deposit === undefined && challenge.error === undefined) return undefined
      if (!(await this.#channels.refresh(channelId))) return undefined
    } else {
      const before = this.#channels.get(channelId).owedAtomic
      const open = others.reduce((sum, { maximumAtomic }) => sum + maximumAtomic, payment.option.terms.maximumAtomic)
      try {
        this.#channels.correct(channelId, again.stated, open)
      } catch (error) {
        await this.abandon(payment)
        throw error
      }
      if ((again.stated.depositAtomic ?? 0n) < this.#channels.get(channelId).depositAtomic) {
        await this.#channels.refresh(channelId)
      }
      if (others.some(({ paymentId }) => this.#live.has(paymentId))) this.#channels.setSerial(channelId)
      if (this.#channels.get(channelId).owedAtomic > before) {
        await this.#loseGivenUp(others)
        if (payment.mayBeCharged) {
          await this.#finish(payment, 'lost', payment.option.terms.maximumAtomic)
          throw answerLost(payment.paymentId, payment.option.terms.maximumAtomic)
        }
      }
    }
    this.#channels.release(channelId, payment.paymentId)
    const option = again ?? payment.option
    const asset = allowedAsset(option.terms, this.#options.policy) as AllowedAsset
    return this.#sign({ ...payment.call, challenge }, option, asset)
  }

  /** The seller was busy with the channel: the same commitment goes again, and later calls one by one. Throws `payments/terms-changed`. */
  busy(payment: OpenPayment, challenge: Challenge): void {
    this.#sameOption(payment, challenge)
    if (payment.commitment.backEnd === 'channel') this.#channels.setSerial(payment.commitment.voucher.channelId)
  }

  /** The seller answered. Throws `payments/seller-overclaims`; what was signed is all that it can ever claim. */
  async answered(payment: OpenPayment, receipt: WireReceipt | undefined): Promise<PaymentReceipt> {
    const { commitment, option, paymentId } = payment
    const { maximumAtomic } = option.terms
    const isStated = receipt?.isSuccess === true
    let chargedAtomic = 0n
    if (commitment.backEnd === 'channel') {
      if (!isStated) {
        await this.abandon(payment)
      } else {
        const others = this.#openOn(commitment.voucher.channelId)
        const open = others.reduce((sum, call) => sum + call.maximumAtomic, 0n)
        const stated = receipt.channel?.channelId === commitment.voucher.channelId ? receipt.channel : undefined
        chargedAtomic = receipt.chargedAtomic ?? (stated === undefined ? maximumAtomic : 0n)
        if (receipt.chargedAtomic === undefined && stated !== undefined) {
          const rise = stated.owedAtomic - this.#channels.get(stated.channelId).owedAtomic
          chargedAtomic = rise > maximumAtomic ? maximumAtomic : rise > 0n ? rise : 0n
        }
        try {
          this.#channels.charge(commitment, maximumAtomic, chargedAtomic, open, stated)
        } catch (error) {
          await this.#finish(payment, 'charged', maximumAtomic)
          throw error
        }
        await this.#finish(payment, 'charged', chargedAtomic)
      }
    } else if (isStated) {
      chargedAtomic = maximumAtomic
      await this.#finish(payment, 'charged', chargedAtomic)
    } else await this.abandon(payment)
    return {
      paymentId,
      payer: commitment.backEnd === 'exact' ? commitment.authorization.from : commitment.config.payer,
      terms: option.terms,
      backEnd: option.backEnd,
      chargedAtomic,
      isStated,
      ...(receipt?.transaction === undefined ? {} : { transaction: receipt.transaction }),
      ...(commitment.backEnd === 'channel' ? { channelId: commitment.voucher.channelId } : {}),
      ...(receipt === undefined ? {} : { raw: receipt.raw }),
    }
  }

  /** The seller refused a payment; the ledger tells whether an authorization was used all the same. Throws `payments/answer-lost`. */
  async refused(payment: OpenPayment): Promise<void> {
    const used = await this.#isUsed(payment.commitment).catch(() => undefined)
    if (used === true) {
      await this.#finish(payment, 'lost', payment.option.terms.maximumAtomic)
      throw answerLost(payment.paymentId, payment.option.terms.maximumAtomic)
    }
    await this.abandon(payment)
  }

  /** Stops waiting for an outcome. The commitment stays open and counts against the limits; the same call again takes it up. */
  async abandon(payment: OpenPayment): Promise<void> {
    this.#live.delete(payment.paymentId)
    this.#release(payment)
    await this.#save(payment.commitment, [])
  }

  /**
   * Brings the rest of a channel back: `refund` asks the seller, with a voucher for what is owed, and says whether it agreed; else `withdraw` takes
   * it against its will, and the channel is used no more. False when calls are under way or nothing came yet.
   */
  async takeBack(
    channelId: Hex,
    ways: {
      readonly refund?: (config: ChannelConfig, voucher: SignedVoucher) => Promise<boolean>
      readonly withdraw?: (config: ChannelConfig, owedAtomic: bigint) => Promise<TakenBack>
    },
  ): Promise<boolean> {
    await this.start()
    const holder = `take back ${channelId}`
    if (!this.#channels.hold(channelId, holder)) return false
    try {
      const { config, domain, owedAtomic, isClosed } = this.#channels.get(channelId)
      if (ways.refund !== undefined && !isClosed) {
        const call = {
          origin: '',
          resourceUrl: '',
          method: '',
          paymentId: holder,
          requestHash: channelId,
          maximumAtomic: 0n,
        }
        const signature = await this.#options.signer.signVoucher({
          call,
          domain,
          config,
          maxClaimableAtomic: owedAtomic,
        })
        const voucher = { channelId, maxClaimableAtomic: owedAtomic, signature }
        const isAgreed = await ways.refund(config, voucher).catch(() => false)
        if (isAgreed && (this.#options.ledger === undefined || (await this.#channels.refresh(channelId)))) {
          if (this.#options.ledger === undefined) this.#channels.returned(channelId)
          return true
        }
      }
      if (ways.withdraw === undefined) return false
      this.#channels.close(channelId)
      await this.#options.store.save({ channels: [this.#channels.get(channelId)] })
      const { state } = await ways.withdraw(config, owedAtomic)
      if (state === 'returned') this.#channels.returned(channelId)
      return state === 'returned'
    } finally {
      this.#channels.release(channelId, holder)
      await this.#options.store.save({ channels: [this.#channels.get(channelId)] })
    }
  }

  /** Channels without a call under way, unused for so long, in which something is left. */
  idleChannels(idleMs: number): readonly PayerChannel[] {
    const before = this.#options.clock.nowMs() - idleMs
    return this.#channels
      .list()
      .filter(
        (channel) =>
          channel.lastUsedMs <= before &&
          !this.#channels.isInUse(channel.channelId) &&
          channel.depositAtomic > channel.owedAtomic,
      )
  }

  async #load(): Promise<void> {
    const { channels, calls } = await this.#options.store.load()
    this.#channels.load(channels)
    for (const call of calls) {
      if (call.state === 'open') this.#open.set(call.paymentId, call)
      this.#count(call.origin, weightOf(call))
    }
  }

  #ordered(options: readonly PaymentOption[]): readonly PaymentOption[] {
    const preferred = options.filter(({ backEnd }) => backEnd === this.#options.prefer)
    return [...preferred, ...options.filter(({ backEnd }) => backEnd !== this.#options.prefer)]
  }

  #objection(call: CallToPay, option: PaymentOption): KoinonError | undefined {
    const earlier = this.#open.get(call.paymentId)?.maximumAtomic ?? 0n
    const delay = option.channel?.withdrawDelaySeconds ?? withdrawDelayBounds.minimum
    const asset = allowedAsset(option.terms, this.#options.policy)
    if (delay < withdrawDelayBounds.minimum || delay > this.#options.policy.maximumWithdrawDelaySeconds)
      return badDelay(delay)
    if (
      option.backEnd === 'channel' &&
      asset !== undefined &&
      (asset.escrow === undefined || asset.collector === undefined)
    )
      return noEscrow(asset.chainId)
    return policyObjection(option.terms, this.#options.policy, {
      originAtomic: this.spent(call.origin) - earlier,
      totalAtomic: this.#totalAtomic - earlier,
    })
  }

  /** The option of the same kind in a later 402. Throws `payments/terms-changed` and leaves the payment open. */
  #sameOption(payment: OpenPayment, challenge: Challenge): PaymentOption | undefined {
    const { option } = payment
    const of = challenge.options.filter(({ backEnd }) => backEnd === option.backEnd)
    const same = of.find(({ terms }) => changedTerms(option.terms, terms) === undefined)
    const [changed] = of
    if (same !== undefined || changed === undefined) return same
    throw changedTerms(option.terms, changed.terms) as KoinonError
  }

  async #sign(call: CallToPay, option: PaymentOption, asset: AllowedAsset): Promise<OpenPayment> {
    const { paymentId, origin, resourceUrl, requestHash, challenge } = call
    const { maximumAtomic } = option.terms
    const intent = { origin, resourceUrl, method: call.method ?? 'POST', paymentId, requestHash, maximumAtomic }
    // Counted before the first wait, so that calls at the same time see each other.
    const record = {
      paymentId,
      origin,
      resourceUrl,
      requestHash,
      maximumAtomic,
      chargedAtomic: 0n,
      state: 'open' as const,
    }
    const before = this.#open.get(paymentId)
    const unsigned = {
      ...record,
      commitment: before?.commitment as Commitment,
      startedAtMs: this.#options.clock.nowMs(),
    }
    this.#put(unsigned)
    this.#live.add(paymentId)
    let commitment: Commitment | undefined
    try {
      commitment =
        option.backEnd === 'channel'
          ? await this.#channels.commit(
              this.#channels.find(option, asset).channelId,
              intent,
              option,
              asset,
              call.deadlineMs,
            )
          : { backEnd: 'exact', authorization: await this.#authorize(intent, option, asset) }
      const paid = { ...unsigned, commitment }
      this.#open.set(paymentId, paid)
      await this.#save(commitment, [paid])
      return { call, challenge, option, commitment, paymentId, mayBeCharged: false }
    } catch (error) {
      this.#live.delete(paymentId)
      if (commitment?.backEnd === 'channel') {
        this.#channels.release(commitment.voucher.channelId, paymentId)
      }
      if (before === undefined) this.#drop(unsigned)
      else this.#put(before)
      throw error
    }
  }

  async #authorize(intent: IntentCall, option: PaymentOption, asset: AllowedAsset): Promise<TransferAuthorization> {
    const { signer, clock, random, policy } = this.#options
    const seconds = Math.min(option.terms.timeoutSeconds, policy.maximumTimeoutSeconds)
    const authorization = {
      token: asset.token,
      from: signer.payer,
      to: option.terms.payTo,
      valueAtomic: option.terms.maximumAtomic,
      validAfter: 0n,
      validBefore: BigInt(Math.floor(clock.nowMs() / 1000) + seconds),
      nonce: option.nonce ?? bytesToHex(random(32)),
    }
    const isNonceFixed = option.nonce !== undefined
    return signer.signAuthorization({ call: intent, chainId: asset.chainId, asset, authorization, isNonceFixed })
  }

  #givenUp(call: CallToPay): PaidCall | undefined {
    const byId = this.#open.get(call.paymentId)
    if (byId !== undefined) return byId
    return [...this.#open.values()].find(
      ({ paymentId, origin, requestHash, resourceUrl }) =>
        !this.#live.has(paymentId) &&
        origin === call.origin &&
        requestHash === call.requestHash &&
        resourceUrl === call.resourceUrl,
    )
  }

  /** The earlier commitment once more, or undefined when it can no longer be charged. */
  async #resume(call: CallToPay, earlier: PaidCall): Promise<OpenPayment | undefined> {
    const { paymentId, commitment, maximumAtomic } = earlier
    if (this.#live.has(paymentId)) throw outcomeUnknown(paymentId)
    this.#live.add(paymentId)
    const nowSeconds = Math.floor(this.#options.clock.nowMs() / 1000)
    const option = call.challenge.options.find((offered) => suits(commitment, maximumAtomic, offered))
    const payment = (chosen: PaymentOption): OpenPayment => ({
      call: { ...call, paymentId },
      challenge: call.challenge,
      option: chosen,
      commitment,
      paymentId,
      mayBeCharged: true,
    })
    try {
      if (commitment.backEnd === 'channel') {
        if (option === undefined) {
          // Other terms than then. The voucher stays open and no higher one is signed for it.
          this.#live.delete(paymentId)
          return undefined
        }
        this.#channels.resume(commitment, paymentId, maximumAtomic)
        return payment(option)
      }
      const { validBefore } = commitment.authorization
      if (await this.#isUsed(commitment)) {
        await this.#finishCall(earlier, 'lost', maximumAtomic)
        throw answerLost(paymentId, maximumAtomic)
      }
      if (option !== undefined && Number(validBefore) > nowSeconds) return payment(option)
      if (Number(validBefore) + expiryMarginSeconds > nowSeconds) throw outcomeUnknown(paymentId)
      // Without a ledger nobody can tell whether it was used before it expired.
      const isFree = this.#options.ledger !== undefined
      await this.#finishCall(earlier, isFree ? 'free' : 'lost', isFree ? 0n : maximumAtomic)
      if (!isFree) throw answerLost(paymentId, maximumAtomic)
      return undefined
    } catch (error) {
      this.#live.delete(paymentId)
      throw error
    }
  }

  async #isUsed(commitment: Commitment): Promise<boolean> {
    const { ledger, policy } = this.#options
    if (ledger === undefined || commitment.backEnd !== 'exact') return false
    const { token, from, nonce } = commitment.authorization
    const asset = policy.assets.find((each) => each.token === token)
    return asset !== undefined && (await ledger.isUsed(asset.chainId, token, from, nonce))
  }

  #openOn(channelId: Hex): readonly PaidCall[] {
    return this.openCalls().filter(
      ({ commitment }) => commitment?.backEnd === 'channel' && commitment.voucher.channelId === channelId,
    )
  }

  /** The seller charged something and none of the calls under way here explains it: any of those given up may be it. */
  async #loseGivenUp(calls: readonly PaidCall[]): Promise<void> {
    for (const call of calls)
      if (!this.#live.has(call.paymentId)) await this.#finishCall(call, 'lost', call.maximumAtomic)
  }

  async #finish(payment: OpenPayment, state: PaidCallState, chargedAtomic: bigint): Promise<void> {
    const call = this.#open.get(payment.paymentId)
    this.#release(payment)
    this.#live.delete(payment.paymentId)
    if (call !== undefined) await this.#finishCall(call, state, chargedAtomic)
  }

  async #finishCall(call: PaidCall, state: PaidCallState, chargedAtomic: bigint): Promise<void> {
    const done = { ...call, state, chargedAtomic }
    this.#put(done)
    this.#open.delete(call.paymentId)
    await this.#save(call.commitment, [done])
  }

  #release({ commitment, paymentId }: OpenPayment): void {
    if (commitment.backEnd !== 'channel') return
    this.#channels.release(commitment.voucher.channelId, paymentId)
  }

  #save(commitment: Commitment, calls: readonly PaidCall[]): Promise<void> {
    const channels = commitment.backEnd === 'channel' ? [this.#channels.get(commitment.voucher.channelId)] : []
    return this.#options.store.save({ channels, calls })
  }

  #put(call: PaidCall): void {
    const before = this.#open.get(call.paymentId)
    if (before !== undefined) this.#count(before.origin, -weightOf(before))
    this.#open.set(call.paymentId, call)
    this.#count(call.origin, weightOf(call))
  }

  #drop(call: PaidCall): void {
    this.#open.delete(call.paymentId)
    this.#count(call.origin, -weightOf(call))
  }

  #count(origin: string, atomic: bigint): void {
    this.#spent.set(origin, this.spent(origin) + atomic)
    this.#totalAtomic += atomic
  }
}

/** Chains' clocks run behind; an authorization counts as expired only so long after its time. */
const expiryMarginSeconds = 30

/** What a call counts against the limits: its worst case until the charge is known. */
function weightOf({ state, maximumAtomic, chargedAtomic }: PaidCall): bigint {
  return state === 'open' ? maximumAtomic : chargedAtomic
}

/** A call that was paid: a seller that takes payment ids answers it once more for the same commitment. */
function askAgain(call: CallToPay, { commitment, paymentId, maximumAtomic }: PaidCall): OpenPayment {
  const option = call.challenge.options.find((offered) => suits(commitment, maximumAtomic, offered))
  if (option === undefined || !call.challenge.takesPaymentId) throw answerLost(paymentId, maximumAtomic)
  return { call, challenge: call.challenge, option, commitment, paymentId, mayBeCharged: true }
}

/** Whether a commitment that was made before pays for this option. */
function suits(commitment: Commitment, maximumAtomic: bigint, option: PaymentOption): boolean {
  const { terms, backEnd } = option
  if (backEnd !== commitment.backEnd) return false
  if (commitment.backEnd === 'exact') {
    const { to, token, valueAtomic } = commitment.authorization
    return to === terms.payTo && token === terms.asset.token && valueAtomic === terms.maximumAtomic
  }
  const { receiver, token } = commitment.config
  return receiver === terms.payTo && token === terms.asset.token && terms.maximumAtomic <= maximumAtomic
}
