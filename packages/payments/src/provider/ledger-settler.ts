import { type Address, type Clock, type Hex, isKoinonError, withDeadline } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { LedgerReader, TransactionSender } from '@koinon/ledger'
import type { ChannelFacts } from '../core/channel-state.ts'
import { readChannelFacts } from '../core/escrow.ts'
import { type ChannelConfig, channelIdOf, type EscrowDomain } from '../rules/channel.ts'
import type { Asset, SignedDeposit } from '../rules/terms.ts'
import { isUpTo } from '../rules/up-to.ts'
import { type AuthorizedMove, depositMove, transferMove } from './authorized-move.ts'
import { SettlementBook, type SettlementRow, type SettlementTotals } from './settlement-book.ts'
import {
  checkMove,
  isRefusedMove,
  type MoveChecks,
  otherUse,
  type RefusedMove,
  refused,
  withoutCreation,
} from './settlement-check.ts'
import { type Sent, SettlementLane } from './settlement-lane.ts'
import { type FinalOutcome, SettlementOutcomes } from './settlement-outcomes.ts'
import { movedIn, SettlementProbe, traceOf } from './settlement-probe.ts'
import type { PaymentAuthorization, SettlementCheck, SettlementOutcome, Settler } from './settler.ts'
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

const canonicalCollector: Address = '0x4020806089470a89826cb9fb1f4059150b550004'
/**
 * Moves payers' money under their signatures, at most once each: the token's nonce holds that on the ledger, a durable row before each
 * transaction says what may have happened, and what nobody can say stays `unknown` until the ledger tells (specs/0022 section 9).
 */
export class LedgerSettler implements Settler {
  readonly #options: LedgerSettlerOptions
  readonly #book: SettlementBook
  readonly #probe: SettlementProbe
  readonly #checks: MoveChecks
  readonly #outcomes: SettlementOutcomes
  readonly #lane: SettlementLane
  readonly #assets: ReadonlyMap<Address, Asset>
  readonly #running = new Map<Hex, { readonly digest: Hex; readonly outcome: Promise<SettlementOutcome> }>()

