import { isKoinonError, KoinonError } from '@koinon/base'
import type { ChannelBook } from '../core/channel-book.ts'
import type { ChannelState } from '../core/channel-state.ts'
import { type Secp256k1Engine, secp256k1Engine } from '../core/native-secp256k1.ts'
import { verifyVoucher } from '../core/voucher-signing.ts'
import type { SignedVoucher } from '../rules/voucher.ts'

/** What became of a voucher. */
export type AcceptedVoucher = {
  /** Highest voucher held now; equal to the one handed in unless that one was out of date. */
  readonly voucherAtomic: bigint
  /** False for a repeated or overtaken voucher, which is no mistake: requests overtake each other. */
  readonly isNew: boolean
  /** Resolves when a new voucher is on disk. It counts for credit at once. */
  readonly durable: Promise<void>
}

export type VoucherDeskOptions = {
  readonly book: ChannelBook
  /** Reads a channel again when a voucher exceeds the known deposit (`ChannelAdmission.refresh`). */
  readonly refresh: (channelId: ChannelState['channelId']) => Promise<ChannelState>
  readonly engine?: Secp256k1Engine
}

/** Takes vouchers for inbound channels. Only higher ones cost a signature check. */
export class VoucherDesk {
  readonly #options: VoucherDeskOptions

  constructor(options: VoucherDeskOptions) {
    this.#options = options
  }

  /**
   * For the hot path: no waiting. Throws `payments/channel-unknown`, `payments/voucher-over-deposit` or
   * `payments/voucher-forged`.
   */
  accept(voucher: SignedVoucher): AcceptedVoucher {
    const { book, engine = secp256k1Engine } = this.#options
    const state = book.require(voucher.channelId)
    if (state.role !== 'inbound') throw forged('the channel does not pay this account')
    if (voucher.maxClaimableAtomic <= state.voucherAtomic) {
      return { voucherAtomic: state.voucherAtomic, isNew: false, durable: Promise.resolve() }
    }
    if (!verifyVoucher(voucher, state.config.payerAuthorizer, book.domain, engine)) {
      throw forged("the channel's authorizer did not sign it")
    }
    // After the signature, so that only the payer can make us look at the ledger again.
    if (voucher.maxClaimableAtomic > state.depositAtomic) throw overDeposit(voucher, state)
    const durable = book.raiseVoucher(voucher.channelId, voucher.maxClaimableAtomic, voucher.signature)
    // Whoever does not wait for it must not crash the process; a lost store shows at the next answer.
    durable.catch(() => undefined)
    return { voucherAtomic: voucher.maxClaimableAtomic, isNew: true, durable }
  }

  /** For `POST /v1/vouchers`: looks for a top-up if need be, and answers when the voucher is on disk. Throws as `accept`. */
  async deliver(voucher: SignedVoucher): Promise<AcceptedVoucher> {
    const accepted = await this.#acceptAfterTopUp(voucher)
    await accepted.durable
    return accepted
  }

  async #acceptAfterTopUp(voucher: SignedVoucher): Promise<AcceptedVoucher> {
    try {
      return this.accept(voucher)
    } catch (error) {
      if (!isKoinonError(error) || error.code !== 'payments/voucher-over-deposit') throw error
      await this.#options.refresh(voucher.channelId)
      return this.accept(voucher)
    }
  }
}

function overDeposit(voucher: SignedVoucher, state: ChannelState): KoinonError {
  return new KoinonError({
    code: 'payments/voucher-over-deposit',
    message: `The voucher names ${voucher.maxClaimableAtomic} atomic units, the channel holds ${state.depositAtomic}`,
    hint: 'Top up the channel first; a new deposit is seen within seconds.',
    retry: 'later',
    details: { depositAtomic: state.depositAtomic.toString() },
  })
}

function forged(problem: string): KoinonError {
  return new KoinonError({ code: 'payments/voucher-forged', message: `The voucher does not hold: ${problem}` })
}
