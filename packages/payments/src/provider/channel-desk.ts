import { type Address, atomicToPicoUsd, type Hex, KoinonError } from '@koinon/base'
import type { ReceiptBundle, SignedReceipt } from '@koinon/work'
import type { ChannelBook, Reservation } from '../core/channel-book.ts'
import type { ChannelState } from '../core/channel-state.ts'
import { type Secp256k1Engine, secp256k1Engine } from '../core/native-secp256k1.ts'
import type { ReceiptLedger } from '../core/receipt-ledger.ts'
import { verifyVoucher } from '../core/voucher-signing.ts'
import { commitmentMismatch } from '../rules/authorization.ts'
import { type ChannelConfig, channelIdOf } from '../rules/channel.ts'
import { owedAtomicUp } from '../rules/channel-room.ts'
import {
  type ChannelStanding,
  commitmentBusy,
  depositRefused,
  settlementUnknown,
  voucherForged,
  voucherOverDeposit,
  voucherShort,
} from '../rules/paid-call-refusals.ts'
import type { ChannelCommitment, Charge, PaymentTerms, SignedDeposit } from '../rules/terms.ts'
import type { SignedVoucher } from '../rules/voucher.ts'
import { nextVoucherAtomic, type VoucherCall, type VoucherLine, voucherRefusal } from '../rules/voucher-line.ts'
import type { CallResult, HeldPayment, PaidCall } from './cash-desk.ts'
import type { ChannelAdmission } from './channel-admission.ts'
import { finalAnswerOf } from './final-answer.ts'
import type { Settler } from './settler.ts'

export type ChannelDeskOptions = {
  readonly book: ChannelBook
  readonly ledger: ReceiptLedger
  readonly admission: ChannelAdmission
  /** Sends deposits; without one a payer makes them itself. */
  readonly settler: Settler | undefined
  readonly engine?: Secp256k1Engine
}

/** A call on a channel. Replaced by `extend`, so mutable. */
type Call = {
  voucherAtomic: bigint
  maximumAtomic: bigint
  signature: Hex
  reservation: Reservation
  isCharging: boolean
  readonly held: HeldPayment
}

/** What a further voucher of a call brings. */
type Extension = {
  readonly voucher: SignedVoucher
  readonly maximumAtomic: bigint
  readonly deposit: SignedDeposit | undefined
}

/** Bounds what one channel makes us remember and add up. */
const mostUnderWay = 256
const depositTimeoutMs = 30_000

/** Holds calls against vouchers (specs/0022-machine-payments.md section 3). A known channel costs no I/O before the charge. */
export class ChannelDesk {
  readonly #options: ChannelDeskOptions
  readonly #underWay = new Map<Hex, Call[]>()
  /** Vouchers whose channel is being looked up or paid into. */
  readonly #opening = new Set<string>()

  constructor(options: ChannelDeskOptions) {
    this.#options = options
  }

