import {
  type Address,
  bytesToHex,
  type Clock,
  type Hex,
  KoinonError,
  type Random,
  sha256,
  utf8ToBytes,
} from '@koinon/base'
import { verifyVoucher } from '../core/voucher-signing.ts'
import { type ChannelConfig, channelIdOf } from '../rules/channel.ts'
import {
  chargedChannel,
  correctedChannel,
  lentAtomic,
  nextDepositAtomic,
  nextVoucherAtomic,
  type PayerChannel,
  type StatedChannel,
} from '../rules/payer-channel.ts'
import type { AllowedAsset, PayerPolicy } from '../rules/payer-policy.ts'
import type { Commitment, SignedDeposit } from '../rules/terms.ts'
import type { PaymentOption } from './client-wire.ts'
import { depositNonce } from './deposit-authorization.ts'
import type { PayerLedger } from './payer-ledger.ts'
import type { IntentCall, PaymentSigner } from './payment-signer.ts'

export type PayerChannelsOptions = {
  readonly signer: PaymentSigner
  readonly policy: PayerPolicy
  readonly clock: Clock
  readonly random: Random
  readonly ledger?: PayerLedger
  /** Tells apart the channels of payers that share a key but no store; part of every channel's salt. */
  readonly purpose: string
}

export type ChannelCommitment = Extract<Commitment, { readonly backEnd: 'channel' }>

type Desk = {
  channel: PayerChannel
  /** Worst cases of calls under way in this process, by payment id. */
  readonly underWay: Map<string, bigint>
  /** The call whose deposit is under way. */
  depositing: string | undefined
  readonly waiters: Set<() => void>
}

/** A payer's channels in memory. Decisions are taken at once, so that calls at the same time see each other; who calls saves. */
export class PayerChannels {
  readonly #options: PayerChannelsOptions
  readonly #desks = new Map<Hex, Desk>()

  constructor(options: PayerChannelsOptions) {
    this.#options = options
  }

  load(channels: readonly PayerChannel[]): void {
    for (const channel of channels) this.#desks.set(channel.channelId, newDesk(channel))
  }

