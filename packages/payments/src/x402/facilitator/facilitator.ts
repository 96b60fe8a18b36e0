import { type Address, type Clock, type Hex, isKoinonError, KoinonError, sha256Hex } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { LedgerReader, TransactionSender } from '@koinon/ledger'
import { externalGasBounds } from '../../provider/gas-bounds.ts'
import { LedgerSettler } from '../../provider/ledger-settler.ts'
import { type SettlementTotals, settlementsSchema } from '../../provider/settlement-book.ts'
import type { EscrowDomain } from '../../rules/channel.ts'
import type { Asset } from '../../rules/terms.ts'
import { gasSponsoring } from '../rules/up-to-payload.ts'
import { catalogueSchema, ResourceCatalogue } from './catalogue.ts'
import { type ChannelSchemeOptions, settleChannel, verifyChannel } from './channel-scheme.ts'
import { exactPayment, settleExact, verifyExact } from './exact-scheme.ts'
import {
  type FacilitatorRequest,
  parseFacilitatorRequest,
  pendingReason,
  type SettleAnswer,
  type VerifyAnswer,
} from './facilitator-wire.ts'
import { UpToHolds } from './up-to-holds.ts'
import { settleUpTo, upToPayment, verifyUpTo } from './up-to-scheme.ts'

/** Tables of a facilitator's store. */
export const facilitatorSchema = `${settlementsSchema}${catalogueSchema}`

export type FacilitatorOptions = {
  /** Opened with `facilitatorSchema`. */
  readonly store: DurableStore
  readonly reader: LedgerReader
  /** Pays for gas. */
  readonly sender: TransactionSender
  readonly domain: EscrowDomain
  /** Tokens that are settled. */
  readonly assets: readonly Asset[]
  readonly unsettledBlocks: number
  readonly clock: Clock
  /** The EIP-3009 collector; left out, the one at its canonical address. */
  readonly collector?: Address
  /** Whether Permit2 and the proxy of `upto` stand on this chain (`hasUpToProxy`); left out, `upto` is not served. */
  readonly servesUpTo?: boolean
  /** How long a settlement is waited for before its outcome is called unknown; left out, 25 s. */
  readonly settleTimeoutMs?: number
}

const settleTimeoutMs = 25_000
/** How long a verified payment is kept for the server that verified it. */
const longestHoldMs = 60_000
const keptHolds = 20_000
/** A relayed call of the escrow is answered the same for so long. */
const keptAnswersMs = 600_000
const keptAnswers = 2_000
const failuresAllowed = 3
const failureWindowMs = 3_600_000

type Json = Readonly<Record<string, unknown>>
type Answered = { readonly answer: Promise<SettleAnswer>; readonly untilMs: number }

/**
 * Verifies and settles x402 v2 payments for servers that trust it (specs/0022-machine-payments.md section 9). It never holds money: every
 * transfer goes where its payer signed. What servers must trust is its word that a payment is settled.
 */
export class Facilitator {
  readonly catalogue: ResourceCatalogue
  readonly #options: FacilitatorOptions
  readonly #settler: LedgerSettler
  readonly #channels: ChannelSchemeOptions
  readonly #network: string
  /** Exact payments that were verified, and until when, Unix milliseconds. */
  readonly #holds = new Map<Hex, number>()
  readonly #upToHolds: UpToHolds
  readonly #answered = new Map<Hex, Answered>()

  constructor(options: FacilitatorOptions) {
    this.#options = options
    const { reader, sender, domain, assets } = options
    this.#network = `eip155:${domain.chainId}`
    // Blocks are replaced where others mine them, and there gas costs money.
    const { leastCreatingAtomic } = externalGasBounds
    this.#settler = new LedgerSettler({ ...options, ...(options.unsettledBlocks > 0 ? { leastCreatingAtomic } : {}) })
    this.#channels = {
      ...{ settler: this.#settler, reader, sender, domain },
      assets: new Set(assets.map(({ token }) => token)),
    }
    this.#upToHolds = new UpToHolds(options.clock)
    this.catalogue = new ResourceCatalogue(options.store, options.clock)
  }

