import { type Address, type Clock, type Hex, isKoinonError, sleep, withDeadline } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { LedgerReader, TransactionSender } from '@koinon/ledger'
import type { ChannelFacts } from '../core/channel-state.ts'
import { readChannelFacts } from '../core/escrow.ts'
import { type ChannelConfig, channelIdOf, type EscrowDomain } from '../rules/channel.ts'
import { timeObjection } from '../rules/exact.ts'
import type { Asset, SignedDeposit } from '../rules/terms.ts'
import { isUpTo } from '../rules/up-to.ts'
import { type AuthorizedMove, depositMove, transferMove } from './authorized-move.ts'
import { SettlementBook, type SettlementRow, type SettlementTotals } from './settlement-book.ts'
import { type Sent, SettlementLane } from './settlement-lane.ts'
import { movedIn, SettlementProbe, type Trace, traceOf } from './settlement-probe.ts'
import type { PaymentAuthorization, SettlementCheck, SettlementOutcome, SettlementRefusal, Settler } from './settler.ts'
import { upToMove } from './up-to-move.ts'

export type LedgerSettlerOptions = {
  /** Opened with `settlementsSchema` among its tables. */
  readonly store: DurableStore
  readonly reader: LedgerReader
  /** Its account pays for gas and holds nothing else that matters. One sender an account and process. */
  readonly sender: TransactionSender
  readonly domain: EscrowDomain
  /** Tokens that are moved; any other is `unsupported`, because a token's code may say what it likes. */
  readonly assets: readonly Asset[]
  /** Depth to which the chain may replace blocks; `settled` means deeper. 0 for an embedded chain. */
  readonly unsettledBlocks: number
  readonly clock: Clock
  /** The EIP-3009 collector; left out, the one at its canonical address. */
  readonly collector?: Address
  /** Least value of a payment whose payer's wallet is created on the way (ERC-6492); left out, any. Give one where gas costs money. */
  readonly leastCreatingAtomic?: bigint
  /** Most payments of one transaction; left out, 24. */
  readonly maximumMoves?: number
}

type Final = Exclude<SettlementOutcome, { state: 'unknown' }>
type Refusal = Extract<SettlementCheck, { state: 'refused' }>

const canonicalCollector: Address = '0x4020806089470a89826cb9fb1f4059150b550004'
/** The seller's own window is narrower; here only what cannot be mined any more is kept away. */
const window = { leastAheadSeconds: 3n, mostAheadSeconds: 1n << 64n }
const depthPollMs = 500
const depthPatienceMs = 1_800_000
/** Blocks of an embedded chain are never older than this machine's clock says; others state their own time. */
const clockSlackSeconds = 30n

/**
 * Moves payers' money under their signatures, at most once each: the token's nonce holds that on the ledger, a durable row before each
 * transaction says what may have happened, and what nobody can say stays `unknown` until the ledger tells (specs/0022 section 9).
 */
export class LedgerSettler implements Settler {
  readonly #options: LedgerSettlerOptions
  readonly #book: SettlementBook
  readonly #probe: SettlementProbe
  readonly #lane: SettlementLane
  readonly #assets: ReadonlyMap<Address, Asset>
  readonly #running = new Map<Hex, { readonly digest: Hex; readonly outcome: Promise<SettlementOutcome> }>()

