import { type Address, type Clock, type Hex, KoinonError } from '@koinon/base'
import { nextBaseFeeWei } from './base-fee.ts'
import type { BlockCommitter } from './block-committer.ts'
import { type BlockPace, newPacer, type PacerState, pacerDelayMs, pacerSpend } from './block-pacer.ts'
import type { ChainEngine } from './evm-engine.ts'
import type { Mutex } from './mutex.ts'
import { type DecodedTransaction, decodeRawTransaction, readRecovered, recoverManyCode } from './raw-transaction.ts'
import { RpcError, rpcCodes, toRpcError } from './rpc-error.ts'
import { type PoolLimits, type PoolRefusal, TransactionPool, type WaitingTransaction } from './transaction-pool.ts'

/** Rules of block building; all have defaults in the embedded chain. */
export type BuilderLimits = PoolLimits &
  BlockPace & {
    /** How long an idle chain waits for company before it builds a block: the group-commit window. */
    readonly gatherMs: number
    /** How long a transaction whose predecessor is missing may wait. */
    readonly nonceGapTimeoutMs: number
    readonly maxBlockTransactions: number
    readonly maxBlockBytes: number
  }

export type BlockBuilderOptions = {
  readonly chainId: number
  readonly engine: ChainEngine
  readonly committer: BlockCommitter
  /** Held while the engine's pool is in use; readers of `pending` state take it too. */
  readonly mutex: Mutex
  readonly clock: Clock
  readonly wait: (durationMs: number) => Promise<void>
  readonly limits: BuilderLimits
}

type Waiter = {
  readonly promise: Promise<Hex>
  readonly resolve: (hash: Hex) => void
  readonly reject: (error: RpcError) => void
  gapTimer?: ReturnType<typeof setTimeout>
}

type Arrival = { readonly decoded: DecodedTransaction; readonly sequence: number; readonly receivedAtMs: number }

const recoveryBatch = 500
const recoveryAddress: Address = `0x${'00'.repeat(18)}0fec`

/** Collects transactions and mines them on demand. `submit` settles when the transaction is in a durable block, or never will be. */
export class BlockBuilder {
  readonly #options: BlockBuilderOptions
  readonly #pool: TransactionPool
  readonly #waiters = new Map<Hex, Waiter>()
  readonly #active = new Set<Address>()
  #arrivals: Arrival[] = []
  #pacer: PacerState
  #sequence = 0
  #pumping: Promise<void> | undefined
  #failure: KoinonError | undefined

  constructor(options: BlockBuilderOptions) {
    this.#options = options
    this.#pool = new TransactionPool(options.limits)
    this.#pacer = newPacer(options.limits, options.clock.nowMs())
  }

  /** Transactions not yet in a block. */
  get waiting(): number {
    return this.#waiters.size
  }

  /** Why no more transactions are taken, if so. */
  get failure(): KoinonError | undefined {
    return this.#failure
  }

