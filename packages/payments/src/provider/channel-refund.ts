import { atomicToPicoUsd, type Clock, type Hex, isKoinonError, KoinonError } from '@koinon/base'
import type { LedgerReader, TransactionSender } from '@koinon/ledger'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import type { ChannelBook } from '../core/channel-book.ts'
import type { ChannelState } from '../core/channel-state.ts'
import { readChannelFacts } from '../core/escrow.ts'
import { verifyVoucher } from '../core/voucher-signing.ts'
import type { ChannelConfig } from '../rules/channel.ts'
import { owedAtomicUp } from '../rules/channel-room.ts'
import { claimableTotal, unclaimedAtomic } from '../rules/claims.ts'
import { commitmentBusy, voucherForged, voucherShort } from '../rules/paid-call-refusals.ts'
import { channelUnknown } from '../rules/refusals.ts'
import type { ChannelCharge } from '../rules/terms.ts'
import type { SignedVoucher } from '../rules/voucher.ts'
import { channelCharge } from './channel-desk.ts'

/** A payer's wish to have the rest of its channel back, with its own voucher for exactly what is owed. */
export type RefundRequest = {
  readonly config: ChannelConfig
  readonly voucher: SignedVoucher
  /** Left out, everything that is not owed. */
  readonly amountAtomic: bigint | undefined
}

export type ChannelRefunder = {
  refund(request: RefundRequest): Promise<{ readonly transaction: Hex; readonly channel: ChannelCharge }>
}

export type CooperativeRefundOptions = {
  readonly book: ChannelBook
  readonly reader: LedgerReader
  /** Sends as the receiver and pays for the gas. */
  readonly sender: TransactionSender
  readonly clock: Clock
  /** Smaller parts are not worth a transaction of ours; a whole rest always is. */
  readonly leastPartAtomic: bigint
  /**
   * What a channel has to have paid since its last refund, where gas costs money: who deposits and asks back at no cost of his own, again
   * and again with a new channel, burns the seller's. Zero unless given.
   */
  readonly leastEarnedAtomic?: bigint
}

/** One refund a channel within this time: each costs the seller up to two transactions. */
const intervalMs = 600_000

/**
 * Gives a payer back what its channel does not owe, without the wait of a withdrawal: claims what is owed first, then refunds. While it
 * runs the amount counts as reserved, so that no call can be held against money that is leaving.
 */
export class CooperativeRefund implements ChannelRefunder {
  readonly #options: CooperativeRefundOptions
  readonly #lastAtMs = new Map<Hex, number>()
  /** What channels owed in all when they were refunded last. */
  readonly #owedAtomic = new Map<Hex, bigint>()

  constructor(options: CooperativeRefundOptions) {
    this.#options = options
  }

