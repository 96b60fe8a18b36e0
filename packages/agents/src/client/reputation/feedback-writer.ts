/** Rates those whom an account pays, all the time, and writes it down once an epoch (specs/0023 section 4). */
import { type Address, type Clock, errorToJson, sleep } from '@koinon/base'
import type { ReceiptBundle } from '@koinon/work'
import type { FeedbackBook, WrittenFeedback } from './feedback-book.ts'

/** A call of this account that was answered and paid; `bundle` begins with the payee's receipt. */
export type PaidCallRecord = {
  readonly callId: string
  readonly payee: Address
  readonly endedAtMs: number
  readonly bundle: ReceiptBundle
}

export type FeedbackWriterEvent =
  | { readonly kind: 'written'; readonly feedback: WrittenFeedback }
  | { readonly kind: 'failed'; readonly what: string; readonly code: string; readonly message: string }

export type FeedbackWriterOptions = {
  readonly book: FeedbackBook
  /** Calls that ended at or after a moment; the newest where there are too many to read at once. */
  readonly paidSince: (sinceMs: number) => Promise<readonly PaidCallRecord[]>
  /** The agent whose wallet an account is; undefined where it has none. */
  readonly agentOf: (payee: Address) => Promise<bigint | undefined>
  /** The epoch under way and when it began. */
  readonly epochNow: () => Promise<{ readonly epoch: number; readonly startsAtMs: number }>
  readonly clock: Clock
  readonly onEvent?: (event: FeedbackWriterEvent) => void
  readonly pollMs?: number
}

/** Looked back on at the start: what an earlier process did not rate any more. */
const lookBackMs = 86_400_000
/** Receipts become final a little after their answers ended. */
const overlapMs = 60_000
const unknownForMs = 600_000
const mostFailures = 1_000

/**
 * Everything that it keeps is in the book, on disk: the same call is rated once and the same epoch written once, whatever dies in
 * between.
 */
export class FeedbackWriter {
  readonly #options: FeedbackWriterOptions
  readonly #stopping = new AbortController()
  readonly #agents = new Map<Address, { readonly agentId: bigint | undefined; readonly untilMs: number }>()
  #failed: { readonly callId: string; readonly payee: Address; readonly atMs: number }[] = []
  #sinceMs: number
  #writtenEpoch: number | undefined
  #loop: Promise<void> = Promise.resolve()

  constructor(options: FeedbackWriterOptions) {
    this.#options = options
    this.#sinceMs = options.clock.nowMs() - lookBackMs
  }

  start(): void {
    const { pollMs = 30_000 } = this.#options
    this.#loop = (async () => {
      while (!this.#stopping.signal.aborted) {
        await this.look().catch((error: unknown) => {
          const { code, message } = errorToJson(error)
          this.#options.onEvent?.({ kind: 'failed', what: 'rating', code, message })
        })
        await sleep(pollMs, this.#stopping.signal)
      }
    })()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  /** A call that came to nothing by the payee's fault; rated at the next look, at most 1,000 between two. */
  noteFailure(callId: string, payee: Address): void {
    if (this.#failed.length < mostFailures) this.#failed.push({ callId, payee, atMs: this.#options.clock.nowMs() })
  }

  /** Rates what ended since the last look and, when an epoch is over, writes one feedback for each agent. Throws as the ledger does. */
  async look(): Promise<readonly WrittenFeedback[]> {
    const { book, paidSince, epochNow, onEvent } = this.#options
    const failed = this.#failed
    this.#failed = []
    for (const { callId, payee, atMs } of failed) {
      const agentId = await this.#agentOf(payee)
      if (agentId !== undefined) await book.rate({ callId: `failed ${callId}`, agentId, atMs, isSuccess: false })
    }
    const calls = await paidSince(this.#sinceMs)
    for (const { callId, payee, endedAtMs, bundle } of calls) {
      const agentId = await this.#agentOf(payee)
      if (agentId !== undefined) await book.rate({ callId, agentId, atMs: endedAtMs, isSuccess: true, bundle })
    }
    const newestMs = calls.reduce((newest, { endedAtMs }) => Math.max(newest, endedAtMs), 0)
    this.#sinceMs = Math.max(this.#sinceMs, newestMs - overlapMs)
    const { epoch, startsAtMs } = await epochNow()
    if (epoch < 1 || this.#writtenEpoch === epoch - 1) return []
    const written = await book.writeEpoch(epoch - 1, startsAtMs - 1)
    this.#writtenEpoch = epoch - 1
    for (const feedback of written) onEvent?.({ kind: 'written', feedback })
    return written
  }

  /** Looked up once, and again after ten minutes for an account without an agent. */
  async #agentOf(payee: Address): Promise<bigint | undefined> {
    const nowMs = this.#options.clock.nowMs()
    const known = this.#agents.get(payee)
    if (known !== undefined && known.untilMs > nowMs) return known.agentId
    const agentId = await this.#options.agentOf(payee)
    this.#agents.set(payee, {
      agentId,
      untilMs: agentId === undefined ? nowMs + unknownForMs : Number.POSITIVE_INFINITY,
    })
    return agentId
  }
}