  constructor(options: LedgerSettlerOptions) {
    this.#options = options
    this.#book = new SettlementBook(options.store)
    this.#probe = new SettlementProbe(options.reader)
    this.#assets = new Map(options.assets.map((asset) => [asset.token, asset]))
    this.#lane = new SettlementLane({
      sender: options.sender,
      hasMulticall: () => this.#probe.hasMulticall(),
      onSending: (keys, transaction) => this.#book.sending(keys, transaction),
      maximumMoves: options.maximumMoves ?? 24,
    })
  }

  /** The account that pays for gas. */
  get address(): Address {
    return this.#options.sender.address
  }

  async check(authorization: PaymentAuthorization): Promise<SettlementCheck> {
    const move = this.#transfer(authorization)
    return isRefusal(move) ? move : this.#look(move)
  }

  /** As `check`, for a deposit. */
  async checkDeposit(config: ChannelConfig, deposit: SignedDeposit): Promise<SettlementCheck> {
    const move = this.#deposit(config, deposit)
    return isRefusal(move) ? move : this.#look(move)
  }

  async settle(authorization: PaymentAuthorization, timeoutMs: number): Promise<SettlementOutcome> {
    const move = this.#transfer(authorization)
    return isRefusal(move) ? move : this.#within(this.#settle(move), timeoutMs)
  }

  async deposit(
    config: ChannelConfig,
    deposit: SignedDeposit,
    timeoutMs: number,
  ): Promise<SettlementOutcome & { readonly facts?: ChannelFacts }> {
    const move = this.#deposit(config, deposit)
    if (isRefusal(move)) return move
    const { reader, domain } = this.#options
    const channelId = channelIdOf(config, domain)
    return this.#within(
      (async () => {
        const outcome = await this.#settle(move)
        if (outcome.state !== 'settled') return outcome
        const facts = (await readChannelFacts(reader, domain, [channelId])).get(channelId)
        return facts === undefined ? outcome : { ...outcome, facts }
      })(),
      timeoutMs,
    )
  }

  async findOut(authorization: PaymentAuthorization): Promise<SettlementOutcome> {
    const move = this.#transfer(authorization)
    if (isRefusal(move)) return move
    return this.#guarded(async () => {
      const row = await this.#book.get(move.key)
      return this.#known(move, row) ?? (await this.#findOut(move, row))
    })
  }

  /** The transaction that left last for an authorization, or is about to. */
  async transactionOf(authorization: PaymentAuthorization): Promise<Hex | undefined> {
    return this.#transactionOf(this.#transfer(authorization))
  }

  /** As `transactionOf`, for a deposit. */
  async transactionOfDeposit(config: ChannelConfig, deposit: SignedDeposit): Promise<Hex | undefined> {
    return this.#transactionOf(this.#deposit(config, deposit))
  }

  /** How many of a payer's authorizations were sent and refused by the ledger since: each cost gas that nobody gives back. */
  failuresOf(payer: Address, sinceMs: number): Promise<number> {
    return this.#book.failuresOf(payer, sinceMs)
  }

  /** Counts and cost of everything that is still on the books. */
  totals(): Promise<SettlementTotals> {
    return this.#book.totals()
  }

  /** Forgets what ended more than a week ago; call it now and then. */
  prune(): Promise<void> {
    return this.#book.prune(this.#options.clock.nowMs())
  }

  #transfer(authorization: PaymentAuthorization): AuthorizedMove | Refusal {
    const { chainId } = this.#options.domain
    if (isUpTo(authorization) && authorization.facilitator !== this.address)
      return refused('not-facilitator', `only ${authorization.facilitator} may settle it, not ${this.address}`)
    return this.#move(authorization.token, (asset) =>
      isUpTo(authorization) ? upToMove(authorization, chainId) : transferMove(authorization, asset, chainId),
    )
  }

  #deposit(config: ChannelConfig, deposit: SignedDeposit): AuthorizedMove | Refusal {
    const { domain, collector = canonicalCollector } = this.#options
    return this.#move(config.token, (asset) => depositMove(config, deposit, asset, { ...domain, collector }))
  }

  async #transactionOf(move: AuthorizedMove | Refusal): Promise<Hex | undefined> {
    return isRefusal(move) ? undefined : (await this.#book.get(move.key))?.transaction
  }

  #move(token: Address, make: (asset: Asset) => AuthorizedMove): AuthorizedMove | Refusal {
    const asset = this.#assets.get(token)
    if (asset === undefined) return refused('unsupported', `token ${token} is not one that is settled here`)
    try {
      return make(asset)
    } catch (error) {
      return refused('bad-signature', (error as Error).message)
    }
  }

  /** Resolves in time whatever happens; the work goes on behind it. */
  async #within<outcome extends SettlementOutcome>(
    work: Promise<outcome>,
    timeoutMs: number,
  ): Promise<outcome | SettlementOutcome> {
    return this.#guarded(() => withDeadline(work, timeoutMs, 'Settling'))
  }

  async #guarded<outcome extends SettlementOutcome>(
    work: () => Promise<outcome>,
  ): Promise<outcome | SettlementOutcome> {
    try {
      return await work()
    } catch (error) {
      return { state: 'unknown', detail: (error as Error).message }
    }
  }

  /** Signature, times, nonce, balance, and a dry run that shows what the payee would gain. */
  async #look(move: AuthorizedMove): Promise<SettlementCheck> {
    const isCreated = move.prepare !== undefined && !(await this.#probe.isContract(move.from))
    const refusal = isCreated ? await this.#creationRefusal(move) : undefined
    if (refusal !== undefined) return refusal
    const nowSeconds = BigInt(Math.floor(this.#options.clock.nowMs() / 1000))
    const run = await this.#probe.dryRun(isCreated ? move : withoutCreation(move))
    if (run.isNonceUsed) return refused('nonce-used', 'the authorization was used or cancelled')
    const expected = move.from === move.gains ? 0n : move.valueAtomic
    if (run.isAccepted && run.gainedAtomic === expected && move.valueAtomic > 0n) {
      const late = timeObjection(move, nowSeconds, window) === 'expired'
      return late ? refused('expired', `it ends at ${move.validBefore}, too soon to be mined`) : { state: 'payable' }
    }
    const times = timeObjection(move, nowSeconds, window)
    if (times === 'expired') return refused('expired', `it ended at ${move.validBefore}, or is about to`)
    if (times === 'not-yet-valid') return refused('not-yet-valid', `it begins after ${move.validAfter}`)
    if (run.payerBalanceAtomic < move.valueAtomic)
      return refused('insufficient-funds', `the payer has ${run.payerBalanceAtomic} of ${move.valueAtomic}`)
    if (run.allowanceAtomic < move.valueAtomic && move.isKeySigned)
      return refused('allowance-missing', `the payer allows Permit2 ${run.allowanceAtomic} of ${move.valueAtomic}`)
    if (run.isAccepted) return refused('reverted', `the payee would gain ${run.gainedAtomic} of ${move.valueAtomic}`)
    return move.isKeySigned
      ? refused('reverted', 'the token refuses it')
      : refused('bad-signature', 'neither the payer nor a contract of it signed this')
  }

  /** A factory that the payer names runs at our expense: only for what is worth it, and once for each wallet that never came to be. */
  async #creationRefusal(move: AuthorizedMove): Promise<Refusal | undefined> {
    const { leastCreatingAtomic = 0n } = this.#options
    if (move.valueAtomic < leastCreatingAtomic)
      return refused(
        'wallet-missing',
        `the payer's wallet is created for payments from ${leastCreatingAtomic} atomic units on`,
      )
    return (await this.#book.failuresOf(move.from, 0)) > 0
      ? refused('wallet-missing', "creating the payer's wallet failed before")
      : undefined
  }

  async #settle(move: AuthorizedMove): Promise<SettlementOutcome> {
    // A known row answers before the nonce is looked at, which it has used itself.
    const known = this.#known(move, await this.#book.get(move.key))
    if (known !== undefined) return known
    const running = this.#running.get(move.key)
    if (running === undefined || !move.isKeySigned) {
      // Whose signature does not hold must not take the key from whose does.
      const check = await this.#look(move)
      if (check.state === 'refused') {
        const row = await this.#book.get(move.key)
        if (row === undefined || check.reason === 'bad-signature') return check
        return this.#known(move, row) ?? this.#only(move)
      }
    }
    return this.#only(move)
  }

  /** One conclusion a key at a time; others wait for it. */
  #only(move: AuthorizedMove): Promise<SettlementOutcome> {
    const running = this.#running.get(move.key)
    if (running !== undefined) {
      return running.digest === move.digest ? running.outcome : Promise.resolve(otherUse())
    }
    const outcome = this.#guarded(() => this.#conclude(move)).finally(() => this.#running.delete(move.key))
    this.#running.set(move.key, { digest: move.digest, outcome })
    return outcome
  }

  async #conclude(move: AuthorizedMove): Promise<SettlementOutcome> {
    const row = await this.#book.get(move.key)
    const known = this.#known(move, row)
    if (known !== undefined) return known
    if (row !== undefined) {
      const found = await this.#findOut(move, row)
      if (found.state !== 'unknown') return found
      if (row.transaction !== undefined && (await this.#probe.isPending(row.transaction))) return found
      const check = await this.#look(move)
      // Not final: the transaction that left may yet be mined before the authorization ends.
      if (check.state === 'refused') return { state: 'unknown', detail: check.detail }
    }
    await this.#book.begin(move, this.#options.clock.nowMs())
    const hasCode = await this.#probe.isContract(move.from)
    const outgoing = hasCode ? withoutCreation(move) : move
    const sent = await this.#send(outgoing, hasCode || !move.isKeySigned || move.sentBy !== undefined)
    if ('state' in sent) return this.#notSent(move, sent, undefined)
    if (movedIn(sent.receipt, move)) return this.#deepen(move, traceOf(sent.receipt), sent)
    return this.#afterMiss(outgoing, sent)
  }

  #notSent(move: AuthorizedMove, refusal: Refusal, costWei: bigint | undefined): Promise<SettlementOutcome> {
    return refusal.reason === 'nonce-used' ? this.#found(move, costWei) : this.#end(move, refusal, costWei)
  }

  /** What the ledger refused, before it was sent or when it was mined, is refused; what it did not say is thrown. */
  async #send(move: AuthorizedMove, isAlone: boolean): Promise<Sent | Refusal> {
    try {
      return await this.#lane.send(move, isAlone)
    } catch (error) {
      if (!isKoinonError(error)) throw error
      if (error.code === 'ledger/too-dear') return refused('reverted', error.message)
      const isRefusal = error.code === 'ledger/refused' || error.code === 'ledger/reverted'
      const check = isRefusal ? await this.#look(move) : undefined
      if (check?.state === 'refused') return check
      // The factory did not do what it did in the dry run.
      if (isRefusal && move.prepare !== undefined) return refused('reverted', "creating the payer's wallet failed")
      throw error
    }
  }

  /** Its transaction is mined and did not move it: somebody was faster, the payer changed its mind, or a neighbour took the gas. */
  async #afterMiss(move: AuthorizedMove, shared: Sent): Promise<SettlementOutcome> {
    const check = await this.#look(move)
    // What was tried with a factory of the payer's choice is not tried again.
    if (check.state === 'payable' && move.prepare === undefined) {
      const alone = await this.#send(move, true)
      if ('state' in alone) return this.#notSent(move, alone, shared.costWei)
      if (movedIn(alone.receipt, move)) return this.#deepen(move, traceOf(alone.receipt), alone)
    }
    if (await this.#probe.isNonceUsed(move)) return this.#found(move, shared.costWei)
    const reason = check.state === 'refused' ? check : refused('reverted', 'the ledger refused it')
    return this.#end(move, reason, shared.costWei)
  }

  /** What the ledger can tell of a move that may have been sent. */
  async #findOut(move: AuthorizedMove, row: SettlementRow | undefined): Promise<SettlementOutcome> {
    if (row?.transaction !== undefined) {
      const receipt = await this.#probe.receipt(row.transaction)
      if (receipt !== undefined && movedIn(receipt, move)) return this.#deepen(move, traceOf(receipt), undefined)
    }
    if (await this.#probe.isNonceUsed(move)) return this.#found(move, undefined)
    const { unsettledBlocks, clock } = this.#options
    const settledBlock = await this.#probe.block(unsettledBlocks)
    const nowSeconds = BigInt(Math.floor(clock.nowMs() / 1000))
    const isOver =
      settledBlock.timestampSeconds >= move.validBefore ||
      (unsettledBlocks === 0 && nowSeconds > move.validBefore + clockSlackSeconds)
    if (!isOver) return { state: 'unknown', detail: 'the ledger has not seen it, and may yet' }
    // Looked at after its end, so that no block in between is missed.
    if (await this.#probe.isNonceUsed(move)) return this.#found(move, undefined)
    return this.#end(move, refused('expired', 'it ended unused'), undefined)
  }

  /** The nonce is used: for this move by whomever, or for something else. */
  async #found(move: AuthorizedMove, costWei: bigint | undefined): Promise<SettlementOutcome> {
    const trace = await this.#probe.find(move)
    if (trace !== undefined) return this.#deepen(move, trace, undefined)
    const { unsettledBlocks } = this.#options
    const isDeep =
      unsettledBlocks === 0 || (await this.#probe.isNonceUsed(move, (await this.#probe.block(unsettledBlocks)).number))
    return isDeep ? this.#end(move, otherUse(), costWei) : { state: 'unknown', detail: 'its nonce was just used' }
  }

  /** Waits until no replacement of blocks reaches it; looks again where one did. */
  async #deepen(move: AuthorizedMove, trace: Trace, sent: Sent | undefined): Promise<SettlementOutcome> {
    const { unsettledBlocks, clock } = this.#options
    if (unsettledBlocks > 0) {
      const untilMs = clock.nowMs() + depthPatienceMs
      while ((await this.#probe.block(unsettledBlocks)).number < trace.blockNumber) {
        if (clock.nowMs() > untilMs) return { state: 'unknown', detail: 'it is not deep enough in the chain yet' }
        await sleep(depthPollMs)
      }
      const receipt = await this.#probe.receipt(trace.transaction)
      if (receipt === undefined || !movedIn(receipt, move))
        return { state: 'unknown', detail: 'the block that held it was replaced' }
    }
    return this.#end(move, { state: 'settled', transaction: trace.transaction }, sent?.costWei)
  }

  async #end(move: AuthorizedMove, outcome: Final, costWei: bigint | undefined): Promise<Final> {
    await this.#book.end(move.key, outcome, this.#options.clock.nowMs(), costWei)
    return outcome
  }

  #known(move: AuthorizedMove, row: SettlementRow | undefined): Final | undefined {
    if (row === undefined) return undefined
    if (row.digest !== move.digest) return otherUse()
    // What became of a payment is told to whoever has its signature: the ledger shows everything else of it to everybody.
    const hasSignature = move.isKeySigned || row.signatureHash === move.signatureHash
    return hasSignature ? row.outcome : refused('bad-signature', 'this is not the signature that it was settled with')
  }
}

/** An account that exists is not created again at our expense. */
function withoutCreation(move: AuthorizedMove): AuthorizedMove {
  const { prepare: _created, ...existing } = move
  return existing
}

function refused(reason: SettlementRefusal, detail: string): Refusal {
  return { state: 'refused', reason, detail }
}

function otherUse(): Refusal {
  return refused('nonce-used', 'its nonce was used for something else')
}

function isRefusal(value: AuthorizedMove | Refusal): value is Refusal {
  return 'state' in value
}