  /** The channel's calls, oldest first. */
  underWay(channelId: Hex): readonly HeldPayment[] {
    return (this.#underWay.get(channelId) ?? []).map(({ held }) => held)
  }

  /** Holds the commitment. `signer` has signed this very voucher, as its caller has found; else that is checked here. Throws as `CashDesk.admit`. */
  async hold(call: PaidCall, commitment: ChannelCommitment, requestId: Hex, signer?: Address): Promise<HeldPayment> {
    const { config, voucher, deposit } = commitment
    checkTerms(config, call.terms)
    const known = this.#options.book.find(voucher.channelId, config)
    const isSigned = signer !== undefined && signer === config.payerAuthorizer
    if (known !== undefined && deposit === undefined) return this.#holdKnown(call, known, voucher, requestId, isSigned)
    if (channelIdOf(config, this.#options.book.domain) !== voucher.channelId) {
      throw commitmentMismatch('channelId', voucher.channelId, channelIdOf(config, this.#options.book.domain))
    }
    if (!isSigned) this.#verify(voucher, config)
    const key = `${voucher.channelId}:${voucher.maxClaimableAtomic}`
    if (this.#opening.has(key)) throw commitmentBusy()
    this.#opening.add(key)
    try {
      const state = await this.#open(call, config, voucher, deposit)
      return await this.#holdKnown(call, state, voucher, requestId, true)
    } finally {
      this.#opening.delete(key)
    }
  }

  /** Where the channel stands, for a payer that has lost count. */
  standing(channelId: Hex, maximumAtomic: bigint): ChannelStanding {
    const state = this.#options.book.require(channelId)
    const line = this.#line(state)
    return {
      channelId,
      depositAtomic: state.depositAtomic,
      claimedAtomic: state.claimedAtomic,
      owedAtomic: owedAtomicUp(state),
      keptAtomic: state.voucherAtomic,
      keptSignature: state.voucherSignature,
      nextAtomic: nextVoucherAtomic(line, maximumAtomic),
    }
  }

  async #holdKnown(
    call: PaidCall,
    state: ChannelState,
    voucher: SignedVoucher,
    requestId: Hex,
    isSigned: boolean,
  ): Promise<HeldPayment> {
    const wanted = { voucherAtomic: voucher.maxClaimableAtomic, maximumAtomic: call.terms.maximumAtomic }
    if (voucherRefusal(this.#line(state), wanted) === 'over-deposit') {
      // Only the payer can make us look at the ledger again.
      if (!isSigned) this.#verify(voucher, state.config)
      await this.#options.admission.refresh(state.channelId)
      this.#require(state.channelId, wanted)
    } else {
      this.#require(state.channelId, wanted)
      if (!isSigned) this.#verify(voucher, state.config)
    }
    return this.#take(call, state.channelId, voucher, requestId)
  }

  /** The channel as the ledger has it, after the deposit that came along. */
  async #open(
    call: PaidCall,
    config: ChannelConfig,
    voucher: SignedVoucher,
    deposit: SignedDeposit | undefined,
  ): Promise<ChannelState> {
    const { book, admission } = this.#options
    const { channelId } = voucher
    if (deposit === undefined) return admission.admit(config)
    admission.checkTerms(config)
    const known = book.get(channelId)
    if (known === undefined) admission.checkRoom()
    else {
      const line = { ...this.#line(known), depositAtomic: known.depositAtomic + deposit.amountAtomic }
      this.#refuse(channelId, line, {
        voucherAtomic: voucher.maxClaimableAtomic,
        maximumAtomic: call.terms.maximumAtomic,
      })
    }
    return this.#collect(config, channelId, deposit)
  }

  /** Sends a deposit, and looks at the channel again. */
  async #collect(config: ChannelConfig, channelId: Hex, deposit: SignedDeposit): Promise<ChannelState> {
    const { book, admission, settler } = this.#options
    if (settler === undefined) throw depositRefused('unsupported', 'this seller sends no deposits')
    const outcome = await settler.deposit(config, deposit, depositTimeoutMs)
    if (outcome.state === 'unknown') throw settlementUnknown(outcome.detail)
    if (outcome.state === 'refused') throw depositRefused(outcome.reason, outcome.detail)
    if (outcome.facts !== undefined) return admission.admitSeen(config, outcome.facts)
    return book.get(channelId) === undefined ? admission.admit(config) : admission.refresh(channelId)
  }

  #take(call: PaidCall, channelId: Hex, voucher: SignedVoucher, requestId: Hex): HeldPayment {
    const { ledger, book } = this.#options
    const calls = this.#underWay.get(channelId) ?? []
    if (calls.length >= mostUnderWay) throw tooMany()
    const { maximumAtomic } = call.terms
    const reservation = ledger.reserveCovered(channelId, atomicToPicoUsd(maximumAtomic))
    const { payer } = book.require(channelId).config
    const held: HeldPayment = {
      requestId,
      payer,
      mayStream: true,
      uncharged: () => ({ payer, chargedAtomic: 0n, channel: channelCharge(book.require(channelId)) }),
      get maximumAtomic() {
        return entry.maximumAtomic
      },
      charge: async (result) => {
        entry.isCharging = true
        try {
          return await this.#charge(call, channelId, entry, result)
        } finally {
          this.#drop(channelId, entry)
        }
      },
      release: () => {
        if (!entry.isCharging) this.#drop(channelId, entry)
      },
      extend: (next, most, deposit) => this.#extend(channelId, entry, { voucher: next, maximumAtomic: most, deposit }),
    }
    const entry: Call = {
      voucherAtomic: voucher.maxClaimableAtomic,
      maximumAtomic,
      signature: voucher.signature,
      reservation,
      isCharging: false,
      held,
    }
    calls.push(entry)
    this.#underWay.set(channelId, calls)
    return held
  }

  async #charge(call: PaidCall, channelId: Hex, entry: Call, result: CallResult) {
    const { ledger, book } = this.#options
    const { voucherAtomic, signature, reservation } = entry
    const { payer } = entry.held
    const bundle = await ledger.finalize(
      finalAnswerOf(call, result, {
        requestId: entry.held.requestId,
        payer,
        channelId,
        reservation,
        // A call that costs nothing leaves its voucher to the payer.
        ...(result.chargedAtomic > 0n ? { voucher: { voucherAtomic, signature } } : {}),
      }),
    )
    const { chargedAtomic, owedAtomic } = chargedBy(bundle)
    const channel = { ...channelCharge(book.require(channelId)), owedAtomic }
    return { charge: { payer, chargedAtomic, channel }, bundle }
  }

