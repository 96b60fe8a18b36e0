import type { Address } from '@koinon/base'
import type { DecodedTransaction } from './raw-transaction.ts'

/** A transaction that waits for its block. */
export type WaitingTransaction = DecodedTransaction & {
  readonly sender: Address
  /** Order of arrival. */
  readonly sequence: number
  readonly receivedAtMs: number
}

/** Bounds of the waiting room, so that a stranger cannot fill the memory. */
export type PoolLimits = {
  readonly maxWaiting: number
  readonly maxWaitingPerSender: number
  readonly maxWaitingBytes: number
}

/** Bounds of one block. */
export type BlockLimits = { readonly maxTransactions: number; readonly gasLimit: bigint; readonly maxBytes: number }

/** Why a transaction was not taken in. */
export type PoolRefusal = 'full' | 'sender-full' | 'nonce-taken'

/** Transactions of all senders, by nonce. Plain data with rules; who waits for an answer is the builder's business. */
export class TransactionPool {
  readonly #limits: PoolLimits
  readonly #bySender = new Map<Address, Map<number, WaitingTransaction>>()
  #size = 0
  #bytes = 0

  constructor(limits: PoolLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#size
  }

  /** Takes a transaction in, or says why not. The first one of a nonce stays: blocks come too fast for replacement to pay. */
  add(transaction: WaitingTransaction): PoolRefusal | undefined {
    const own = this.#bySender.get(transaction.sender)
    if (own?.has(transaction.nonce)) return 'nonce-taken'
    if ((own?.size ?? 0) >= this.#limits.maxWaitingPerSender) return 'sender-full'
    if (this.#size >= this.#limits.maxWaiting || this.#bytes + transaction.bytes > this.#limits.maxWaitingBytes)
      return 'full'
    if (own === undefined) this.#bySender.set(transaction.sender, new Map([[transaction.nonce, transaction]]))
    else own.set(transaction.nonce, transaction)
    this.#size += 1
    this.#bytes += transaction.bytes
    return undefined
  }

  remove(transaction: WaitingTransaction): void {
    const own = this.#bySender.get(transaction.sender)
    if (own?.get(transaction.nonce)?.hash !== transaction.hash) return
    own.delete(transaction.nonce)
    if (own.size === 0) this.#bySender.delete(transaction.sender)
    this.#size -= 1
    this.#bytes -= transaction.bytes
  }

  senders(): readonly Address[] {
    return [...this.#bySender.keys()]
  }

  all(): readonly WaitingTransaction[] {
    return [...this.#bySender.values()].flatMap((own) => [...own.values()])
  }

  /** Nonce after the waiting transactions that follow `accountNonce` without a gap. */
  nextNonce(sender: Address, accountNonce: number): number {
    const own = this.#bySender.get(sender)
    let nonce = accountNonce
    while (own?.has(nonce)) nonce += 1
    return nonce
  }

  /**
   * Sorts the waiting transactions by what can be done with them, given the account nonces of their senders:
   * `stale` (nonce used), `ready` (executable, in arrival order as far as nonces allow, cut at the block's limits) and
   * `gapped` (an earlier nonce is missing).
   */
  select(
    accountNonces: ReadonlyMap<Address, number>,
    limits: BlockLimits,
  ): {
    readonly stale: readonly WaitingTransaction[]
    readonly ready: readonly WaitingTransaction[]
    readonly gapped: readonly WaitingTransaction[]
  } {
    const stale: WaitingTransaction[] = []
    const gapped: WaitingTransaction[] = []
    const runs: { readonly order: number; readonly transaction: WaitingTransaction }[] = []
    for (const [sender, own] of this.#bySender) {
      const first = accountNonces.get(sender)
      if (first === undefined) continue
      const end = this.nextNonce(sender, first)
      for (const transaction of own.values()) {
        if (transaction.nonce < first) stale.push(transaction)
        else if (transaction.nonce >= end) gapped.push(transaction)
      }
      let order = 0
      for (let nonce = first; nonce < end; nonce++) {
        const transaction = own.get(nonce) as WaitingTransaction
        order = Math.max(order, transaction.sequence)
        runs.push({ order, transaction })
      }
    }
    runs.sort((a, b) => a.order - b.order || a.transaction.nonce - b.transaction.nonce)
    return { stale, ready: cut(runs, limits), gapped }
  }
}

/** The longest prefix that fits the block; a single transaction always fits because admission checked it. */
function cut(runs: readonly { readonly transaction: WaitingTransaction }[], limits: BlockLimits): WaitingTransaction[] {
  const chosen: WaitingTransaction[] = []
  let gas = 0n
  let bytes = 0
  for (const { transaction } of runs) {
    gas += transaction.gasLimit
    bytes += transaction.bytes
    const fits = gas <= limits.gasLimit && bytes <= limits.maxBytes && chosen.length < limits.maxTransactions
    if (!fits && chosen.length > 0) break
    chosen.push(transaction)
  }
  return chosen
}
