import { type Address, bytesToHex, type Hex, sha256, utf8ToBytes } from '@koinon/base'
import { verifyVoucher } from '../core/voucher-signing.ts'
import { type ChannelConfig, channelIdOf } from '../rules/channel.ts'
import {
  chargedChannel,
  correctedChannel,
  emptyChannel,
  type PayerChannel,
  payerVoucherAtomic,
  type StatedChannel,
} from '../rules/payer-channel.ts'
import type { AllowedAsset } from '../rules/payer-policy.ts'
import type { ChannelCommitment } from '../rules/terms.ts'
import type { PaymentOption } from './client-wire.ts'
import {
  changeChannel,
  channelClosed,
  endCall,
  type LiveChannel,
  liveChannel,
  mustWait,
  waitForChange,
  wake,
} from './live-channel.ts'
import { PayerDeposits, type PayerDepositsOptions } from './payer-deposits.ts'
import type { IntentCall } from './payment-signer.ts'

export type PayerChannelsOptions = PayerDepositsOptions & {
  /** Tells apart the channels of payers that share a key but no store; part of every channel's salt. */
  readonly purpose: string
}

/** A payer's channels in memory. Decisions are taken at once, so that calls at the same time see each other; who calls saves. */
export class PayerChannels {
  readonly #options: PayerChannelsOptions
  readonly #deposits: PayerDeposits
  readonly #live = new Map<Hex, LiveChannel>()
  /** Ids by the seller's terms, which take four hashes to find; as many as there are channels. */
  readonly #found = new Map<string, Hex>()

  constructor(options: PayerChannelsOptions) {
    this.#options = options
    this.#deposits = new PayerDeposits(options, () => this.list())
  }

  load(channels: readonly PayerChannel[]): void {
    for (const channel of channels) {
      // Records of earlier versions have no such field.
      const { countedAtomic = channel.owedAtomic } = channel as Partial<PayerChannel>
      this.#live.set(channel.channelId, liveChannel({ ...channel, countedAtomic }))
    }
  }

