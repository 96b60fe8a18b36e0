import { type Address, type Clock, type Hex, isKoinonError, KoinonError } from '@koinon/base'
import type { DurableStore, SqlStatement } from '@koinon/base/node'
import { emptySession, type ReceiptBundle, type SessionTip, type SignedReceipt } from '@koinon/work'
import { checkAnswer, checkDebt } from './answer-checks.ts'
import type { ChannelBook, ChannelSettlement, Reservation } from './channel-book.ts'
import { ReceiptArchive } from './receipt-archive.ts'
import { type BuiltBatch, buildBatch } from './receipt-batch.ts'
import type { FinalAnswer } from './receipt-types.ts'
import type { SigningSession } from './session.ts'
import { DebtArchive, type DebtReason, type UpstreamDebt } from './upstream-debts.ts'

export type ReceiptLedgerOptions = {
  readonly store: DurableStore
  /** Started by its owner; nobody else may write debts into it. */
  readonly book: ChannelBook
  /** Account that is paid and whose sessions sign. */
  readonly payee: Address
  /** Makes a fresh session key with its delegation, at start, before one ends and after a failed write. */
  readonly openSession: () => Promise<SigningSession>
  readonly clock: Clock
  /** Hears of every change of a debt once it is durable; a gateway wakes its courier here. Must not throw. */
  readonly onSettled?: (settlements: readonly ChannelSettlement[]) => void
}

/** An answer of ours, or a debt without one. */
type Waiting = {
  readonly entry: FinalAnswer | UpstreamDebt
  /** With the receipts of an answer; a debt has none of ours. */
  resolve(bundle: ReceiptBundle | undefined): void
  reject(error: Error): void
}

/** Most answers of one signature and transaction. */
const maximumBatch = 128
/** While others are under way or keep coming an answer waits at most this long for them to share its commit. Its first bytes are long out. */
const gatherMs = 4
/** A session is replaced this long before its delegation ends. */
const renewalMarginMs = 300_000

/**
 * From commitment to receipt, for everyone who is paid: gateways and providers alike. Answers that end while a commit is under way,
 * or within four milliseconds while others hold reservations or come with every turn of the event loop, share the next one: one batch
 * signature, one voucher a channel, one durable transaction. Memory changes only after the rows are
 * on disk, so a failed write charges nobody; a request of a payer becomes final at most once, also across restarts.
 */
export class ReceiptLedger {
  readonly archive: ReceiptArchive
  readonly debts: DebtArchive
  readonly #options: ReceiptLedgerOptions
  readonly #pending = new Set<string>()
  readonly #spending = new Set<number>()
  #queue: Waiting[] = []
  #draining: Promise<void> | undefined
  #endGathering: (() => void) | undefined
  #session: SigningSession | undefined
  #tip: SessionTip = emptySession
  #ordinal = 0
  /** No receipt states an earlier end; see `closeBefore`. */
  #notBeforeMs = 0
  #writing: Promise<unknown> = Promise.resolve()
  #isSessionStored = false
  #isSessionSpent = false
  #state: 'new' | 'running' | 'stopping' | 'broken' = 'new'

  constructor(options: ReceiptLedgerOptions) {
    this.#options = options
    this.archive = new ReceiptArchive(options.store)
    this.debts = new DebtArchive(options.store)
  }

  /** Opens the first session. Throws what the store or the account throw. */
  async start(): Promise<void> {
    const [row] = await this.#options.store.read('select coalesce(max(ordinal), 0) as ordinal from payment_sessions')
    this.#ordinal = row?.['ordinal'] as number
    const [last] = await this.#options.store.read('select max(ended_at_ms) as at_ms from payment_receipts')
    this.#notBeforeMs = Math.min(Number(last?.['at_ms'] ?? 0), this.#options.clock.nowMs())
    await this.#renewSession()
    this.#state = 'running'
  }

  /** Takes no new answers and resolves when all that were handed in are settled. */
  async stop(): Promise<void> {
    if (this.#state === 'running') this.#state = 'stopping'
    this.#commitIfComplete()
    await this.#draining
  }

  /**
   * Closes the time before `beforeMs`: when this resolves, every receipt that states an earlier end is durable, and none will come, so
   * that a list of them is whole. An answer that is late is signed as ended at `beforeMs`.
   */
  async closeBefore(beforeMs: number): Promise<void> {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, beforeMs)
    await this.#writing
  }

