import { type Address, type Clock, type Hex, sleep, zeroHash } from '@koinon/base'
import type { SqlStatement } from '@koinon/base/node'
import type { ChannelBook } from '../core/channel-book.ts'
import type { ReceiptLedger } from '../core/receipt-ledger.ts'
import { checkAuthorization } from '../rules/authorization.ts'
import type { ChannelConfig } from '../rules/channel.ts'
import {
  authorizationRefused,
  authorizationUsed,
  commitmentBusy,
  settlementRefused,
  settlementUnknown,
} from '../rules/paid-call-refusals.ts'
import type { Charge, ExactCommitment } from '../rules/terms.ts'
import { isUpTo } from '../rules/up-to.ts'
import type { CallResult, HeldPayment, PaidCall } from './cash-desk.ts'
import { askedOf, backEndOf, keyOf } from './exact-authorization.ts'
import { type ExactPaymentRow, type ExactPayments, exactInsert, exactUpdate } from './exact-payments.ts'
import { finalAnswerOf, withoutUpstream } from './final-answer.ts'
import { PayerLosses } from './payer-losses.ts'
import type { PaymentAuthorization, SettlementOutcome, Settler } from './settler.ts'

export type ExactDeskOptions = {
  readonly book: ChannelBook
  readonly ledger: ReceiptLedger
  readonly settler: Settler
  readonly payments: ExactPayments
  /** Row by which a repetition of the same proof hears an answer that nobody was there to take. */
  readonly remember: (call: PaidCall, payer: Address, id: Hex, charge: Charge, result: CallResult) => SqlStatement
  readonly clock: Clock
  /** How long a call waits for its settlement before the outcome counts as unknown. */
  readonly settleTimeoutMs?: number
  /** Between two looks at outcomes that are not known. */
  readonly intervalMs?: number
}

/** A call whose answer was ready when its settlement went silent. */
type Waiting = { readonly call: PaidCall; readonly result: CallResult; readonly requestId: Hex }
type Held = {
  readonly call: PaidCall
  readonly key: Hex
  readonly requestId: Hex
  payment: ExactPaymentRow | undefined
  /** Counted among the calls that its payer's money may not be there for. */
  isOnCredit: boolean
}

const settleDefaultMs = 20_000
const intervalDefaultMs = 3_000
/** An authorization that has ended for this long and is not used never will be: no chain of ours is reorganised deeper. */
const reorganisationSeconds = 600n
/** Answers kept for payments of unknown outcome; beyond, the payer is served again when it turns out to have paid. */
const mostWaiting = 256
const tooManyLosses = 'several payments of this account came to nothing; pay from a channel, or exactly'

/** Holds calls against `exact` and `upTo` payments and settles them before anything is released (specs/0022-machine-payments.md section 4). */
export class ExactDesk {
  readonly #options: ExactDeskOptions
  readonly #underWay = new Set<Hex>()
  readonly #waiting = new Map<Hex, Waiting>()
  readonly #losses: PayerLosses
  readonly #stop = new AbortController()
  #loop: Promise<void> | undefined

  constructor(options: ExactDeskOptions) {
    this.#options = options
    this.#losses = new PayerLosses(options.clock)
  }

