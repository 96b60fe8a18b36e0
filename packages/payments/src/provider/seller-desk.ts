import { type Address, bytesToHex, type Clock, type Hex, KoinonError, type Random } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { ChannelBook } from '../core/channel-book.ts'
import { type Secp256k1Engine, secp256k1Engine } from '../core/native-secp256k1.ts'
import type { ReceiptLedger } from '../core/receipt-ledger.ts'
import { verifyVoucher } from '../core/voucher-signing.ts'
import { commitmentMismatch } from '../rules/authorization.ts'
import { channelIdOf } from '../rules/channel.ts'
import { authorizationDigest } from '../rules/exact.ts'
import { authorizationUsed, type ChannelStanding } from '../rules/paid-call-refusals.ts'
import type { Charge } from '../rules/terms.ts'
import { upToDigest } from '../rules/up-to.ts'
import type { Admission, CallResult, CashDesk, HeldPayment, PaidCall } from './cash-desk.ts'
import type { ChannelAdmission } from './channel-admission.ts'
import { ChannelDesk, channelCharge } from './channel-desk.ts'
import { ExactDesk } from './exact-desk.ts'
import { ExactPayments } from './exact-payments.ts'
import { PaymentIds, type RepeatedCall } from './payment-ids.ts'
import type { Settler } from './settler.ts'

export type SellerDeskOptions = {
  readonly store: DurableStore
  readonly book: ChannelBook
  readonly ledger: ReceiptLedger
  readonly admission: ChannelAdmission
  /** Whoever sends transactions; without one only channels that exist are taken. */
  readonly settler?: Settler
  readonly clock: Clock
  readonly random: Random
  readonly settleTimeoutMs?: number
  readonly settlementIntervalMs?: number
  /** Between two looks at what can be forgotten; an hour unless given. */
  readonly forgetIntervalMs?: number
  readonly engine?: Secp256k1Engine
}

const forgetIntervalMs = 3_600_000
const paymentIdPattern = /^[A-Za-z0-9_-]{16,128}$/

/** The seller's side of machine payments over one store: one desk for all wires. */
export class SellerDesk implements CashDesk {
  readonly #options: SellerDeskOptions
  readonly #channels: ChannelDesk
  readonly #exact: ExactDesk | undefined
  readonly #ids: PaymentIds
  #drawn: Uint8Array = new Uint8Array(0)
  #forgetting: ReturnType<typeof setInterval> | undefined

  constructor(options: SellerDeskOptions) {
    const { store, book, ledger, admission, settler, clock, engine, settleTimeoutMs, settlementIntervalMs } = options
    this.#options = options
    this.#ids = new PaymentIds(store, clock)
    this.#channels = new ChannelDesk({ book, ledger, admission, settler, ...(engine === undefined ? {} : { engine }) })
    this.#exact =
      settler === undefined
        ? undefined
        : new ExactDesk({
            book,
            ledger,
            settler,
            clock,
            payments: new ExactPayments(store),
            remember: (call, payer, id, charge, result) =>
              this.#ids.row(payer, id, call.requestHash, charge, result.answer),
            ...(settleTimeoutMs === undefined ? {} : { settleTimeoutMs }),
            ...(settlementIntervalMs === undefined ? {} : { intervalMs: settlementIntervalMs }),
          })
  }