  /**
   * Takes a signed transaction; resolves with its hash once it is mined and durable. The same bytes again give the same answer,
   * also after they were mined. Rejects with {@link RpcError} in geth's words.
   */
  submit(raw: unknown): Promise<Hex> {
    if (this.#failure !== undefined) return Promise.reject(toRpcError(this.#failure))
    let decoded: DecodedTransaction
    try {
      decoded = decodeRawTransaction(raw, this.#options.chainId, this.#options.engine.gasCaps.transaction)
    } catch (error) {
      return Promise.reject(toRpcError(error))
    }
    const known = this.#waiters.get(decoded.hash)
    if (known !== undefined) return known.promise
    if (this.#waiters.size >= this.#options.limits.maxWaiting) return Promise.reject(poolRefused('full', decoded.nonce))
    const { promise, resolve, reject } = Promise.withResolvers<Hex>()
    this.#waiters.set(decoded.hash, { promise, resolve, reject })
    this.#arrivals.push({ decoded, sequence: this.#sequence++, receivedAtMs: this.#options.clock.nowMs() })
    this.#pumping ??= this.#pump()
    return promise
  }

  /** The nonce that the sender's next transaction should have, waiting ones included. */
  pendingNonce(sender: Address): Promise<number> {
    return this.#options.mutex.run(async () => {
      await this.#admitArrivals()
      return this.#pool.nextNonce(sender, await this.#accountNonce(sender))
    })
  }

  /** Lets the block under way finish, then refuses what waits. Nothing acknowledged is affected. */
  async stop(): Promise<void> {
    this.#fail(new KoinonError({ code: 'chain/stopping', message: 'The chain is stopping', retry: 'later' }))
    await this.#pumping
    this.#rejectAll(toRpcError(this.#failure))
  }

  async #pump(): Promise<void> {
    try {
      while (this.#failure === undefined && (this.#arrivals.length > 0 || this.#active.size > 0)) {
        const { limits, clock, wait } = this.#options
        await wait(Math.max(limits.gatherMs, pacerDelayMs(limits, this.#pacer, clock.nowMs())))
        await this.#options.mutex.run(() => this.#round())
      }
    } catch (error) {
      this.#fail(error)
      this.#rejectAll(toRpcError(this.#failure))
    } finally {
      this.#pumping = undefined
    }
    if (this.#failure === undefined && this.#arrivals.length > 0) this.#pumping ??= this.#pump()
  }

  async #round(): Promise<void> {
    await this.#admitArrivals()
    const nonces = new Map<Address, number>()
    for (const sender of this.#active) nonces.set(sender, await this.#accountNonce(sender))
    const { limits } = this.#options
    const { stale, ready, gapped } = this.#pool.select(nonces, {
      maxTransactions: limits.maxBlockTransactions,
      maxBytes: limits.maxBlockBytes,
      gasLimit: this.#options.engine.gasCaps.block,
    })
    this.#active.clear()
    for (const transaction of stale) await this.#settleStale(transaction, nonces.get(transaction.sender) ?? 0)
    for (const transaction of gapped) await this.#park(transaction, nonces.get(transaction.sender) ?? 0)
    const batch = await this.#affordable(ready)
    for (const { hash } of batch) this.#stopGapTimer(this.#waiters.get(hash))
    if (batch.length > 0) {
      this.#pacer = pacerSpend(limits, this.#pacer, this.#options.clock.nowMs())
      const { included, refused } = await this.#options.committer.commit(batch)
      for (const transaction of included) this.#settle(transaction, (waiter) => waiter.resolve(transaction.hash))
      for (const [transaction, error] of refused) this.#settle(transaction, (waiter) => waiter.reject(error))
    }
    const gappedHashes = new Set(gapped.map((transaction) => transaction.hash))
    for (const transaction of this.#pool.all()) {
      if (nonces.has(transaction.sender) && !gappedHashes.has(transaction.hash)) this.#active.add(transaction.sender)
    }
  }

  /** Finds the senders of what arrived and moves it into the pool. */
  async #admitArrivals(): Promise<void> {
    while (this.#arrivals.length > 0) {
      const batch = this.#arrivals.splice(0, recoveryBatch)
      const senders = await this.#recover(batch.map((arrival) => arrival.decoded))
      for (const [index, { decoded, sequence, receivedAtMs }] of batch.entries()) {
        const sender = senders[index]
        if (sender === undefined) {
          this.#take(decoded.hash)?.reject(
            new RpcError(rpcCodes.transaction, 'invalid sender: the signature is not valid'),
          )
          continue
        }
        const refusal = this.#pool.add({ ...decoded, sender, sequence, receivedAtMs })
        if (refusal === undefined) this.#active.add(sender)
        else this.#take(decoded.hash)?.reject(poolRefused(refusal, decoded.nonce))
      }
    }
  }

  async #recover(transactions: readonly DecodedTransaction[]): Promise<readonly (Address | undefined)[]> {
    const data = `0x${transactions.map((transaction) => transaction.recoveryInput.slice(2)).join('')}`
    const overrides = { [recoveryAddress]: { code: recoverManyCode } }
    const call = { to: recoveryAddress, data }
    return readRecovered(
      (await this.#options.engine.request('eth_call', [call, 'latest', overrides])) as Hex,
      transactions.length,
    )
  }