  list(): readonly PayerChannel[] {
    return [...this.#live.values()].map(({ channel }) => channel)
  }

  /** The channel as it is now. */
  get(channelId: Hex): PayerChannel {
    return this.#liveChannel(channelId).channel
  }

  isInUse(channelId: Hex): boolean {
    return this.#liveChannel(channelId).underWay.size > 0
  }

  /** The channel for an option, made where there is none. */
  find(option: PaymentOption, asset: AllowedAsset): PayerChannel {
    const { channel: terms } = option
    if (terms === undefined || asset.escrow === undefined) throw new Error('the option has no channel')
    const domain = { chainId: asset.chainId, escrow: asset.escrow }
    const { receiverAuthorizer, withdrawDelaySeconds } = terms
    const { payTo } = option.terms
    const key = [asset.chainId, asset.escrow, asset.token, payTo, receiverAuthorizer, withdrawDelaySeconds].join()
    const last = this.#live.get(this.#found.get(key) ?? '0x')
    if (last?.channel.isClosed === false) return last.channel
    const { signer, purpose, clock } = this.#options
    for (let index = 0; ; index++) {
      const config: ChannelConfig = {
        payer: signer.payer,
        payerAuthorizer: signer.payerAuthorizer,
        receiver: payTo,
        receiverAuthorizer,
        token: asset.token,
        withdrawDelay: withdrawDelaySeconds,
        salt: saltOf(purpose, signer.payer, index),
      }
      const channelId = channelIdOf(config, domain)
      const known = this.#live.get(channelId)
      if (known?.channel.isClosed === true) continue
      this.#found.set(key, channelId)
      if (known !== undefined) return known.channel
      const live = liveChannel(emptyChannel(channelId, config, domain, clock.nowMs()))
      this.#live.set(channelId, live)
      return live.channel
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
    const { signer, clock } = this.#options
    const live = this.#liveChannel(channelId)
    await this.#deposits.settle(live)
    while (mustWait(live)) await waitForChange(live, deadlineMs - clock.nowMs())
    if (live.channel.isClosed) throw channelClosed()
    const { channel, underWay } = live
    const neededAtomic = payerVoucherAtomic(channel, [...underWay.values()], call.maximumAtomic)
    // A seller that takes several calls at once tells them apart by their vouchers' values.
    const isAbove = underWay.size === 0 || neededAtomic > channel.signedAtomic
    const voucherAtomic = isAbove ? neededAtomic : channel.signedAtomic + 1n
    const isFundedHere = signer.fundChannel !== undefined
    const waiting = this.#deposits.waiting(channel, voucherAtomic)
    const depositing = { call, option, asset }
    const depositAtomic = waiting === undefined ? this.#deposits.dueAtomic(live, voucherAtomic, depositing) : 0n
    underWay.set(call.paymentId, call.maximumAtomic)
    if (waiting !== undefined || depositAtomic > 0n) live.depositing = call.paymentId
    try {
      const { config, domain } = channel
      if (isFundedHere && depositAtomic > 0n) await this.#deposits.fund(live, depositing, voucherAtomic, depositAtomic)
      const signature = await signer.signVoucher({ call, domain, config, maxClaimableAtomic: voucherAtomic })
      const isSigning = waiting === undefined && depositAtomic > 0n && !isFundedHere
      const deposit = isSigning ? await this.#deposits.sign(live, depositing, depositAtomic) : waiting
      const { signedAtomic } = live.channel
      changeChannel(live, {
        signedAtomic: voucherAtomic > signedAtomic ? voucherAtomic : signedAtomic,
        lastUsedMs: clock.nowMs(),
      })
      const voucher = { channelId, maxClaimableAtomic: voucherAtomic, signature }
      return { backEnd: 'channel', config, voucher, ...(deposit === undefined ? {} : { deposit }) }
    } catch (error) {
      this.release(channelId, call.paymentId)
      throw error
    }
  }

  /** Counts a commitment of an earlier process as under way again. */
  resume(commitment: ChannelCommitment, paymentId: string, maximumAtomic: bigint): void {
    const live = this.#liveChannel(commitment.voucher.channelId)
    live.underWay.set(paymentId, maximumAtomic)
    if (commitment.deposit !== undefined) live.depositing = paymentId
  }

  /** Lets nobody sign on an unused channel until `release`. False when it is in use. */
  hold(channelId: Hex, holder: string): boolean {
    const live = this.#liveChannel(channelId)
    if (live.underWay.size > 0 || live.depositing !== undefined) return false
    live.depositing = holder
    return true
  }

  /** The call is no longer under way, whatever became of it. */
  release(channelId: Hex, paymentId: string): void {
    endCall(this.#liveChannel(channelId), paymentId)
  }

  /** What the seller says is owed and no ended call counts: of a receipt that states no charge, the charge. */
  uncounted(channelId: Hex, stated: StatedChannel): bigint {
    const { owedAtomic, countedAtomic } = this.get(channelId)
    return (stated.owedAtomic > owedAtomic ? stated.owedAtomic : owedAtomic) - countedAtomic
  }

  /** A call of the channel ended and counts so much. */
  count(channelId: Hex, chargedAtomic: bigint): void {
    const live = this.#live.get(channelId)
    if (live !== undefined) changeChannel(live, { countedAtomic: live.channel.countedAtomic + chargedAtomic })
  }

  /** Takes so much for counted where less is: of calls that the records of this payer do not know. */
  countUpTo(channelId: Hex, atomic: bigint): void {
    const live = this.#liveChannel(channelId)
    if (atomic > live.channel.countedAtomic) changeChannel(live, { countedAtomic: atomic })
  }

  /**
   * Takes a charge onto the books; `othersAtomic` are the worst cases of the channel's other calls without outcome. `count` it when the call
   * ends. Throws `payments/seller-overclaims` after closing the channel.
   */
  charge(
    commitment: ChannelCommitment,
    maximumAtomic: bigint,
    chargedAtomic: bigint,
    othersAtomic: bigint,
    stated: StatedChannel | undefined,
  ): void {
    const live = this.#liveChannel(commitment.voucher.channelId)
    this.#believe(live, () =>
      chargedChannel(live.channel, chargedAtomic, maximumAtomic, othersAtomic, stated?.owedAtomic),
    )
    if (commitment.deposit !== undefined) this.#deposits.collected(live, commitment.deposit)
  }

  /** Takes on what a seller states in a 402, once it is proven. Throws `payments/seller-overclaims` after closing the channel. */
  correct(channelId: Hex, stated: StatedChannel, openAtomic: bigint): void {
    const live = this.#liveChannel(channelId)
    const { signedAtomic, signature } = stated
    const isOurs =
      signedAtomic !== undefined &&
      signature !== undefined &&
      verifyVoucher(
        { channelId, maxClaimableAtomic: signedAtomic, signature },
        live.channel.config.payerAuthorizer,
        live.channel.domain,
      )
    this.#believe(live, () => correctedChannel(live.channel, stated, openAtomic, isOurs))
    // A deposit that went with a lost call. Who lies about it gets vouchers that nothing covers.
    for (const deposit of live.channel.openDeposits) {
      if (live.channel.depositAtomic + deposit.amountAtomic <= (stated.depositAtomic ?? 0n))
        this.#deposits.collected(live, deposit)
    }
  }

  /** From now on one call at a time. */
  setSerial(channelId: Hex): void {
    changeChannel(this.#liveChannel(channelId), { isSerial: true })
  }

  /** Nothing more is signed on this channel. */
  close(channelId: Hex): void {
    changeChannel(this.#liveChannel(channelId), { isClosed: true })
  }

  /** A rest came back to the payer. */
  returned(channelId: Hex): void {
    const { owedAtomic } = this.get(channelId)
    changeChannel(this.#liveChannel(channelId), { depositAtomic: owedAtomic, openDeposits: [] })
  }

  /** Asks the ledger what lies in the channel. True when that changed what is known; false without a ledger. */
  refresh(channelId: Hex): Promise<boolean> {
    return this.#deposits.refresh(this.#liveChannel(channelId))
  }

  #believe(live: LiveChannel, next: () => PayerChannel): void {
    try {
      live.channel = next()
    } catch (error) {
      changeChannel(live, { isClosed: true })
      wake(live)
      throw error
    }
  }

  #liveChannel(channelId: Hex): LiveChannel {
    const live = this.#live.get(channelId)
    if (live === undefined) throw new Error(`unknown channel ${channelId}`)
    return live
  }
}

/** The same for the same payer for ever: a payer that lost its store finds its channels again. */
function saltOf(purpose: string, payer: Address, index: number): Hex {
  return bytesToHex(sha256(utf8ToBytes(`koinon payer channel v1 ${purpose} ${payer} ${index}`)))
}