  /** Takes up what an earlier process left and begins to look for outcomes. */
  async start(): Promise<void> {
    const { payments, clock } = this.#options
    await payments.adopt()
    await this.forget()
    for (const { payer, atMs } of await payments.refusedSince(clock.nowMs() - 3_600_000)) this.#losses.note(payer, atMs)
    this.#loop ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  /** Forgets payments that nobody can come back to. */
  async forget(): Promise<void> {
    await this.#options.payments.forget(Math.floor(this.#options.clock.nowMs() / 1000))
  }

  /** Holds the commitment; its key when the same proof for the same request has had its answer. Throws as `CashDesk.admit`. */
  async hold(call: PaidCall, { authorization }: ExactCommitment, requestId: Hex): Promise<HeldPayment | Hex> {
    const key = keyOf(authorization)
    if (this.#underWay.has(key)) throw commitmentBusy()
    this.#underWay.add(key)
    try {
      const payment = await this.#known(call, key, authorization)
      if (payment?.state === 'answered') {
        this.#underWay.delete(key)
        return key
      }
      const held: Held = { call, key, requestId, payment, isOnCredit: false }
      if (payment === undefined) await this.#check(held, authorization)
      // What was paid before is what this call may cost.
      return this.#take(held, payment?.authorization ?? authorization)
    } catch (error) {
      this.#underWay.delete(key)
      throw error
    }
  }

  /** A payment that has moved, of the same proof for the same request. */
  async #known(call: PaidCall, key: Hex, authorization: PaymentAuthorization): Promise<ExactPaymentRow | undefined> {
    const payment = await this.#options.payments.get(key)
    if (payment === undefined) return undefined
    if (payment.state === 'refused')
      throw settlementRefused('reverted', 'this authorization was refused before', backEndOf(authorization))
    const isSame =
      payment.requestHash === call.requestHash && payment.authorization.signature === authorization.signature
    const isOpen = payment.state === 'settling' || payment.state === 'unknown'
    if (isOpen && !isSame) throw settlementUnknown('it is being looked for')
    if (!isSame) throw authorizationUsed()
    return isOpen ? this.#settleAgain(payment) : payment
  }

  /** The payer sends it once more, so it still wants to pay: what did not leave, or was lost on its way, is sent, and moves at most once. */
  async #settleAgain(payment: ExactPaymentRow): Promise<ExactPaymentRow> {
    const { payments, settler } = this.#options
    const outcome = await settler.settle(payment.authorization, this.#options.settleTimeoutMs ?? settleDefaultMs)
    if (outcome.state !== 'settled') throw settlementUnknown(outcome.detail)
    await this.#conclude(payment, outcome)
    const settled = await payments.get(payment.key)
    if (settled === undefined) throw settlementUnknown('its row is gone')
    return settled
  }

  async #check(held: Held, authorization: PaymentAuthorization): Promise<void> {
    const { settler, clock } = this.#options
    checkAuthorization(authorization, held.call.terms, Math.floor(clock.nowMs() / 1000))
    const check = await settler.check(authorization)
    if (check.state === 'refused') throw authorizationRefused(check.reason, check.detail, backEndOf(authorization))
    const { from } = authorization
    if (this.#losses.mustPayFirst(from)) {
      // Nobody knows yet what the work comes to, and the ceiling is not what was agreed.
      if (isUpTo(authorization)) throw authorizationRefused('unsupported', tooManyLosses, 'upTo')
      held.payment = await this.#settle(held, authorization, undefined)
      return
    }
    held.isOnCredit = true
    this.#losses.lend(from)
  }

