/** What became of a move that may have been sent: asks the ledger until nobody can say otherwise (specs/0022-machine-payments.md section 9). */
import { type Clock, sleep } from '@koinon/base'
import type { AuthorizedMove } from './authorized-move.ts'
import type { SettlementBook, SettlementRow } from './settlement-book.ts'
import { otherUse, refused } from './settlement-check.ts'
import type { Sent } from './settlement-lane.ts'
import { movedIn, type SettlementProbe, type Trace, traceOf } from './settlement-probe.ts'
import type { SettlementOutcome } from './settler.ts'

/** An outcome that no later look changes. */
export type FinalOutcome = Exclude<SettlementOutcome, { state: 'unknown' }>

export type SettlementOutcomesParts = {
  readonly book: SettlementBook
  readonly probe: SettlementProbe
  readonly clock: Clock
  /** As of `LedgerSettlerOptions`. */
  readonly unsettledBlocks: number
}

const depthPollMs = 500
const depthPatienceMs = 1_800_000
/** Blocks of an embedded chain are never older than this machine's clock says; others state their own time. */
const clockSlackSeconds = 30n

/** Each method ends with a row that is durable, or with `unknown`. */
export class SettlementOutcomes {
  readonly #parts: SettlementOutcomesParts

  constructor(parts: SettlementOutcomesParts) {
    this.#parts = parts
  }

  /** What the ledger can tell of a move that may have been sent. */
  async findOut(move: AuthorizedMove, row: SettlementRow | undefined): Promise<SettlementOutcome> {
    const { unsettledBlocks, clock, probe } = this.#parts
    if (row?.transaction !== undefined) {
      const receipt = await probe.receipt(row.transaction)
      if (receipt !== undefined && movedIn(receipt, move)) return this.deepen(move, traceOf(receipt), undefined)
    }
    if (await probe.isNonceUsed(move)) return this.found(move, undefined)
    const settledBlock = await probe.block(unsettledBlocks)
    const nowSeconds = BigInt(Math.floor(clock.nowMs() / 1000))
    const isOver =
      settledBlock.timestampSeconds >= move.validBefore ||
      (unsettledBlocks === 0 && nowSeconds > move.validBefore + clockSlackSeconds)
    if (!isOver) return { state: 'unknown', detail: 'the ledger has not seen it, and may yet' }
    // Looked at after its end, so that no block in between is missed.
    if (await probe.isNonceUsed(move)) return this.found(move, undefined)
    return this.end(move, refused('expired', 'it ended unused'), undefined)
  }

  /** The nonce is used: for this move by whomever, or for something else. */
  async found(move: AuthorizedMove, costWei: bigint | undefined): Promise<SettlementOutcome> {
    const { unsettledBlocks, probe } = this.#parts
    const trace = await probe.find(move)
    if (trace !== undefined) return this.deepen(move, trace, undefined)
    const isDeep = unsettledBlocks === 0 || (await probe.isNonceUsed(move, (await probe.block(unsettledBlocks)).number))
    return isDeep ? this.end(move, otherUse(), costWei) : { state: 'unknown', detail: 'its nonce was just used' }
  }

  /** Waits until no replacement of blocks reaches it; looks again where one did. */
  async deepen(move: AuthorizedMove, trace: Trace, sent: Sent | undefined): Promise<SettlementOutcome> {
    const { unsettledBlocks, clock, probe } = this.#parts
    if (unsettledBlocks > 0) {
      const untilMs = clock.nowMs() + depthPatienceMs
      while ((await probe.block(unsettledBlocks)).number < trace.blockNumber) {
        if (clock.nowMs() > untilMs) return { state: 'unknown', detail: 'it is not deep enough in the chain yet' }
        await sleep(depthPollMs)
      }
      const receipt = await probe.receipt(trace.transaction)
      if (receipt === undefined || !movedIn(receipt, move))
        return { state: 'unknown', detail: 'the block that held it was replaced' }
    }
    return this.end(move, { state: 'settled', transaction: trace.transaction }, sent?.costWei)
  }

  /** Durable when it resolves. */
  async end(move: AuthorizedMove, outcome: FinalOutcome, costWei: bigint | undefined): Promise<FinalOutcome> {
    const { book, clock } = this.#parts
    await book.end(move.key, outcome, clock.nowMs(), costWei)
    return outcome
  }
}