  /** Fee check, and one sender's transactions only as far as its balance covers all of them; the rest waits a block. */
  async #affordable(ready: readonly WaitingTransaction[]): Promise<WaitingTransaction[]> {
    const baseFeeWei = nextBaseFeeWei(this.#options.committer.tip)
    const spent = new Map<Address, bigint>()
    const held = new Set<Address>()
    const batch: WaitingTransaction[] = []
    for (const transaction of ready) {
      const { sender } = transaction
      if (held.has(sender)) continue
      if (transaction.maxFeePerGas < baseFeeWei) {
        const reason = `maxFeePerGas: ${transaction.maxFeePerGas}, baseFee: ${baseFeeWei}`
        const error = new RpcError(rpcCodes.transaction, `max fee per gas less than block base fee: ${reason}`)
        this.#settle(transaction, (waiter) => waiter.reject(error))
        held.add(sender)
        continue
      }
      const before = spent.get(sender)
      const total = (before ?? 0n) + transaction.maxCostWei
      if (before !== undefined && total > (await this.#balance(sender))) {
        held.add(sender)
        continue
      }
      spent.set(sender, total)
      batch.push(transaction)
    }
    return batch
  }

  /** A used nonce: fine when it is this very transaction that used it (a client repeats after a lost answer). */
  async #settleStale(transaction: WaitingTransaction, accountNonce: number): Promise<void> {
    const found = (await this.#options.engine.request('eth_getTransactionByHash', [transaction.hash])) as {
      readonly blockNumber: Hex | null
    } | null
    const mined = found !== null && found.blockNumber !== null
    const reason = `nonce too low: next nonce ${accountNonce}, tx nonce ${transaction.nonce}`
    this.#settle(transaction, (waiter) =>
      mined ? waiter.resolve(transaction.hash) : waiter.reject(new RpcError(rpcCodes.transaction, reason)),
    )
  }

  /** Keeps a transaction until its predecessor comes, for a bounded time; the unfunded are not kept. */
  async #park(transaction: WaitingTransaction, accountNonce: number): Promise<void> {
    const waiter = this.#waiters.get(transaction.hash)
    if (waiter === undefined || waiter.gapTimer !== undefined) return
    if ((await this.#balance(transaction.sender)) < transaction.maxCostWei) {
      const error = new RpcError(rpcCodes.transaction, 'insufficient funds for gas * price + value')
      this.#settle(transaction, (unfunded) => unfunded.reject(error))
      return
    }
    const { nonceGapTimeoutMs } = this.#options.limits
    waiter.gapTimer = setTimeout(() => {
      const reason = `nonce too high: next nonce ${accountNonce}, tx nonce ${transaction.nonce}, waited ${nonceGapTimeoutMs} ms`
      this.#settle(transaction, (late) => late.reject(new RpcError(rpcCodes.transaction, reason)))
    }, nonceGapTimeoutMs)
  }

  #settle(transaction: WaitingTransaction, answer: (waiter: Waiter) => void): void {
    this.#pool.remove(transaction)
    const waiter = this.#take(transaction.hash)
    if (waiter !== undefined) answer(waiter)
  }

  #take(hash: Hex): Waiter | undefined {
    const waiter = this.#waiters.get(hash)
    this.#waiters.delete(hash)
    this.#stopGapTimer(waiter)
    return waiter
  }

  #stopGapTimer(waiter: Waiter | undefined): void {
    clearTimeout(waiter?.gapTimer)
    delete waiter?.gapTimer
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure =
      error instanceof KoinonError
        ? error
        : new KoinonError({
            code: 'chain/engine-died',
            message: 'The engine of the chain failed',
            hint: 'Start the chain again; the journal holds everything acknowledged.',
            retry: 'later',
            cause: error,
          })
  }

  #rejectAll(error: RpcError): void {
    for (const transaction of this.#pool.all()) this.#pool.remove(transaction)
    this.#arrivals = []
    this.#active.clear()
    for (const hash of this.#waiters.keys()) this.#take(hash)?.reject(error)
  }

  async #accountNonce(sender: Address): Promise<number> {
    return Number(await this.#options.engine.request('eth_getTransactionCount', [sender, 'latest']))
  }

  async #balance(sender: Address): Promise<bigint> {
    return BigInt((await this.#options.engine.request('eth_getBalance', [sender, 'latest'])) as Hex)
  }
}

function poolRefused(refusal: PoolRefusal, nonce: number): RpcError {
  if (refusal === 'nonce-taken') {
    const message = `nonce too low: another transaction of this sender with nonce ${nonce} is already waiting`
    return new RpcError(rpcCodes.transaction, message)
  }
  const whose = refusal === 'full' ? 'the transaction pool is full' : 'too many transactions of this sender are waiting'
  return new RpcError(rpcCodes.limitExceeded, whose)
}
