/** A payer's signer whose key has a budget: every signature is one that the grants allow (specs/0025-budgets.md section 9). */
import { type Address, bytesToHex, type Clock, type Hex, type Random } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { dollarAbi } from '@koinon/ledger/abis'
import { reachable, readChannelFacts } from '../../core/escrow.ts'
import type { DepositIntent, PayCallIntent } from '../../rules/budget/intent.ts'
import { budgetRefused } from '../../rules/budget/refusal-words.ts'
import { channelIdOf, type EscrowDomain } from '../../rules/channel.ts'
import type { UpToAuthorization } from '../../rules/terms.ts'
import type {
  AuthorizationIntent,
  ChannelFunding,
  IntentCall,
  PaymentSigner,
  UpToIntent,
  VoucherIntent,
} from '../payment-signer.ts'
import {
  cannotDeposit,
  keyEmpty,
  nonceFixed,
  notByBudget,
  ownerEmpty,
  proposesOnly,
  receiverUnnamed,
  waits,
  withNextStep,
} from './budget-payer-errors.ts'
import type { BudgetSigner } from './budget-signer.ts'
import { hasBudgetDelegate } from './delegate-account.ts'
import { PaymentIntents } from './payment-intents.ts'
import type { SignedIntent } from './sign-intent.ts'
import { intentFromText } from './stored-intent.ts'

export type BudgetPaymentSignerOptions = {
  /** Started. */
  readonly signer: BudgetSigner
  readonly reader: LedgerReader
  /** Escrow of the network that the grants are for. */
  readonly domain: EscrowDomain
  /** Sends a batch to the owner's account and pays its gas; resolves when it is mined. Needs no right over the owner's money. */
  readonly send: (batch: { readonly to: Address; readonly data: Hex }) => Promise<unknown>
  readonly clock: Clock
  readonly random: Random
}

/** Sellers take authorizations for an hour; less something for clocks that differ. */
const longestSeconds = 3_500

/**
 * Lets a `Payer` spend a budget. Channels are the owner's, with the session key as payerAuthorizer: the owner's account puts the money in, by
 * its delegate. `exact` and `upTo` payments come from the session key's own account. All methods throw `payments/budget-*` with the next step as hint.
 */
export class BudgetPaymentSigner implements PaymentSigner {
  readonly payer: Address
  readonly payerAuthorizer: Address
  readonly upToPayer: Address
  readonly #options: BudgetPaymentSignerOptions
  readonly #intents: PaymentIntents
  readonly #turns = new Map<Hex, Promise<unknown>>()

  constructor(options: BudgetPaymentSignerOptions) {
    const { signer } = options
    this.#options = options
    this.payer = signer.owner
    this.payerAuthorizer = signer.agent
    this.upToPayer = signer.agent
    this.#intents = new PaymentIntents(signer)
  }

  /** Asks the ledger what became of all that an earlier process signed, and gives back what can never be used. */
  async settleOpen(): Promise<void> {
    const { signer } = this.#options
    for (const { id } of await signer.ending()) await signer.conclude(id)
  }