  #end(held: Held, { from }: PaymentAuthorization): void {
    this.#underWay.delete(held.key)
    if (!held.isOnCredit) return
    held.isOnCredit = false
    this.#losses.giveBack(from)
  }

  #take(held: Held, authorization: PaymentAuthorization): HeldPayment {
    let isEnding = false
    return {
      requestId: held.requestId,
      payer: authorization.from,
      // What it pays at most, which is the terms' maximum unless it moved for an earlier request like this one.
      maximumAtomic: authorization.valueAtomic,
      mayStream: false,
      charge: async (result) => {
        if (isEnding) throw commitmentBusy()
        isEnding = true
        try {
          return await this.#charge(held, authorization, result)
        } finally {
          this.#end(held, authorization)
        }
      },
      release: () => {
        if (!isEnding) this.#end(held, authorization)
        isEnding = true
      },
    }
  }

  async #charge(held: Held, authorization: PaymentAuthorization, result: CallResult) {
    const asked = askedOf(authorization, result.chargedAtomic, held.payment !== undefined)
    const isCharged = result.chargedAtomic > 0n || held.payment !== undefined
    const payment = isCharged ? (held.payment ?? (await this.#settle(held, asked, result))) : undefined
    const charged = isCharged ? { ...result, chargedAtomic: asked.valueAtomic } : result
    try {
      return await this.#finalize(held, asked, charged, payment)
    } catch (error) {
      // It is paid and has no answer: the same proof is served again.
      if (payment !== undefined) await this.#mark(payment, 'settled')
      throw error
    }
  }

  async #mark({ key, transaction }: ExactPaymentRow, state: 'settled'): Promise<void> {
    const { payments, clock } = this.#options
    await payments.write([exactUpdate(key, state, transaction, clock.nowMs())]).catch(() => undefined)
  }

  /** Moves the money; the row is durable before. */
  async #settle(
    held: Held,
    authorization: PaymentAuthorization,
    result: CallResult | undefined,
  ): Promise<ExactPaymentRow> {
    const { payments, settler, clock } = this.#options
    const { key, call, requestId } = held
    const account = this.#account(authorization)
    const payment: ExactPaymentRow = {
      key,
      state: 'settling',
      channelId: account.state.channelId,
      requestHash: call.requestHash,
      authorization,
      transaction: undefined,
      updatedAtMs: clock.nowMs(),
    }
    await payments.write([account.row, exactInsert(payment)])
    const outcome = await settler.settle(authorization, this.#options.settleTimeoutMs ?? settleDefaultMs)
    if (outcome.state === 'settled') {
      const settled = { ...payment, state: 'settled', transaction: outcome.transaction } as const
      // With a result the receipt says so in the same transaction.
      if (result === undefined) await payments.write([exactUpdate(key, 'settled', outcome.transaction, clock.nowMs())])
      return settled
    }
    if (outcome.state === 'refused') {
      await this.#refused(payment)
      throw settlementRefused(outcome.reason, outcome.detail, backEndOf(authorization))
    }
    await payments.write([exactUpdate(key, 'unknown', undefined, clock.nowMs())])
    if (result !== undefined && this.#waiting.size < mostWaiting)
      this.#waiting.set(key, { call, result: withoutUpstream(result), requestId })
    throw settlementUnknown(outcome.detail)
  }

  async #finalize(
    held: Pick<Held, 'call' | 'key' | 'requestId'>,
    authorization: PaymentAuthorization,
    result: CallResult,
    payment: ExactPaymentRow | undefined,
  ) {
    const { book, ledger, clock, payments } = this.#options
    const { state, row } = this.#account(authorization)
    if (payment === undefined) await payments.write([row])
    const mark = payment === undefined ? [] : [exactUpdate(held.key, 'answered', payment.transaction, clock.nowMs())]
    const reservation = ledger.reserve(state.channelId, BigInt(result.chargedAtomic) * 1_000_000n)
    const bundle = await ledger.finalize(
      finalAnswerOf(
        held.call,
        { ...result, extraStatements: [...(result.extraStatements ?? []), ...mark] },
        {
          requestId: held.requestId,
          payer: authorization.from,
          channelId: book.require(state.channelId).channelId,
          reservation,
        },
      ),
    )
    const charge: Charge = {
      payer: authorization.from,
      chargedAtomic: result.chargedAtomic,
      ...(payment?.transaction === undefined ? {} : { transaction: payment.transaction }),
    }
    return { charge, bundle }
  }

  /** The call becomes final although its caller is gone; the same proof hears the answer. */
  async #answerLate({ call, result, requestId }: Waiting, payment: ExactPaymentRow): Promise<void> {
    const { key, authorization, transaction } = payment
    const payer = authorization.from
    const charge: Charge = {
      payer,
      chargedAtomic: result.chargedAtomic,
      ...(transaction === undefined ? {} : { transaction }),
    }
    const row = this.#options.remember(call, payer, key, charge, result)
    const kept = { ...result, extraStatements: [...(result.extraStatements ?? []), row] }
    await this.#finalize({ call, key, requestId }, authorization, kept, payment)
  }

  /** The account of the payer's exact payments: terms that no channel can have, for its delay is below the escrow's least. */
  #account(authorization: PaymentAuthorization) {
    const config: ChannelConfig = {
      payer: authorization.from,
      payerAuthorizer: authorization.from,
      receiver: authorization.to,
      receiverAuthorizer: authorization.to,
      token: authorization.token,
      withdrawDelay: 0,
      salt: zeroHash,
    }
    return this.#options.book.openPrepaid(config, this.#options.clock.nowMs())
  }

  async #refused(payment: ExactPaymentRow): Promise<void> {
    const { payments, clock } = this.#options
    this.#losses.note(payment.authorization.from as Address, clock.nowMs())
    await payments.write([exactUpdate(payment.key, 'refused', undefined, clock.nowMs())])
  }

  async #run(): Promise<void> {
    const { intervalMs = intervalDefaultMs } = this.#options
    while (!this.#stop.signal.aborted) {
      await this.findOut().catch(() => undefined)
      await sleep(intervalMs, this.#stop.signal)
    }
  }

  /** Asks the ledger what became of payments of unknown outcome. */
  async findOut(): Promise<void> {
    for (const payment of await this.#options.payments.unknown()) {
      if (this.#underWay.has(payment.key)) continue
      this.#underWay.add(payment.key)
      try {
        await this.#conclude(payment, await this.#options.settler.findOut(payment.authorization))
      } finally {
        this.#underWay.delete(payment.key)
      }
    }
  }

  async #conclude(payment: ExactPaymentRow, outcome: SettlementOutcome): Promise<void> {
    const { payments, clock } = this.#options
    const { key, authorization } = payment
    if (outcome.state === 'settled') {
      const paid = { ...payment, transaction: outcome.transaction }
      const waiting = this.#waiting.get(key)
      this.#waiting.delete(key)
      if (waiting === undefined) await payments.write([exactUpdate(key, 'settled', outcome.transaction, clock.nowMs())])
      else await this.#answerLate(waiting, paid)
      return
    }
    const isOver = BigInt(Math.floor(clock.nowMs() / 1000)) > authorization.validBefore + reorganisationSeconds
    if (outcome.state === 'refused' && isOver) {
      this.#waiting.delete(key)
      await this.#refused(payment)
    }
  }
}
