import { bytesToHex, type Clock, type Hex, KoinonError, type Random } from '@koinon/base'
import { lentAtomic, missingAtomic, nextDepositAtomic, type PayerChannel } from '../rules/payer-channel.ts'
import type { AllowedAsset, PayerPolicy } from '../rules/payer-policy.ts'
import type { SignedDeposit } from '../rules/terms.ts'
import type { PaymentOption } from './client-wire.ts'
import { depositNonce } from './deposit-authorization.ts'
import { changeChannel, type LiveChannel } from './live-channel.ts'
import type { PayerLedger } from './payer-ledger.ts'
import type { IntentCall, PaymentSigner } from './payment-signer.ts'

export type PayerDepositsOptions = {
  readonly signer: PaymentSigner
  readonly policy: PayerPolicy
  readonly clock: Clock
  readonly random: Random
  readonly ledger?: PayerLedger | undefined
}

/** A call that may need money in its channel. */
export type DepositingCall = { readonly call: IntentCall; readonly option: PaymentOption; readonly asset: AllowedAsset }

/** Money on its way into a payer's channels: how much, signed once, and what the ledger says of it. */
export class PayerDeposits {
  readonly #options: PayerDepositsOptions
  readonly #channels: () => readonly PayerChannel[]

  constructor(options: PayerDepositsOptions, channels: () => readonly PayerChannel[]) {
    this.#options = options
    this.#channels = channels
  }

  /** Deposits that can no longer be collected are looked up once, or forgotten where there is no ledger. */
  async settle(live: LiveChannel): Promise<void> {
    if (live.channel.openDeposits.length === 0) return
    const nowSeconds = BigInt(Math.floor(this.#options.clock.nowMs() / 1000))
    if (!live.channel.openDeposits.some(({ validBefore }) => validBefore <= nowSeconds)) return
    if (await this.refresh(live)) return
    changeChannel(live, {
      openDeposits: live.channel.openDeposits.filter(({ validBefore }) => validBefore > nowSeconds),
    })
  }

  /** Asks the ledger what lies in the channel. True when that changed what is known; false without a ledger. */
  async refresh(live: LiveChannel): Promise<boolean> {
    const { ledger } = this.#options
    if (ledger === undefined) return false
    const { domain, channelId, config, ...before } = live.channel
    const depositAtomic = await ledger.depositOf(domain, channelId)
    const openDeposits: SignedDeposit[] = []
    for (const deposit of before.openDeposits) {
      const nonce = depositNonce({ channelId, depositId: deposit.salt })
      if (!(await ledger.isUsed(domain.chainId, config.token, config.payer, nonce))) openDeposits.push(deposit)
    }
    if (depositAtomic === before.depositAtomic && openDeposits.length === before.openDeposits.length) return false
    changeChannel(live, { depositAtomic, openDeposits })
    return true
  }

  /** What to deposit so that a voucher is covered, 0 for nothing. Throws `payments/too-much-in-channels`. */
  dueAtomic(live: LiveChannel, voucherAtomic: bigint, { call, option }: DepositingCall): bigint {
    const short = missingAtomic(live.channel, voucherAtomic, option.channel?.leastDepositAtomic ?? 0n)
    if (short === 0n) return 0n
    const { maximumInChannelsAtomic } = this.#options.policy
    const lent = this.#channels().reduce((sum, channel) => sum + lentAtomic(channel), 0n)
    const room = maximumInChannelsAtomic - lent
    const minimum = option.channel?.minimumDepositAtomic ?? 0n
    const { maximumAtomic } = call
    const due = nextDepositAtomic(live.channel, short, maximumAtomic, minimum, room > 0n ? room : 0n)
    if (due !== undefined) return due
    throw new KoinonError({
      code: 'payments/too-much-in-channels',
      message: `The call needs a deposit, and no more than ${maximumInChannelsAtomic} atomic units may lie in channels`,
      hint: 'Take back what lies in idle channels, or raise the ceiling.',
      details: { limit: 'inChannels', limitAtomic: maximumInChannelsAtomic.toString() },
    })
  }

  /** A deposit that was signed before, is still good for some seconds, and covers the voucher. */
  waiting({ depositAtomic, openDeposits }: PayerChannel, voucherAtomic: bigint): SignedDeposit | undefined {
    if (voucherAtomic <= depositAtomic) return undefined
    const soon = BigInt(Math.floor(this.#options.clock.nowMs() / 1000) + 10)
    return openDeposits.find(
      ({ validBefore, amountAtomic }) => validBefore > soon && depositAtomic + amountAtomic >= voucherAtomic,
    )
  }

  async sign(live: LiveChannel, { call, option, asset }: DepositingCall, amountAtomic: bigint): Promise<SignedDeposit> {
    const { signer, clock, random } = this.#options
    const { config, domain } = live.channel
    const { collector } = asset
    if (collector === undefined) throw new Error('the asset has no collector')
    const validBefore = Math.floor(clock.nowMs() / 1000) + Math.max(option.terms.timeoutSeconds, 60)
    const salt: Hex = bytesToHex(random(32))
    const intent = { call, domain, config, asset, collector, amountAtomic, validBefore, salt }
    const signature = await signer.signDeposit(intent)
    const deposit = { amountAtomic, validAfter: 0n, validBefore: BigInt(validBefore), salt, signature }
    changeChannel(live, { openDeposits: [...live.channel.openDeposits, deposit] })
    return deposit
  }

  /** The signer puts the money in, and the ledger says what lies there. */
  async fund(
    live: LiveChannel,
    { call, option }: DepositingCall,
    maxClaimableAtomic: bigint,
    wishedAtomic: bigint,
  ): Promise<void> {
    const { config, domain } = live.channel
    await this.refresh(live)
    const leastAtomic = missingAtomic(live.channel, maxClaimableAtomic, option.channel?.leastDepositAtomic ?? 0n)
    if (leastAtomic === 0n) return
    const amountAtomic = wishedAtomic > leastAtomic ? wishedAtomic : leastAtomic
    const { signer } = this.#options
    await signer.fundChannel?.({ call, domain, config, maxClaimableAtomic, amountAtomic, leastAtomic })
    await this.refresh(live)
  }

  /** The seller has collected a deposit. */
  collected(live: LiveChannel, deposit: SignedDeposit): void {
    const { openDeposits, depositAtomic } = live.channel
    if (!openDeposits.some(({ salt }) => salt === deposit.salt)) return
    changeChannel(live, {
      openDeposits: openDeposits.filter(({ salt }) => salt !== deposit.salt),
      depositAtomic: depositAtomic + deposit.amountAtomic,
    })
  }
}
