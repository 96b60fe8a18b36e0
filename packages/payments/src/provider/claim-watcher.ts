import { type Address, type Clock, type Hex, isKoinonError, KoinonError, sleep, withDeadline } from '@koinon/base'
import type { LedgerReader, TransactionSender } from '@koinon/ledger'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import type { ChannelBook } from '../core/channel-book.ts'
import type { ChannelState } from '../core/channel-state.ts'
import { reachable, readChannelFacts, readUnsettled } from '../core/escrow.ts'
import { claimAndSettle, type EscrowClaim } from '../core/escrow-calls.ts'
import { type ClaimDecision, type ClaimPolicy, decideClaims, unclaimedAtomic } from '../rules/claims.ts'

export type ClaimWatcherOptions = {
  readonly book: ChannelBook
  readonly reader: LedgerReader
  /** Sends as the receiver. */
  readonly sender: TransactionSender
  readonly token: Address
  readonly policy: ClaimPolicy
  /** Between two looks at the ledger; a withdrawal must be seen well within the shortest delay (15 minutes). */
  readonly intervalMs: number
  readonly clock: Clock
  /** A number in [0, 1) for jitter. */
  readonly unit: () => number
  /** Hears of every pass; for logs and metrics. */
  readonly onPass?: (pass: ClaimPass) => void
}

/** What one look at the ledger led to. */
export type ClaimPass = {
  readonly atMs: number
  /** Channels claimed and their new totals. */
  readonly claimed: readonly ClaimDecision[]
  /** Rows that the escrow refuses, with its reason; tried again at the next pass. */
  readonly refused: readonly { readonly channelId: Hex; readonly reason: string }[]
  /** Why the pass ended early: `payments/ledger-unreachable`, `ledger/unknown-outcome` and the like. */
  readonly error: KoinonError | undefined
}

export type ClaimStatus = {
  readonly lastPass: ClaimPass | undefined
  readonly consecutiveFailures: number
  readonly unclaimedAtomic: bigint
}

type Phase = 'running' | 'stopping'

/** How long an account's pending transactions hold up further claims before we stop waiting for them. */
const patienceMs = 600_000
const stopTimeoutMs = 30_000

/**
 * Takes vouchers to the ledger before the money can leave: when enough is unclaimed, when it has waited long enough, at once when a
 * payer begins to withdraw, and at the end. Every pass starts from what the ledger says, so a restart, a reorganisation or a
 * transaction of unknown outcome needs no memory of its own; totals are cumulative, so a claim can never count twice.
 */
export class ClaimWatcher {
  readonly #options: ClaimWatcherOptions
  readonly #unclaimedSinceMs = new Map<Hex, number>()
  readonly #stop = new AbortController()
  #loop: Promise<void> | undefined
  #busy: Promise<unknown> = Promise.resolve()
  #waitingSinceMs: number | undefined
  /** Something may be claimed and not yet sent to us: at the start, and from a claim until a settlement has gone through. */
  #mustSettle = true
  #lastPass: ClaimPass | undefined
  #failures = 0

  constructor(options: ClaimWatcherOptions) {
    this.#options = options
  }

  /** Begins to watch; the first look is at once. */
  start(): void {
    this.#loop ??= this.#run()
  }

  /** Claims what is left, settles and ends, within 30 s. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await withDeadline(
      (async () => {
        await this.#loop
        await this.pass('stopping')
      })(),
      stopTimeoutMs,
      'Claiming before the end',
    ).catch(() => undefined)
  }

  status(): ClaimStatus {
    const unclaimed = this.#inbound().reduce((sum, state) => sum + unclaimedAtomic(state), 0n)
    return { lastPass: this.#lastPass, consecutiveFailures: this.#failures, unclaimedAtomic: unclaimed }
  }

  /** One look and what follows from it; passes never overlap. Does not throw: trouble is in the result. */
  pass(phase: Phase = 'running'): Promise<ClaimPass> {
    const turn = this.#busy.then(() => this.#pass(phase))
    this.#busy = turn
    return turn
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { error } = await this.pass()
      this.#failures = error === undefined ? 0 : this.#failures + 1
      const { intervalMs, unit } = this.#options
      // Between half and one and a half intervals, so that the watchers of a network do not all ask at once.
      await sleep(intervalMs * (0.5 + unit()), this.#stop.signal)
    }
  }

  async #pass(phase: Phase): Promise<ClaimPass> {
    const atMs = this.#options.clock.nowMs()
    const claimed: ClaimDecision[] = []
    const refused: { channelId: Hex; reason: string }[] = []
    let error: KoinonError | undefined
    try {
      await this.#observe()
      if (await this.#isQuiet(atMs)) await this.#claim(this.#decide(phase, atMs), phase, claimed, refused)
    } catch (cause) {
      error = isKoinonError(cause)
        ? cause
        : new KoinonError({ code: 'payments/claim-failed', message: String(cause), retry: 'later', cause })
    }
    this.#lastPass = { atMs, claimed, refused, error }
    this.#options.onPass?.(this.#lastPass)
    return this.#lastPass
  }