  list(): readonly PayerChannel[] {
    return [...this.#desks.values()].map(({ channel }) => channel)
  }

  /** The channel as it is now. */
  get(channelId: Hex): PayerChannel {
    return this.#desk(channelId).channel
  }

  isInUse(channelId: Hex): boolean {
    return this.#desk(channelId).underWay.size > 0
  }

  /** The channel for an option, made where there is none. */
  find(option: PaymentOption, asset: AllowedAsset): PayerChannel {
    const { channel: terms } = option
    if (terms === undefined || asset.escrow === undefined) throw new Error('the option has no channel')
    const domain = { chainId: asset.chainId, escrow: asset.escrow }
    for (let index = 0; ; index++) {
      const config: ChannelConfig = {
        payer: this.#options.signer.payer,
        payerAuthorizer: this.#options.signer.payerAuthorizer,
        receiver: option.terms.payTo,
        receiverAuthorizer: terms.receiverAuthorizer,
        token: asset.token,
        withdrawDelay: terms.withdrawDelaySeconds,
        salt: saltOf(this.#options.purpose, this.#options.signer.payer, index),
      }
      const channelId = channelIdOf(config, domain)
      const known = this.#desks.get(channelId)
      if (known?.channel.isClosed === true) continue
      if (known !== undefined) return known.channel
      const channel: PayerChannel = {
        channelId,
        config,
        domain,
        depositAtomic: 0n,
        owedAtomic: 0n,
        signedAtomic: 0n,
        openDeposits: [],
        isSerial: false,
        isClosed: false,
        lastUsedMs: this.#options.clock.nowMs(),
      }
      this.#desks.set(channelId, newDesk(channel))
      return channel
    }
  }

  /**
   * Signs the voucher of a call, with a deposit where the channel lacks money; waits until the channel takes another call. The caller saves the
   * channel before anything leaves. Throws `payments/too-much-in-channels`, `payments/channel-waits` (later) and what the signer throws.
   */
  async commit(
    channelId: Hex,
    call: IntentCall,
    option: PaymentOption,
    asset: AllowedAsset,
    deadlineMs: number,
  ): Promise<ChannelCommitment> {
    const desk = this.#desk(channelId)
    await this.#settleDeposits(desk)
    while (mustWait(desk)) await this.#wait(desk, deadlineMs)
    if (desk.channel.isClosed) throw channelClosed()
    const { channel, underWay } = desk
    const neededAtomic = nextVoucherAtomic(channel, [...underWay.values()], call.maximumAtomic)
    // A seller that takes several calls at once tells them apart by their vouchers' values.
    const isAbove = underWay.size === 0 || neededAtomic > channel.signedAtomic
    const voucherAtomic = isAbove ? neededAtomic : channel.signedAtomic + 1n
    const isFundedHere = this.#options.signer.fundChannel !== undefined
    const waiting = this.#waitingDeposit(channel, voucherAtomic)
    const depositAtomic = waiting === undefined ? this.#depositAtomic(desk, voucherAtomic, option, call) : 0n
    underWay.set(call.paymentId, call.maximumAtomic)
    if (waiting !== undefined || depositAtomic > 0n) desk.depositing = call.paymentId
    try {
      const { config, domain } = channel
      if (isFundedHere && depositAtomic > 0n) await this.#fund(desk, call, voucherAtomic, depositAtomic)
      const signature = await this.#options.signer.signVoucher({
        call,
        domain,
        config,
        maxClaimableAtomic: voucherAtomic,
      })
      const deposit =
        waiting ??
        (depositAtomic > 0n && !isFundedHere
          ? await this.#signDeposit(desk, call, option, asset, depositAtomic)
          : undefined)
      this.#change(desk, {
        signedAtomic: voucherAtomic > desk.channel.signedAtomic ? voucherAtomic : desk.channel.signedAtomic,
        lastUsedMs: this.#options.clock.nowMs(),
      })
      return {
        backEnd: 'channel',
        config,
        voucher: { channelId, maxClaimableAtomic: voucherAtomic, signature },
        ...(deposit === undefined ? {} : { deposit }),
      }
    } catch (error) {
      this.release(channelId, call.paymentId)
      throw error
    }
  }

  /** Counts a commitment of an earlier process as under way again. */
  resume(commitment: ChannelCommitment, paymentId: string, maximumAtomic: bigint): void {
    const desk = this.#desk(commitment.voucher.channelId)
    desk.underWay.set(paymentId, maximumAtomic)
    if (commitment.deposit !== undefined) desk.depositing = paymentId
  }

  /** Lets nobody sign on an unused channel until `release`. False when it is in use. */
  hold(channelId: Hex, holder: string): boolean {
    const desk = this.#desk(channelId)
    if (desk.underWay.size > 0 || desk.depositing !== undefined) return false
    desk.depositing = holder
    return true
  }

  /** The call is no longer under way, whatever became of it. */
  release(channelId: Hex, paymentId: string): void {
    const desk = this.#desk(channelId)
    desk.underWay.delete(paymentId)
    if (desk.depositing === paymentId) desk.depositing = undefined
    wake(desk)
  }

  /** Takes a charge onto the books. Throws `payments/seller-overclaims` after closing the channel. */
  charge(
    commitment: ChannelCommitment,
    maximumAtomic: bigint,
    chargedAtomic: bigint,
    openAtomic: bigint,
    stated: StatedChannel | undefined,
  ): void {
    const desk = this.#desk(commitment.voucher.channelId)
    this.#believe(desk, () =>
      chargedChannel(desk.channel, chargedAtomic, maximumAtomic, openAtomic, stated?.owedAtomic),
    )
    if (commitment.deposit !== undefined) this.#collected(desk, commitment.deposit)
  }

  /** Takes on what a seller states in a 402, once it is proven. Throws `payments/seller-overclaims` after closing the channel. */
  correct(channelId: Hex, stated: StatedChannel, openAtomic: bigint): void {
    const desk = this.#desk(channelId)
    const { signedAtomic, signature } = stated
    const isOurs =
      signedAtomic !== undefined &&
      signature !== undefined &&
      verifyVoucher(
        { channelId, maxClaimableAtomic: signedAtomic, signature },
        desk.channel.config.payerAuthorizer,
        desk.channel.domain,
      )
    this.#believe(desk, () => correctedChannel(desk.channel, stated, openAtomic, isOurs))
    // A deposit that went with a lost call. Who lies about it gets vouchers that nothing covers.
    for (const deposit of desk.channel.openDeposits) {
      if (desk.channel.depositAtomic + deposit.amountAtomic <= (stated.depositAtomic ?? 0n))
        this.#collected(desk, deposit)
    }
  }

  /** From now on one call at a time. */
  setSerial(channelId: Hex): void {
    this.#change(this.#desk(channelId), { isSerial: true })
  }

  /** Nothing more is signed on this channel. */
  close(channelId: Hex): void {
    this.#change(this.#desk(channelId), { isClosed: true })
  }

  /** A rest came back to the payer. */
  returned(channelId: Hex): void {
    const { owedAtomic } = this.get(channelId)
    this.#change(this.#desk(channelId), { depositAtomic: owedAtomic, openDeposits: [] })
  }

  /** Asks the ledger what lies in the channel. True when that changed what is known; false without a ledger. */
  async refresh(channelId: Hex): Promise<boolean> {
    const desk = this.#desk(channelId)
    const { ledger } = this.#options
    if (ledger === undefined) return false
    const before = desk.channel
    const depositAtomic = await ledger.depositOf(before.domain, channelId)
    const openDeposits: SignedDeposit[] = []
    for (const deposit of before.openDeposits)
      if (!(await this.#isCollected(before, deposit))) openDeposits.push(deposit)
    if (depositAtomic === before.depositAtomic && openDeposits.length === before.openDeposits.length) return false
    this.#change(desk, { depositAtomic, openDeposits })
    return true
  }

  /** Deposits that can no longer be collected are looked up once, or forgotten where there is no ledger. */
  async #settleDeposits(desk: Desk): Promise<void> {
    const nowSeconds = BigInt(Math.floor(this.#options.clock.nowMs() / 1000))
    if (!desk.channel.openDeposits.some(({ validBefore }) => validBefore <= nowSeconds)) return
    if (await this.refresh(desk.channel.channelId)) return
    this.#change(desk, {
      openDeposits: desk.channel.openDeposits.filter(({ validBefore }) => validBefore > nowSeconds),
    })
  }

  #depositAtomic(desk: Desk, voucherAtomic: bigint, option: PaymentOption, call: IntentCall): bigint {
    const lent = this.list().reduce((sum, channel) => sum + lentAtomic(channel), 0n)
    const room = this.#options.policy.maximumInChannelsAtomic - lent
    const minimum = option.channel?.minimumDepositAtomic ?? 0n
    const depositAtomic = nextDepositAtomic(
      desk.channel,
      voucherAtomic,
      call.maximumAtomic,
      minimum,
      room > 0n ? room : 0n,
    )
    if (depositAtomic !== undefined) return depositAtomic
    throw new KoinonError({
      code: 'payments/too-much-in-channels',
      message: `The call needs a deposit, and no more than ${this.#options.policy.maximumInChannelsAtomic} atomic units may lie in channels`,
      hint: 'Take back what lies in idle channels, or raise the ceiling.',
    })
  }

  /** A deposit that was signed before, is still good for some seconds, and covers the voucher. */
  #waitingDeposit(channel: PayerChannel, voucherAtomic: bigint): SignedDeposit | undefined {
    if (voucherAtomic <= channel.depositAtomic) return undefined
    const soon = BigInt(Math.floor(this.#options.clock.nowMs() / 1000) + 10)
    return channel.openDeposits.find(
      ({ validBefore, amountAtomic }) => validBefore > soon && channel.depositAtomic + amountAtomic >= voucherAtomic,
    )
  }

  async #signDeposit(
    desk: Desk,
    call: IntentCall,
    option: PaymentOption,
    asset: AllowedAsset,
    amountAtomic: bigint,
  ): Promise<SignedDeposit> {
    const { signer, clock, random } = this.#options
    const { config, domain } = desk.channel
    if (asset.collector === undefined) throw new Error('the asset has no collector')
    const validBefore = Math.floor(clock.nowMs() / 1000) + Math.max(option.terms.timeoutSeconds, 60)
    const salt = bytesToHex(random(32))
    const signature = await signer.signDeposit({
      call,
      domain,
      config,
      asset,
      collector: asset.collector,
      amountAtomic,
      validBefore,
      salt,
    })
    const deposit: SignedDeposit = { amountAtomic, validAfter: 0n, validBefore: BigInt(validBefore), salt, signature }
    this.#change(desk, { openDeposits: [...desk.channel.openDeposits, deposit] })
    return deposit
  }

  /** The signer puts the money in, and the ledger says what lies there. */
  async #fund(desk: Desk, call: IntentCall, maxClaimableAtomic: bigint, amountAtomic: bigint): Promise<void> {
    const { channelId, config, domain } = desk.channel
    await this.refresh(channelId)
    const leastAtomic = maxClaimableAtomic - desk.channel.depositAtomic
    if (leastAtomic <= 0n) return
    const least = amountAtomic > leastAtomic ? amountAtomic : leastAtomic
    const { signer } = this.#options
    await signer.fundChannel?.({ call, domain, config, maxClaimableAtomic, amountAtomic: least, leastAtomic })
    await this.refresh(channelId)
  }

  #isCollected({ channelId, config, domain }: PayerChannel, { salt }: SignedDeposit): Promise<boolean> {
    const nonce = depositNonce({ channelId, depositId: salt })
    return (this.#options.ledger as PayerLedger).isUsed(domain.chainId, config.token, config.payer, nonce)
  }

  #collected(desk: Desk, deposit: SignedDeposit): void {
    const { openDeposits, depositAtomic } = desk.channel
    if (!openDeposits.some(({ salt }) => salt === deposit.salt)) return
    this.#change(desk, {
      openDeposits: openDeposits.filter(({ salt }) => salt !== deposit.salt),
      depositAtomic: depositAtomic + deposit.amountAtomic,
    })
  }

  /** Resolves when something has changed. */
  async #wait(desk: Desk, deadlineMs: number): Promise<void> {
    const left = deadlineMs - this.#options.clock.nowMs()
    if (left <= 0) {
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
      const timer = setTimeout(done, left)
      desk.waiters.add(done)
    })
  }

  #believe(desk: Desk, next: () => PayerChannel): void {
    try {
      desk.channel = next()
    } catch (error) {
      this.#change(desk, { isClosed: true })
      wake(desk)
      throw error
    }
  }

  #change(desk: Desk, changes: Partial<PayerChannel>): void {
    desk.channel = { ...desk.channel, ...changes }
  }

  #desk(channelId: Hex): Desk {
    const desk = this.#desks.get(channelId)
    if (desk === undefined) throw new Error(`unknown channel ${channelId}`)
    return desk
  }
}

/** A deposit is under way, or a call where the seller takes one at a time. */
function mustWait({ channel, depositing, underWay }: Desk): boolean {
  return !channel.isClosed && (depositing !== undefined || (channel.isSerial && underWay.size > 0))
}

function channelClosed(): KoinonError {
  return new KoinonError({
    code: 'payments/channel-closed',
    message: 'The channel was closed while the call waited for it',
    hint: 'Send the call again.',
    retry: 'now',
  })
}

function newDesk(channel: PayerChannel): Desk {
  return { channel, underWay: new Map(), depositing: undefined, waiters: new Set() }
}

function wake(desk: Desk): void {
  for (const waiter of [...desk.waiters]) waiter()
}

/** The same for the same payer for ever: a payer that lost its store finds its channels again. */
function saltOf(purpose: string, payer: Address, index: number): Hex {
  return bytesToHex(sha256(utf8ToBytes(`koinon payer channel v1 ${purpose} ${payer} ${index}`)))
}