  /**
   * Throws `payments/channel-unknown`, `payments/voucher-short` (another voucher than what is owed), `payments/voucher-forged`,
   * `payments/commitment-busy` (calls under way), `payments/refund-empty`, `payments/refund-too-soon`, `payments/refund-unearned`, or
   * `ledger/*`.
   */
  async refund({ config, voucher, amountAtomic }: RefundRequest) {
    const { book, sender } = this.#options
    const state = book.find(voucher.channelId, config)
    if (state?.role !== 'inbound') throw channelUnknown(voucher.channelId)
    this.#check(state, voucher)
    const amount = this.#amount(state, amountAtomic)
    const reservation = book.reserveCovered(state.channelId, atomicToPicoUsd(amount))
    const before = [this.#lastAtMs.get(state.channelId), this.#owedAtomic.get(state.channelId)] as const
    this.#lastAtMs.set(state.channelId, this.#options.clock.nowMs())
    this.#owedAtomic.set(state.channelId, owedAtomicUp(state))
    try {
      await this.#claim(state)
      const escrow = { address: book.domain.escrow, abi: batchSettlementAbi } as const
      const receipt = await sender.call({ ...escrow, functionName: 'refund', args: [config, amount] })
      return { transaction: receipt.transactionHash, channel: channelCharge(await this.#observe(state.channelId)) }
    } catch (error) {
      if (!isKoinonError(error) || error.code !== 'ledger/reverted') this.#forget(state.channelId, before)
      throw error
    } finally {
      // Also after a failure: what the ledger says now is what calls are held against.
      await this.#observe(state.channelId).catch(() => undefined)
      book.release(reservation)
    }
  }

  /** What cost no gas, because the ledger was away, was no refund: the payer may ask again. */
  #forget(channelId: Hex, [lastAtMs, owedAtomic]: readonly [number | undefined, bigint | undefined]): void {
    if (lastAtMs === undefined) this.#lastAtMs.delete(channelId)
    else this.#lastAtMs.set(channelId, lastAtMs)
    if (owedAtomic === undefined) this.#owedAtomic.delete(channelId)
    else this.#owedAtomic.set(channelId, owedAtomic)
  }

  #check(state: ChannelState, voucher: SignedVoucher): void {
    const { book } = this.#options
    const owedAtomic = owedAtomicUp(state)
    if (voucher.maxClaimableAtomic !== owedAtomic) {
      throw voucherShort(voucher.maxClaimableAtomic, {
        channelId: state.channelId,
        depositAtomic: state.depositAtomic,
        claimedAtomic: state.claimedAtomic,
        owedAtomic,
        keptAtomic: state.voucherAtomic,
        keptSignature: state.voucherSignature,
        nextAtomic: owedAtomic,
      })
    }
    if (!verifyVoucher(voucher, state.config.payerAuthorizer, book.domain)) throw voucherForged()
    if (state.reservedPicoUsd > 0n) throw commitmentBusy()
  }

  #amount(state: ChannelState, wanted: bigint | undefined): bigint {
    const { clock, leastPartAtomic, leastEarnedAtomic = 0n } = this.#options
    const earned = owedAtomicUp(state) - (this.#owedAtomic.get(state.channelId) ?? 0n)
    if (earned < leastEarnedAtomic) {
      throw refused(
        'payments/refund-unearned',
        `This channel has paid ${earned} atomic units since it was opened or refunded; a refund takes ${leastEarnedAtomic}`,
        'Withdraw the rest through the escrow.',
      )
    }
    const left = state.depositAtomic - owedAtomicUp(state)
    const amount = wanted === undefined || wanted > left ? left : wanted
    if (amount <= 0n || (amount < left && amount < leastPartAtomic))
      throw refused('payments/refund-empty', 'There is too little to give back')
    const lastAtMs = this.#lastAtMs.get(state.channelId) ?? Number.NEGATIVE_INFINITY
    if (clock.nowMs() - lastAtMs < intervalMs)
      throw refused('payments/refund-too-soon', 'This channel was refunded minutes ago')
    return amount
  }

  async #claim(state: ChannelState): Promise<void> {
    const { book, sender } = this.#options
    if (state.voucherSignature === undefined || unclaimedAtomic(state) === 0n) return
    const row = {
      voucher: { channel: state.config, maxClaimableAmount: state.voucherAtomic },
      signature: state.voucherSignature,
      totalClaimed: claimableTotal(state),
    }
    const escrow = { address: book.domain.escrow, abi: batchSettlementAbi } as const
    await sender.call({ ...escrow, functionName: 'claim', args: [[row]] })
  }

  async #observe(channelId: Hex): Promise<ChannelState> {
    const { book, reader } = this.#options
    const facts = (await readChannelFacts(reader, book.domain, [channelId])).get(channelId)
    return facts === undefined ? book.require(channelId) : book.observe(channelId, facts)
  }
}

function refused(code: string, message: string, hint?: string): KoinonError {
  return new KoinonError({ code, message, ...(hint === undefined ? {} : { hint }), details: { status: 402 } })
}