  async #extend(channelId: Hex, entry: Call, { voucher, maximumAtomic, deposit }: Extension): Promise<void> {
    const { book, ledger } = this.#options
    const wanted = { voucherAtomic: voucher.maxClaimableAtomic, maximumAtomic }
    const { config } = book.require(channelId)
    if (voucher.channelId !== channelId) throw commitmentMismatch('channelId', voucher.channelId, channelId)
    this.#verify(voucher, config)
    if (deposit !== undefined) {
      this.#requireExtension(channelId, entry, wanted, deposit.amountAtomic)
      await this.#collect(config, channelId, deposit)
    }
    this.#requireExtension(channelId, entry, wanted, 0n)
    // What is reserved already always fits again.
    ledger.release(entry.reservation)
    try {
      entry.reservation = ledger.reserveCovered(channelId, atomicToPicoUsd(maximumAtomic))
    } catch (error) {
      entry.reservation = ledger.reserveCovered(channelId, atomicToPicoUsd(entry.maximumAtomic))
      throw error
    }
    entry.maximumAtomic = maximumAtomic
    entry.voucherAtomic = wanted.voucherAtomic
    entry.signature = voucher.signature
  }

  /** `comingAtomic` is a deposit that is not made yet. */
  #requireExtension(channelId: Hex, entry: Call, wanted: VoucherCall, comingAtomic: bigint): void {
    const { voucherAtomic, maximumAtomic } = wanted
    if (!this.#isUnderWay(channelId, entry)) throw commitmentMismatch('call', 'over', 'under way')
    if (voucherAtomic <= entry.voucherAtomic || maximumAtomic < entry.maximumAtomic) {
      throw voucherShort(voucherAtomic, this.standing(channelId, maximumAtomic))
    }
    const line = this.#line(this.#options.book.require(channelId), entry)
    this.#refuse(channelId, { ...line, depositAtomic: line.depositAtomic + comingAtomic }, wanted)
  }

  #isUnderWay(channelId: Hex, entry: Call): boolean {
    return !entry.isCharging && (this.#underWay.get(channelId)?.includes(entry) ?? false)
  }

  #drop(channelId: Hex, entry: Call): void {
    const calls = this.#underWay.get(channelId) ?? []
    const index = calls.indexOf(entry)
    if (index < 0) return
    calls.splice(index, 1)
    if (calls.length === 0) this.#underWay.delete(channelId)
    this.#options.ledger.release(entry.reservation)
  }

  /** What other doors to the channel hold counts as owed: their vouchers are signed when their debts are. */
  #line(state: ChannelState, without?: Call): VoucherLine {
    const underWay = (this.#underWay.get(state.channelId) ?? []).filter((call) => call !== without)
    const ours = underWay.reduce((sum, call) => sum + atomicToPicoUsd(call.maximumAtomic), 0n)
    const own = without === undefined ? 0n : atomicToPicoUsd(without.maximumAtomic)
    const owedPicoUsd = state.owedPicoUsd + state.reservedPicoUsd - ours - own
    return {
      depositAtomic: state.depositAtomic,
      owedAtomic: owedAtomicUp({ owedPicoUsd }),
      keptAtomic: state.voucherAtomic,
      underWay,
    }
  }

  #require(channelId: Hex, wanted: VoucherCall): void {
    this.#refuse(channelId, this.#line(this.#options.book.require(channelId)), wanted)
  }

  #refuse(channelId: Hex, line: VoucherLine, wanted: VoucherCall): void {
    const refusal = voucherRefusal(line, wanted)
    if (refusal === undefined) return
    if (refusal === 'busy') throw commitmentBusy()
    const standing = this.standing(channelId, wanted.maximumAtomic)
    if (refusal === 'short') throw voucherShort(wanted.voucherAtomic, standing)
    throw voucherOverDeposit(wanted.voucherAtomic, standing)
  }

  #verify(voucher: SignedVoucher, config: ChannelConfig): void {
    const { book, engine = secp256k1Engine } = this.#options
    if (!verifyVoucher(voucher, config.payerAuthorizer, book.domain, engine)) throw voucherForged()
  }
}

/** A channel's figures as receipts of the wires state them. */
export function channelCharge(state: ChannelState): NonNullable<Charge['channel']> {
  return {
    channelId: state.channelId,
    depositAtomic: state.depositAtomic,
    claimedAtomic: state.claimedAtomic,
    owedAtomic: owedAtomicUp(state),
    withdrawRequestedAtSeconds: 0,
  }
}

/** Whole units by which this answer raised what the channel owes; parts of a unit are charged with the answer that completes it. */
function chargedBy({ hops }: ReceiptBundle): { readonly chargedAtomic: bigint; readonly owedAtomic: bigint } {
  const { cumulativePicoUsd, amountPicoUsd } = (hops[0] as SignedReceipt).receipt
  const owedAtomic = owedAtomicUp({ owedPicoUsd: cumulativePicoUsd })
  return { chargedAtomic: owedAtomic - owedAtomicUp({ owedPicoUsd: cumulativePicoUsd - amountPicoUsd }), owedAtomic }
}

function checkTerms(config: ChannelConfig, terms: PaymentTerms): void {
  if (config.token !== terms.asset.token) throw commitmentMismatch('asset', config.token, terms.asset.token)
  if (config.receiver !== terms.payTo) throw commitmentMismatch('payTo', config.receiver, terms.payTo)
}

function tooMany(): KoinonError {
  return new KoinonError({
    code: 'payments/busy',
    message: `${mostUnderWay} calls are under way on this channel`,
    retry: 'later',
  })
}