  /** Takes over the ledger's totals. They may have gone DOWN: after a reorganisation a claim has to be made again. */
  async #observe(): Promise<void> {
    const { book, reader, clock } = this.#options
    const states = this.#inbound()
    const facts = await readChannelFacts(
      reader,
      book.domain,
      states.map((state) => state.channelId),
    )
    for (const [channelId, fact] of facts) {
      const state = await book.observe(channelId, fact)
      if (unclaimedAtomic(state) === 0n) this.#unclaimedSinceMs.delete(channelId)
      else if (!this.#unclaimedSinceMs.has(channelId)) this.#unclaimedSinceMs.set(channelId, clock.nowMs())
    }
  }

  /**
   * False while transactions of our account wait to be mined, from this process or one before: their claims are not in the totals
   * yet. Not for ever, because a transaction can be lost.
   */
  async #isQuiet(nowMs: number): Promise<boolean> {
    const { reader, sender } = this.#options
    const address = sender.address
    const [latest, pending] = await reachable(
      Promise.all([
        reader.getTransactionCount({ address, blockTag: 'latest' }),
        reader.getTransactionCount({ address, blockTag: 'pending' }),
      ]),
    )
    if (pending <= latest) {
      this.#waitingSinceMs = undefined
      return true
    }
    this.#waitingSinceMs ??= nowMs
    return nowMs - this.#waitingSinceMs > patienceMs
  }

  #decide(phase: Phase, nowMs: number): readonly ClaimDecision[] {
    const channels = this.#inbound().flatMap((state) =>
      // A channel taken over from the ledger counts as vouchered for what was claimed, without a voucher in hand.
      state.voucherSignature === undefined
        ? []
        : [{ ...state, unclaimedSinceMs: this.#unclaimedSinceMs.get(state.channelId) }],
    )
    return decideClaims(channels, this.#options.policy, nowMs, phase)
  }

  async #claim(
    decisions: readonly ClaimDecision[],
    phase: Phase,
    claimed: ClaimDecision[],
    refused: { channelId: Hex; reason: string }[],
  ): Promise<void> {
    const { maximumRows } = this.#options.policy
    for (let from = 0; from < decisions.length; from += maximumRows) {
      const rows = decisions.slice(from, from + maximumRows)
      const isLast = from + maximumRows >= decisions.length
      if (isLast && (await this.#claimAndSettle(rows, decisions))) claimed.push(...rows)
      else await this.#claimTogether(rows, claimed, refused)
    }
    await this.#settle(phase)
    if (claimed.length > 0) await this.#observe()
  }

  /**
   * The last rows of a pass take the settlement of all along. False where the escrow refuses it, be it for a row or because the token does
   * not pay a receiver now: then claims go first and alone, for only they can come too late.
   */
  async #claimAndSettle(rows: readonly ClaimDecision[], all: readonly ClaimDecision[]): Promise<boolean> {
    const { book, sender, token } = this.#options
    const receivers = new Set(all.map(({ channelId }) => book.require(channelId).config.receiver))
    const claims = rows.map((row) => claimRow(row, book.require(row.channelId)))
    this.#mustSettle = true
    try {
      await sender.call(claimAndSettle(book.domain.escrow, claims, [...receivers], token))
      return true
    } catch (error) {
      if (isRefusal(error)) return false
      throw error
    }
  }

  /** One transaction; if the escrow refuses it, each row alone, so that one bad row holds up no other. */
  async #claimTogether(
    rows: readonly ClaimDecision[],
    claimed: ClaimDecision[],
    refused: { channelId: Hex; reason: string }[],
  ): Promise<void> {
    const { book, sender } = this.#options
    const states = rows.map((row) => book.require(row.channelId))
    this.#mustSettle = true
    const args = [rows.map((row, index) => claimRow(row, states[index] as ChannelState))] as const
    try {
      await sender.call({ address: book.domain.escrow, abi: batchSettlementAbi, functionName: 'claim', args })
      claimed.push(...rows)
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (rows.length === 1) refused.push({ channelId: (rows[0] as ClaimDecision).channelId, reason: error.message })
      else for (const row of rows) await this.#claimTogether([row], claimed, refused)
    }
  }

  /** Sends what is claimed to the receiver's account: after a claim of ours, or when enough was claimed by others. */
  async #settle(phase: Phase): Promise<void> {
    const { book, reader, sender, token, policy } = this.#options
    const receivers = new Set(this.#inbound().map((state) => state.config.receiver))
    for (const receiver of receivers) {
      const unsettled = await readUnsettled(reader, book.domain, receiver, token)
      if (unsettled === 0n || !(this.#mustSettle || phase === 'stopping' || unsettled >= policy.thresholdAtomic))
        continue
      await sender.call({
        address: book.domain.escrow,
        abi: batchSettlementAbi,
        functionName: 'settle',
        args: [receiver, token],
      })
    }
    this.#mustSettle = false
  }

  #inbound(): readonly ChannelState[] {
    return this.#options.book.list().filter((state) => state.role === 'inbound')
  }
}

function claimRow(row: ClaimDecision, state: ChannelState): EscrowClaim {
  return {
    voucher: { channel: state.config, maxClaimableAmount: state.voucherAtomic },
    signature: state.voucherSignature as Hex,
    totalClaimed: row.totalClaimed,
  }
}

function isRefusal(error: unknown): error is KoinonError {
  return isKoinonError(error) && (error.code === 'ledger/refused' || error.code === 'ledger/reverted')
}