  signVoucher(intent: VoucherIntent): Promise<Hex> {
    return this.#inTurn(intent, async () => {
      const signed = await this.#sign(this.#voucher(intent), () => true)
      if (signed.kind !== 'voucher') throw new Error('no voucher')
      return signed.voucher.signature
    })
  }

  async signAuthorization(
    intent: AuthorizationIntent,
  ): Promise<Awaited<ReturnType<PaymentSigner['signAuthorization']>>> {
    const { domain, clock } = this.#options
    const { authorization, call, isNonceFixed } = intent
    const { token, to, valueAtomic } = authorization
    if (intent.chainId !== domain.chainId) throw notByBudget('another chain')
    // The owner's word comes later than the seller's nonce lives.
    if (isNonceFixed && this.#isProposing) throw nonceFixed()
    const nowSeconds = Math.floor(clock.nowMs() / 1000)
    const payment = {
      kind: 'payCall',
      ...termsOf(call),
      receiver: to,
      asset: token,
      amountAtomic: valueAtomic,
      rail: {
        kind: 'exact',
        validBefore: this.#endOf(authorization.validBefore, nowSeconds),
        ...(isNonceFixed ? { nonce: authorization.nonce } : {}),
      },
    } as const satisfies Omit<PayCallIntent, 'id'>
    await this.#keyCanPay(payment, call.requestHash)
    const signed = await this.#sign({ payment, name: call.paymentId }, ({ rail }) => {
      const isSame = rail.kind === 'exact' && rail.nonce === payment.rail.nonce
      return isSame && rail.validBefore > nowSeconds + leastSeconds
    })
    if (signed.kind !== 'exact') throw new Error('no authorization')
    const { from, validBefore, nonce } = signed.authorization
    const { signature } = signed
    return { token, from, to, valueAtomic, validAfter: 0n, validBefore: BigInt(validBefore), nonce, signature }
  }

  /** From the session key's own account, as `exact`; with a permit of exactly the ceiling where the payer wants one. */
  async signUpTo(intent: UpToIntent): Promise<UpToAuthorization> {
    const { signer, domain, clock } = this.#options
    const { authorization, call, allowance } = intent
    const { token, to, facilitator, maximumAtomic } = authorization
    if (intent.chainId !== domain.chainId) throw notByBudget('another chain')
    const nowSeconds = Math.floor(clock.nowMs() / 1000)
    await this.#freeEnded(nowSeconds)
    const rail = { kind: 'upTo', validBefore: this.#endOf(authorization.validBefore, nowSeconds), facilitator } as const
    const payment = {
      kind: 'payCall',
      ...termsOf(call),
      ...{ receiver: to, asset: token, amountAtomic: maximumAtomic, rail },
    } as const satisfies Omit<PayCallIntent, 'id'>
    await this.#keyCanPay(payment, call.requestHash)
    const { signed, id } = await this.#signAs({ payment, name: call.paymentId }, ({ rail: stored }) => {
      const isSame = stored.kind === 'upTo' && stored.facilitator === facilitator
      return isSame && stored.validBefore > nowSeconds + leastSeconds
    })
    if (signed.kind !== 'upTo') throw new Error('no payment up to a ceiling')
    if (allowance === undefined) return signed.authorization
    return { ...signed.authorization, allowance: await this.#clearly(signer.permit(id, allowance.nonce)) }
  }

  /** What the payment left of its ceiling comes back to the budget, as far as the ledger shows it. */
  async settledUpTo({ nonce }: UpToAuthorization, transaction: Hex): Promise<void> {
    const entry = await this.#options.signer.entryOf(nonce)
    if (entry !== undefined) await this.#options.signer.conclude(entry.id, transaction)
  }

  /** Payments that ended without being used. */
  async #freeEnded(nowSeconds: number): Promise<void> {
    const { signer } = this.#options
    for (const { id, deadline } of await signer.ending()) if (deadline < nowSeconds) await signer.conclude(id)
  }

  async signDeposit(): Promise<Hex> {
    throw notByBudget('a deposit that a seller collects')
  }

  /** Unix seconds: as wished, no later than sellers take and than the grants hold. Throws `payments/budget-refused` when one is over. */
  #endOf(wished: bigint, nowSeconds: number): number {
    const { signer } = this.#options
    const ended = signer.grants.findIndex(({ validUntil }) => nowSeconds >= validUntil)
    if (ended >= 0) throw withNextStep(budgetRefused('expired', ended), signer.grantHash)
    const latest = Math.min(nowSeconds + longestSeconds, ...signer.grants.map(({ validUntil }) => validUntil))
    // A proposal must still be good when the owner has read it.
    return this.#isProposing ? latest : Math.min(Number(wished), latest)
  }

  /** The budget allows it, and the key's own account holds as much. Throws `payments/budget-refused`, `payments/budget-key-empty`. */
  async #keyCanPay(payment: Omit<PayCallIntent, 'id'>, requestHash: Hex): Promise<void> {
    const { signer, reader } = this.#options
    await this.#clearly(signer.check({ ...payment, id: requestHash }))
    const { asset, amountAtomic } = payment
    const holds = await reachable(
      reader.readContract({ address: asset, abi: dollarAbi, functionName: 'balanceOf', args: [signer.agent] }),
    )
    if (holds < amountAtomic) throw keyEmpty(signer.agent, holds, amountAtomic)
  }

  fundChannel(funding: ChannelFunding): Promise<void> {
    return this.#inTurn(funding, () => this.#fund(funding))
  }

  async #fund(funding: ChannelFunding): Promise<void> {
    const { signer, reader, domain, random } = this.#options
    const { config, amountAtomic, leastAtomic } = funding
    const voucher = this.#voucher(funding)
    await this.#clearly(signer.check({ ...voucher.payment, id: funding.call.requestHash }))
    // The delegate takes the account's own word for each batch then, which a key does not have.
    if (this.#isProposing) throw proposesOnly()
    // The call was allowed by its service alone, which no ledger sees.
    const isNamed = signer.grants.every(
      ({ autonomy, receivers }) => autonomy === 'full' || receivers.includes(config.receiver),
    )
    if (!isNamed) throw receiverUnnamed(config.receiver, funding.call.origin)
    if (!(await hasBudgetDelegate(reader, this.payer, domain.escrow))) throw cannotDeposit(this.payer)
    const channelId = channelIdOf(config, domain)
    if (await this.#resend(channelId, funding)) return
    const { leftAtomic } = signer
    // When not even the least is left, the budget says so itself.
    const wished = amountAtomic < leftAtomic ? amountAtomic : leftAtomic > leastAtomic ? leftAtomic : leastAtomic
    const payment = {
      kind: 'deposit',
      service: funding.call.origin,
      termsHash: channelId,
      receiver: config.receiver,
      asset: config.token,
      amountAtomic: wished,
      channel: config,
    } as const
    const holds = await reachable(
      reader.readContract({ address: config.token, abi: dollarAbi, functionName: 'balanceOf', args: [this.payer] }),
    )
    if (holds < wished) throw ownerEmpty(this.payer, holds, wished)
    const signed = await this.#sign({ payment, name: bytesToHex(random(32)) }, () => true)
    if (signed.kind !== 'batch') throw new Error('no batch')
    await this.#options.send({ to: signed.to, data: signed.data })
  }

  /** Sends deposits of this channel that were signed before and never seen again. True when the channel has enough then. */
  async #resend(channelId: Hex, funding: ChannelFunding): Promise<boolean> {
    const { signer, reader, domain, send } = this.#options
    let isFound = false
    for (const entry of await signer.ending()) {
      if (entry.kind !== 'deposit') continue
      const intent = intentFromText(entry.intent) as DepositIntent
      if (channelIdOf(intent.channel, domain) !== channelId) continue
      isFound = true
      if ((await signer.conclude(entry.id)) !== 'reserved') continue
      const signed = await this.#clearly(signer.sign(intent))
      if (signed.state !== 'signed' || signed.kind !== 'batch') continue
      await send({ to: signed.to, data: signed.data })
      await signer.conclude(entry.id)
    }
    if (!isFound) return false
    const facts = (await readChannelFacts(reader, domain, [channelId])).get(channelId)
    return (facts?.depositAtomic ?? 0n) >= funding.maxClaimableAtomic
  }

  /** One at a time a channel, in the order of asking: each voucher may rise by its own price over the one before. */
  #inTurn<value>({ config, domain }: VoucherIntent, work: () => Promise<value>): Promise<value> {
    const channelId = channelIdOf(config, domain)
    const turn = (this.#turns.get(channelId) ?? Promise.resolve()).then(work, work)
    this.#turns.set(channelId, turn)
    return turn
  }

  get #isProposing(): boolean {
    return this.#options.signer.grants.some(({ autonomy }) => autonomy === 'propose')
  }

  #voucher({ call, config, domain, maxClaimableAtomic }: VoucherIntent) {
    const own = this.#options.domain
    if (domain.chainId !== own.chainId || domain.escrow !== own.escrow) throw notByBudget('another escrow')
    if (call.maximumAtomic === 0n) throw notByBudget('asking a seller for the rest of a channel')
    const payment = {
      kind: 'payCall',
      ...termsOf(call),
      receiver: config.receiver,
      asset: config.token,
      amountAtomic: call.maximumAtomic,
      rail: { kind: 'channel', channel: config, cumulativeAtomic: maxClaimableAtomic },
    } as const
    return { payment, name: call.paymentId }
  }

  async #sign<intent extends Omit<PayCallIntent, 'id'> | Omit<DepositIntent, 'id'>>(
    asked: { readonly payment: intent; readonly name: string },
    isUsable: (stored: intent) => boolean,
  ): Promise<SignedIntent> {
    return (await this.#signAs(asked, isUsable)).signed
  }

  async #signAs<intent extends Omit<PayCallIntent, 'id'> | Omit<DepositIntent, 'id'>>(
    asked: { readonly payment: intent; readonly name: string },
    isUsable: (stored: intent) => boolean,
  ): Promise<{ readonly signed: SignedIntent; readonly id: Hex }> {
    const { signer } = this.#options
    const { intent, done } = await this.#intents.claim(asked.payment, asked.name, isUsable)
    try {
      const answer = await this.#clearly(signer.sign(intent))
      if (answer.state === 'proposed') throw waits(signer.grantHash, answer.intentHash)
      return { signed: answer, id: intent.id }
    } finally {
      done()
    }
  }

  async #clearly<value>(work: Promise<value>): Promise<value> {
    try {
      return await work
    } catch (error) {
      throw withNextStep(error, this.#options.signer.grantHash)
    }
  }
}

/** An authorization is signed again only when the seller has this long to use it. */
const leastSeconds = 10

function termsOf({ origin, resourceUrl, method, requestHash }: IntentCall) {
  return { service: origin, method, path: new URL(resourceUrl).pathname, termsHash: requestHash }
}