  /** Answer of `GET /supported`. */
  supported() {
    const kind = (scheme: string) => ({ x402Version: 2, scheme, network: this.#network })
    const upTo = { ...kind('upto'), extra: { facilitatorAddress: this.#settler.address } }
    const kinds = [kind('exact'), kind('batch-settlement'), ...(this.#options.servesUpTo === true ? [upTo] : [])]
    return {
      kinds,
      extensions: ['bazaar', ...(this.#options.servesUpTo === true ? [gasSponsoring] : [])],
      signers: { 'eip155:*': [this.#settler.address] },
    }
  }

  /**
   * Answer of `POST /verify`. A payment that is no channel's is verified for one caller: until it is settled or a minute is over nobody else
   * hears that it is valid, so that one proof sent six times is worked for once. One of `upto` stays its caller's until it ends: nobody
   * else may say what it comes to. Throws `payments/bad-x402-request` and other refusals of a parser, `payments/ledger-unreachable`, and
   * `payments/facilitator-busy` where no more of `upto` can be kept.
   */
  async verify(body: Json, caller?: string): Promise<VerifyAnswer> {
    const request = parseFacilitatorRequest(body)
    const objection = this.#objection(request)
    if (objection !== undefined) return { isValid: false, invalidReason: objection }
    const { scheme } = request.requirements
    if (scheme === 'batch-settlement') {
      const answer = await verifyChannel(this.#channels, request)
      return answer.isValid && (await this.#isCostly(answer.payer)) ? costly(answer.payer) : answer
    }
    return scheme === 'upto' ? this.#verifyUpTo(request, caller) : this.#verifyExact(request)
  }

  /**
   * Answer of `POST /settle`: who asks again about the same payment hears the same. `settlement_pending` where nobody knows yet. Throws
   * the refusals of a parser and `payments/ledger-unreachable`.
   */
  async settle(body: Json, caller?: string): Promise<SettleAnswer> {
    const request = parseFacilitatorRequest(body)
    const objection = this.#objection(request)
    const { scheme, network } = request.requirements
    if (objection !== undefined) return { success: false, errorReason: objection, transaction: '', network }
    const answer =
      scheme === 'batch-settlement' ? await this.#settleChannel(request) : await this.#settleOnce(request, caller)
    if (answer.success) await this.catalogue.record(request).catch(() => undefined)
    return answer
  }

  /** What was settled and what it cost, of everything still on the books. */
  totals(): Promise<SettlementTotals> {
    return this.#settler.totals()
  }

  /** Forgets what ended long ago. */
  prune(): Promise<void> {
    return this.#settler.prune()
  }

  async #verifyExact(request: FacilitatorRequest): Promise<VerifyAnswer> {
    const payment = exactPayment(request)
    if (await this.#isCostly(payment.payer)) return costly(payment.payer)
    const nowMs = this.#options.clock.nowMs()
    if (this.#isHeld(payment.key, nowMs)) return inFlight(payment.payer)
    const answer = await verifyExact(this.#settler, payment, request, secondsOf(nowMs))
    if (!answer.isValid) return answer
    if (this.#isHeld(payment.key, nowMs)) return inFlight(payment.payer)
    this.#hold(payment.key, nowMs + Math.min(longestHoldMs, request.requirements.maxTimeoutSeconds * 1000))
    return answer
  }

  async #verifyUpTo(request: FacilitatorRequest, caller: string | undefined): Promise<VerifyAnswer> {
    const payment = upToPayment(request)
    if (await this.#isCostly(payment.payer)) return costly(payment.payer)
    const nowSeconds = secondsOf(this.#options.clock.nowMs())
    const check = () => verifyUpTo(this.#settler, payment, request, nowSeconds)
    return (await this.#upToHolds.verify(payment, caller, check)) ?? inFlight(payment.payer)
  }

  async #settleOnce(request: FacilitatorRequest, caller: string | undefined): Promise<SettleAnswer> {
    const timeoutMs = this.#options.settleTimeoutMs ?? settleTimeoutMs
    const { scheme, network } = request.requirements
    if (scheme !== 'upto') {
      const payment = exactPayment(request)
      const answer = await settleExact(this.#settler, payment, request, timeoutMs)
      if (!answer.success && answer.errorReason !== pendingReason) this.#holds.delete(payment.key)
      return answer
    }
    const payment = upToPayment(request)
    const { key, payer } = payment
    // Else a payer would settle its own payment for next to nothing before the server that works for it does.
    const settle = () => settleUpTo(this.#settler, payment, request, timeoutMs)
    const answer = await this.#upToHolds.settle(key, caller, settle)
    if (answer === undefined)
      return { success: false, errorReason: 'payment_in_flight', transaction: '', network, payer }
    // A server that settles nothing has let it go: kept, such payments would fill the room of those that pay.
    if (answer.success || answer.errorReason !== pendingReason) this.#upToHolds.release(key)
    return answer
  }

  /** Escrow calls have no key of their own: the same payload is the same call. */
  #settleChannel(request: FacilitatorRequest): Promise<SettleAnswer> {
    const timeoutMs = this.#options.settleTimeoutMs ?? settleTimeoutMs
    if (request.payload['type'] === 'deposit' || request.payload['type'] === 'settle')
      return settleChannel(this.#channels, request, timeoutMs)
    const key = sha256Hex(JSON.stringify(request.payload))
    const nowMs = this.#options.clock.nowMs()
    const known = this.#answered.get(key)
    if (known !== undefined && known.untilMs > nowMs) return known.answer
    const answer = settleChannel(this.#channels, request, timeoutMs)
    if (this.#answered.size >= keptAnswers) this.#answered.delete(this.#answered.keys().next().value as Hex)
    this.#answered.set(key, { answer, untilMs: nowMs + keptAnswersMs })
    // Only what went through is said again; the rest is looked at anew.
    const forget = () => this.#answered.delete(key)
    answer.then(({ success }) => success || forget(), forget)
    return answer
  }

  #objection({ requirements }: FacilitatorRequest): string | undefined {
    const { scheme, network, asset } = requirements
    const { servesUpTo } = this.#options
    if (network !== this.#network) return 'invalid_network'
    const isServed = scheme === 'exact' || scheme === 'batch-settlement' || (scheme === 'upto' && servesUpTo === true)
    if (!isServed) return 'unsupported_scheme'
    return this.#channels.assets.has(asset) ? undefined : 'unsupported_asset'
  }

  async #isCostly(payer: Address | undefined): Promise<boolean> {
    if (payer === undefined) return false
    return (await this.#settler.failuresOf(payer, this.#options.clock.nowMs() - failureWindowMs)) >= failuresAllowed
  }

  #isHeld(key: Hex, nowMs: number): boolean {
    return (this.#holds.get(key) ?? 0) > nowMs
  }

  #hold(key: Hex, untilMs: number): void {
    this.#holds.delete(key)
    if (this.#holds.size >= keptHolds) this.#holds.delete(this.#holds.keys().next().value as Hex)
    this.#holds.set(key, untilMs)
  }
}

function secondsOf(nowMs: number): bigint {
  return BigInt(Math.floor(nowMs / 1000))
}

/** The wire's answer to a request that could not be read or served. */
export function failureAnswer(error: unknown, path: 'verify' | 'settle') {
  const isBad = isKoinonError(error) && error.retry === 'never'
  const reason = isBad ? 'invalid_payload' : `unexpected_${path}_error`
  const message = error instanceof KoinonError ? error.message : 'The facilitator failed while it served this request'
  return path === 'verify'
    ? { isValid: false, invalidReason: reason, invalidMessage: message }
    : { success: false, errorReason: reason, errorMessage: message, transaction: '', network: '' }
}

function inFlight(payer: Address): VerifyAnswer {
  return {
    isValid: false,
    invalidReason: 'payment_in_flight',
    invalidMessage: 'this payment is being worked for by another request',
    payer,
  }
}

function costly(payer: Address | undefined): VerifyAnswer {
  return {
    isValid: false,
    invalidReason: 'too_many_failed_settlements',
    invalidMessage: 'the ledger refused several payments of this account within the hour',
    ...(payer === undefined ? {} : { payer }),
  }
}