  /** After the book and before the first call: what an earlier process left is taken up. */
  async start(): Promise<void> {
    await this.#ids.forget()
    await this.#ids.start()
    await this.#exact?.start()
    const forget = async () => {
      await this.#ids.forget()
      await this.#exact?.forget()
    }
    this.#forgetting ??= setInterval(
      () => forget().catch(() => undefined),
      this.#options.forgetIntervalMs ?? forgetIntervalMs,
    ).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#forgetting)
    await this.#exact?.stop()
  }

  /** Asks the ledger now about payments of unknown outcome; it is asked every few seconds anyway. */
  async findOut(): Promise<void> {
    await this.#exact?.findOut()
  }

  async admit(call: PaidCall): Promise<Admission> {
    this.#checkCall(call)
    const { paymentId } = call
    const signer = paymentId === undefined ? undefined : this.#provenSigner(call)
    if (paymentId === undefined || signer === undefined) return this.#hold(call, undefined)
    const known = await this.#ids.begin(signer, paymentId, call.requestHash)
    if (known !== undefined) return this.#repeated(call, known)
    try {
      const admission = await this.#hold(call, signer)
      if (admission.state === 'held')
        return { state: 'held', payment: this.#named(call, signer, paymentId, admission.payment) }
      this.#ids.end(signer, paymentId)
      return admission
    } catch (error) {
      this.#ids.end(signer, paymentId)
      throw error
    }
  }

  underWay(channelId: Hex): readonly HeldPayment[] {
    return this.#channels.underWay(channelId)
  }

  /** Where a known channel stands for one more call; undefined when it is not known here. */
  standing(channelId: Hex, maximumAtomic: bigint): ChannelStanding | undefined {
    return this.#options.book.get(channelId)?.role === 'inbound'
      ? this.#channels.standing(channelId, maximumAtomic)
      : undefined
  }

  #checkCall({ terms, commitment, paymentId }: PaidCall): void {
    const { book } = this.#options
    if (terms.chainId !== book.domain.chainId) {
      throw commitmentMismatch('network', String(terms.chainId), String(book.domain.chainId))
    }
    if (!terms.backEnds.includes(commitment.backEnd)) {
      throw commitmentMismatch('scheme', commitment.backEnd, terms.backEnds.join(' or '))
    }
    if (terms.maximumAtomic <= 0n) {
      throw new KoinonError({
        code: 'payments/bad-amount',
        message: 'Terms must cost something; free calls need no desk',
      })
    }
    if (paymentId !== undefined && !paymentIdPattern.test(paymentId)) {
      throw new KoinonError({
        code: 'payments/bad-payment-id',
        message: 'A payment id has 16 to 128 letters, digits, hyphens and underscores',
        details: { status: 400 },
      })
    }
  }

  /** `signer` is who is known to have signed the commitment; undefined where that was not looked at. */
  async #hold(call: PaidCall, signer: Address | undefined): Promise<Admission> {
    const { commitment } = call
    const requestId = this.#nextRequestId()
    if (commitment.backEnd === 'channel') {
      return { state: 'held', payment: await this.#channels.hold(call, commitment, requestId, signer) }
    }
    if (this.#exact === undefined) throw commitmentMismatch('scheme', commitment.backEnd, 'channel')
    const held = await this.#exact.hold(call, commitment, requestId)
    if (typeof held !== 'string') return { state: 'held', payment: held }
    const known = await this.#ids.find(commitment.authorization.from, held, call.requestHash)
    if (known === undefined) throw authorizationUsed()
    return this.#repeated(call, known)
  }

  /** The time in milliseconds, so that receipts that follow each other lie side by side in the store, then 10 random bytes. */
  #nextRequestId(): Hex {
    if (this.#drawn.length < 10) this.#drawn = this.#options.random(4_000)
    const random = bytesToHex(this.#drawn.subarray(0, 10)).slice(2)
    this.#drawn = this.#drawn.subarray(10)
    return `0x${Math.trunc(this.#options.clock.nowMs()).toString(16).padStart(12, '0')}${random}`
  }

  /**
   * Whose key signed the commitment; undefined where only the ledger can say, whose calls then have no ids. Of a channel it is the
   * payerAuthorizer: anybody can open one that names another as its payer.
   */
  #provenSigner({ commitment, terms }: PaidCall): Address | undefined {
    const { book, engine = secp256k1Engine } = this.#options
    if (commitment.backEnd !== 'channel') {
      const { authorization } = commitment
      try {
        const digest =
          commitment.backEnd === 'upTo'
            ? upToDigest(commitment.authorization, terms.chainId)
            : authorizationDigest(commitment.authorization, terms.asset, terms.chainId)
        const signer = engine.recover(digest, authorization.signature)
        return signer === authorization.from ? signer : undefined
      } catch {
        return undefined
      }
    }
    const { config, voucher } = commitment
    const isKnown = book.find(voucher.channelId, config) !== undefined
    if (!isKnown && channelIdOf(config, book.domain) !== voucher.channelId) return undefined
    return verifyVoucher(voucher, config.payerAuthorizer, book.domain, engine) ? config.payerAuthorizer : undefined
  }

  /** A held payment whose charge is remembered under the signer's id. */
  #named(call: PaidCall, signer: Address, id: string, payment: HeldPayment): HeldPayment {
    const charge = (result: CallResult) => {
      const paid = { payer: payment.payer, chargedAtomic: result.chargedAtomic }
      const row = this.#ids.row(signer, id, call.requestHash, paid, result.answer)
      return payment
        .charge({ ...result, extraStatements: [...(result.extraStatements ?? []), row] })
        .finally(() => this.#ids.end(signer, id))
    }
    const release = () => {
      payment.release()
      this.#ids.end(signer, id)
    }
    return {
      requestId: payment.requestId,
      payer: payment.payer,
      mayStream: payment.mayStream,
      ...(payment.uncharged === undefined ? {} : { uncharged: payment.uncharged }),
      get maximumAtomic() {
        return payment.maximumAtomic
      },
      charge,
      release,
      ...(payment.extend === undefined ? {} : { extend: payment.extend }),
    }
  }

  /** What was charged then, with the channel as it stands now. */
  #repeated({ commitment }: PaidCall, { charge: stored, answer }: RepeatedCall): Admission {
    if (commitment.backEnd !== 'channel') return { state: 'repeated', charge: stored, answer }
    // Rows are kept by signer, who may pay with the money of another account.
    const charge = { ...stored, payer: commitment.config.payer }
    const state = this.#options.book.get(commitment.voucher.channelId)
    const now: Charge = state === undefined ? charge : { ...charge, channel: channelCharge(state) }
    return { state: 'repeated', charge: now, answer }
  }
}