  constructor(options: LedgerSettlerOptions) {
    this.#options = options
    this.#book = new SettlementBook(options.store)
    this.#probe = new SettlementProbe(options.reader)
    const parts = { book: this.#book, probe: this.#probe, clock: options.clock }
    this.#checks = { ...parts, leastCreatingAtomic: options.leastCreatingAtomic }
    this.#outcomes = new SettlementOutcomes({ ...parts, unsettledBlocks: options.unsettledBlocks })
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
    return isRefusedMove(move) ? move : checkMove(this.#checks, move)
  }

  /** As `check`, for a deposit. */
  async checkDeposit(config: ChannelConfig, deposit: SignedDeposit): Promise<SettlementCheck> {
    const move = this.#deposit(config, deposit)
    return isRefusedMove(move) ? move : checkMove(this.#checks, move)
  }

  async settle(authorization: PaymentAuthorization, timeoutMs: number): Promise<SettlementOutcome> {
    const move = this.#transfer(authorization)
    return isRefusedMove(move) ? move : this.#within(this.#settle(move), timeoutMs)
  }

  async deposit(
    config: ChannelConfig,
    deposit: SignedDeposit,
    timeoutMs: number,
  ): Promise<SettlementOutcome & { readonly facts?: ChannelFacts }> {
    const move = this.#deposit(config, deposit)
    if (isRefusedMove(move)) return move
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
    if (isRefusedMove(move)) return move
    return this.#guarded(async () => {
      const row = await this.#book.get(move.key)
      return this.#known(move, row) ?? (await this.#outcomes.findOut(move, row))
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

  #transfer(authorization: PaymentAuthorization): AuthorizedMove | RefusedMove {
    const { chainId } = this.#options.domain
    if (isUpTo(authorization) && authorization.facilitator !== this.address)
      return refused('not-facilitator', `only ${authorization.facilitator} may settle it, not ${this.address}`)
    return this.#move(authorization.token, (asset) =>
      isUpTo(authorization) ? upToMove(authorization, chainId) : transferMove(authorization, asset, chainId),
    )
  }

  #deposit(config: ChannelConfig, deposit: SignedDeposit): AuthorizedMove | RefusedMove {
    const { domain, collector = canonicalCollector } = this.#options
    return this.#move(config.token, (asset) => depositMove(config, deposit, asset, { ...domain, collector }))
  }

  async #transactionOf(move: AuthorizedMove | RefusedMove): Promise<Hex | undefined> {
    return isRefusedMove(move) ? undefined : (await this.#book.get(move.key))?.transaction
  }

  #move(token: Address, make: (asset: Asset) => AuthorizedMove): AuthorizedMove | RefusedMove {
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

  async #settle(move: AuthorizedMove): Promise<SettlementOutcome> {
    // A known row answers before the nonce is looked at, which it has used itself.
    const known = this.#known(move, await this.#book.get(move.key))
    if (known !== undefined) return known
    const running = this.#running.get(move.key)
    if (running === undefined || !move.isKeySigned) {
      // Whose signature does not hold must not take the key from whose does.
      const check = await checkMove(this.#checks, move)
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
      const found = await this.#outcomes.findOut(move, row)
      if (found.state !== 'unknown') return found
      if (row.transaction !== undefined && (await this.#probe.isPending(row.transaction))) return found
      const check = await checkMove(this.#checks, move)
      // Not final: the transaction that left may yet be mined before the authorization ends.
      if (check.state === 'refused') return { state: 'unknown', detail: check.detail }
    }
    await this.#book.begin(move, this.#options.clock.nowMs())
    const hasCode = await this.#probe.isContract(move.from)
    const outgoing = hasCode ? withoutCreation(move) : move
    const sent = await this.#send(outgoing, hasCode || !move.isKeySigned || move.sentBy !== undefined)
    if ('state' in sent) return this.#notSent(move, sent, undefined)
    if (movedIn(sent.receipt, move)) return this.#outcomes.deepen(move, traceOf(sent.receipt), sent)
    return this.#afterMiss(outgoing, sent)
  }

  #notSent(move: AuthorizedMove, refusal: RefusedMove, costWei: bigint | undefined): Promise<SettlementOutcome> {
    return refusal.reason === 'nonce-used'
      ? this.#outcomes.found(move, costWei)
      : this.#outcomes.end(move, refusal, costWei)
  }

  /** What the ledger refused, before it was sent or when it was mined, is refused; what it did not say is thrown. */
  async #send(move: AuthorizedMove, isAlone: boolean): Promise<Sent | RefusedMove> {
    try {
      return await this.#lane.send(move, isAlone)
    } catch (error) {
      if (!isKoinonError(error)) throw error
      if (error.code === 'ledger/too-dear') return refused('reverted', error.message)
      const isRefusal = error.code === 'ledger/refused' || error.code === 'ledger/reverted'
      const check = isRefusal ? await checkMove(this.#checks, move) : undefined
      if (check?.state === 'refused') return check
      // The factory did not do what it did in the dry run.
      if (isRefusal && move.prepare !== undefined) return refused('reverted', "creating the payer's wallet failed")
      throw error
    }
  }

  /** Its transaction is mined and did not move it: somebody was faster, the payer changed its mind, or a neighbour took the gas. */
  async #afterMiss(move: AuthorizedMove, shared: Sent): Promise<SettlementOutcome> {
    const check = await checkMove(this.#checks, move)
    // What was tried with a factory of the payer's choice is not tried again.
    if (check.state === 'payable' && move.prepare === undefined) {
      const alone = await this.#send(move, true)
      if ('state' in alone) return this.#notSent(move, alone, shared.costWei)
      if (movedIn(alone.receipt, move)) return this.#outcomes.deepen(move, traceOf(alone.receipt), alone)
    }
    if (await this.#probe.isNonceUsed(move)) return this.#outcomes.found(move, shared.costWei)
    const reason = check.state === 'refused' ? check : refused('reverted', 'the ledger refused it')
    return this.#outcomes.end(move, reason, shared.costWei)
  }

  #known(move: AuthorizedMove, row: SettlementRow | undefined): FinalOutcome | undefined {
    if (row === undefined) return undefined
    if (row.digest !== move.digest) return otherUse()
    // What became of a payment is told to whoever has its signature: the ledger shows everything else of it to everybody.
    const hasSignature = move.isKeySigned || row.signatureHash === move.signatureHash
    return hasSignature ? row.outcome : refused('bad-signature', 'this is not the signature that it was settled with')
  }
}