  /** The session that signs now, e.g. for node requests. Throws before `start`. */
  get session(): SigningSession {
    if (this.#session === undefined) throw notRunning()
    return this.#session
  }

  /** Holds the worst case of an answer on its channel; see `ChannelBook.reserve`. */
  reserve(channelId: Hex, maximumPicoUsd: bigint): Reservation {
    return this.#options.book.reserve(channelId, maximumPicoUsd)
  }

  /** The same where its voucher is in hand; see `ChannelBook.reserveCovered`. */
  reserveCovered(channelId: Hex, maximumPicoUsd: bigint): Reservation {
    return this.#options.book.reserveCovered(channelId, maximumPicoUsd)
  }

  /** Gives up an answer that will not become final. Does nothing while or after it becomes final, so it may stand in a `finally`. */
  release(reservation: Reservation): void {
    if (this.#spending.has(reservation.id)) return
    this.#options.book.release(reservation)
    this.#commitIfComplete()
  }

  /**
   * Makes an answer final and resolves with its receipts once they are durable; only then may the last bytes go out. The
   * reservations end in every case. Rejects with `payments/already-final`, `payments/bad-answer`, `payments/over-reservation`,
   * `payments/not-running` or the store's error; then nobody was charged for this call.
   */
  async finalize(answer: FinalAnswer): Promise<ReceiptBundle> {
    const held = answer.upstreamReservation === undefined ? [] : [answer.upstreamReservation]
    held.push(answer.reservation)
    if (held.some((reservation) => this.#spending.has(reservation.id))) throw spentTwice()
    for (const reservation of held) this.#spending.add(reservation.id)
    try {
      return await this.#finalizeOnce(answer)
    } finally {
      for (const reservation of held) {
        this.#spending.delete(reservation.id)
        this.#options.book.release(reservation)
      }
    }
  }

  async #finalizeOnce(answer: FinalAnswer): Promise<ReceiptBundle> {
    if (this.#state !== 'running') throw notRunning()
    const key = `${answer.requestId}:${answer.payer}`
    if (this.#pending.has(key)) throw alreadyFinal(answer.requestId)
    checkAnswer(answer, this.#options.book, this.#options.payee)
    this.#pending.add(key)
    try {
      return (await this.#enqueue(answer)) as ReceiptBundle
    } finally {
      this.#pending.delete(key)
    }
  }

  /**
   * Takes on what a payee's receipt asks although no answer of ours stands on it; durable when it resolves. The caller has checked the
   * receipt. Resolves with false when it is on the books already. Rejects with `payments/bad-answer`, `payments/not-running` or the
   * store's error. Never call it for a request that may still become final.
   */
  async recordDebt(signed: SignedReceipt, reason: DebtReason): Promise<boolean> {
    if (this.#state !== 'running') throw notRunning()
    const { requestId, payee } = signed.receipt
    checkDebt(signed.receipt, this.#options.book, this.#options.payee)
    const key = `${requestId}:debt:${payee}`
    if (this.#pending.has(key)) return false
    this.#pending.add(key)
    try {
      if (await this.debts.isRecorded(requestId, payee)) return false
      await this.#enqueue({ signed, reason, recordedAtMs: this.#options.clock.nowMs() })
      return true
    } finally {
      this.#pending.delete(key)
    }
  }

  #enqueue(entry: Waiting['entry']): Promise<ReceiptBundle | undefined> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, resolve, reject })
      this.#draining ??= this.#drain()
      this.#commitIfComplete()
    })
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const endMs = performance.now() + gatherMs
      await this.#gatherTurns(endMs)
      const leftMs = endMs - performance.now()
      if (leftMs > 0 && this.#isWorthWaiting()) await this.#gather(leftMs)
      const batch = this.#queue.slice(0, maximumBatch)
      this.#queue = this.#queue.slice(maximumBatch)
      await this.#commit(batch)
    }
    this.#draining = undefined
  }

  /**
   * Turns of the event loop, as long as each brings answers: those that end together share a commit, and on a busy loop, where a commit
   * costs more than it waits, so do those that end one after the other.
   */
  async #gatherTurns(endMs: number): Promise<void> {
    for (let seen = 0; this.#queue.length > seen && this.#queue.length < maximumBatch && performance.now() < endMs; ) {
      seen = this.#queue.length
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #isWorthWaiting(): boolean {
    const isBatchFull = this.#queue.length >= maximumBatch
    return this.#state === 'running' && !isBatchFull && this.#options.book.heldReservations > this.#spending.size
  }

  async #gather(leftMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, leftMs)
      this.#endGathering = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#endGathering = undefined
  }

  #commitIfComplete(): void {
    if (this.#endGathering !== undefined && !this.#isWorthWaiting()) this.#endGathering()
  }

  /** Commits all together; if that fails each alone, so that one bad answer takes no other with it. */
  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      this.#resolve(batch, await this.#write(batch.map((waiting) => waiting.entry)))
    } catch (error) {
      if (isLost(error)) this.#state = 'broken'
      if (batch.length === 1 || this.#state === 'broken') {
        for (const waiting of batch) waiting.reject(await this.#explain(waiting.entry, error))
        return
      }
      for (const waiting of batch) await this.#commit([waiting])
    }
  }

  #resolve(batch: readonly Waiting[], built: BuiltBatch): void {
    const bundles = built.bundles[Symbol.iterator]()
    for (const { entry, resolve } of batch) resolve(isDebt(entry) ? undefined : bundles.next().value)
  }

  async #write(entries: readonly Waiting['entry'][]): Promise<BuiltBatch> {
    const session = await this.#currentSession()
    const { book, store } = this.#options
    const built = buildBatch({
      answers: entries.filter((entry): entry is FinalAnswer => !isDebt(entry)),
      debts: entries.filter(isDebt),
      session,
      tip: this.#tip,
      notBeforeMs: this.#notBeforeMs,
      channel: (channelId) => book.require(channelId),
    })
    const sessionRow = this.#isSessionStored ? [] : [sessionInsert(session, this.#ordinal, this.#options.clock.nowMs())]
    // A sequence number is signed once: a session whose write failed never signs again, whatever the failure left on disk.
    this.#isSessionSpent = true
    const writing = store.write([...sessionRow, ...built.statements])
    this.#writing = writing.catch(() => undefined)
    await writing
    this.#isSessionSpent = false
    this.#isSessionStored = true
    this.#tip = built.tip
    this.#notBeforeMs = Math.max(this.#notBeforeMs, built.lastEndedAtMs)
    for (const settlement of built.settlements) book.applySettlement(settlement)
    this.#options.onSettled?.(built.settlements)
    return built
  }

  async #currentSession(): Promise<SigningSession> {
    const session = this.session
    const leftMs = session.delegation.validUntil * 1000 - this.#options.clock.nowMs()
    return this.#isSessionSpent || leftMs <= renewalMarginMs ? this.#renewSession() : session
  }

  async #renewSession(): Promise<SigningSession> {
    const session = await this.#options.openSession()
    if (session.delegation.signer !== this.#options.payee) {
      throw new KoinonError({
        code: 'payments/wrong-session',
        message: `The session was delegated by ${session.delegation.signer}, receipts are signed for ${this.#options.payee}`,
      })
    }
    this.#session = session
    this.#tip = emptySession
    this.#ordinal += 1
    this.#isSessionStored = false
    this.#isSessionSpent = false
    return session
  }

  /** A request that is final already is the caller's duplicate and not the store's fault. */
  async #explain(answer: Waiting['entry'], error: unknown): Promise<Error> {
    if (this.#state === 'broken' || isDebt(answer)) return error as Error
    const known = await this.archive.isFinal(answer.requestId, answer.payer).catch(() => false)
    return known ? alreadyFinal(answer.requestId) : (error as Error)
  }
}

function isDebt(entry: FinalAnswer | UpstreamDebt): entry is UpstreamDebt {
  return 'signed' in entry
}

function sessionInsert(session: SigningSession, ordinal: number, nowMs: number): SqlStatement {
  return {
    sql: 'insert into payment_sessions (session_key, started_at_ms, ordinal) values (?, ?, ?)',
    values: [session.signer.publicKey, nowMs, ordinal],
  }
}

function isLost(error: unknown): boolean {
  return isKoinonError(error) && (error.code === 'store/lost' || error.code === 'store/closed')
}

function alreadyFinal(requestId: Hex): KoinonError {
  return new KoinonError({
    code: 'payments/already-final',
    message: `The request ${requestId} is final already; a request id can be used once`,
    details: { requestId },
  })
}

function spentTwice(): KoinonError {
  return new KoinonError({
    code: 'payments/bad-answer',
    message: 'The answer cannot become final: its reservation is used by another one',
  })
}

function notRunning(): KoinonError {
  return new KoinonError({
    code: 'payments/not-running',
    message: 'The receipt ledger is not running, so no answer can become final',
    hint: 'Restart the role; what was acknowledged is kept.',
    retry: 'later',
  })
}
