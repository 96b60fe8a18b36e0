import { bytesToHex, type Clock, type Hex, KoinonError, type Random } from '@koinon/base'
import { type ChainEngine, type EngineBlock, EngineRpcError } from './evm-engine.ts'
import type { Journal } from './journal.ts'
import { type RpcError, transactionError } from './rpc-error.ts'
import type { WaitingTransaction } from './transaction-pool.ts'

/** What became of the transactions handed to {@link BlockCommitter.commit}. Those in neither were not tried. */
export type CommitOutcome = {
  /** In a block, durable. */
  readonly included: readonly WaitingTransaction[]
  /** Not in a block and never will be because of this attempt. */
  readonly refused: ReadonlyMap<WaitingTransaction, RpcError>
}

export type BlockCommitterOptions = {
  readonly engine: ChainEngine
  readonly journal: Journal
  readonly clock: Clock
  readonly random: Random
  readonly tip: EngineBlock
  readonly onBlock: (block: EngineBlock) => void
}

/**
 * Turns transactions into durable blocks, in this order: engine validates into its pool, block record written and synced,
 * engine mines, result checked, seal record written. Not re-entrant: the caller holds the chain's mutex.
 */
export class BlockCommitter {
  readonly #options: BlockCommitterOptions
  #tip: EngineBlock

  constructor(options: BlockCommitterOptions) {
    this.#options = options
    this.#tip = options.tip
  }

  get tip(): EngineBlock {
    return this.#tip
  }

  /**
   * Mines `batch` into one block; into several when the engine refuses the whole because of one member. Throws when the journal
   * or the engine fails; then the outcome of the batch is unknown until the chain was started again.
   */
  async commit(batch: readonly WaitingTransaction[]): Promise<CommitOutcome> {
    const included: WaitingTransaction[] = []
    const refused = new Map<WaitingTransaction, RpcError>()
    await this.#commit(batch, included, refused)
    return { included, refused }
  }

  async #commit(
    batch: readonly WaitingTransaction[],
    included: WaitingTransaction[],
    refused: Map<WaitingTransaction, RpcError>,
  ): Promise<void> {
    const accepted = await this.#fillPool(batch, refused)
    if (accepted.length === 0) return
    const number = this.#tip.number + 1
    const request = {
      timestampSeconds: Math.max(Math.floor(this.#options.clock.nowMs() / 1000), this.#tip.timestampSeconds),
      prevRandao: this.#prevRandao(),
    }
    const transactions = accepted.map((transaction) => transaction.raw)
    try {
      await this.#options.journal.appendDurably({ kind: 'block', number, ...request, transactions })
    } catch (error) {
      await this.#emptyPool(accepted)
      throw error
    }
    let block: EngineBlock
    try {
      block = await this.#options.engine.mine(request)
    } catch (error) {
      if (!(error instanceof EngineRpcError)) throw error
      await this.#emptyPool(accepted)
      await this.#options.journal.append({ kind: 'void', number })
      if (accepted.length === 1) {
        refused.set(accepted[0] as WaitingTransaction, transactionError(error))
        return
      }
      const middle = Math.ceil(accepted.length / 2)
      await this.#commit(accepted.slice(0, middle), included, refused)
      await this.#commit(accepted.slice(middle), included, refused)
      return
    }
    await this.#seal(block, number, request.timestampSeconds, accepted, included, refused)
  }

  async #seal(
    block: EngineBlock,
    number: number,
    timestampSeconds: number,
    accepted: readonly WaitingTransaction[],
    included: WaitingTransaction[],
    refused: Map<WaitingTransaction, RpcError>,
  ): Promise<void> {
    if (block.number !== number || block.timestampSeconds !== timestampSeconds) throw engineStrayed(block, number)
    this.#tip = block
    const mined = new Set(block.transactions)
    const left = accepted.filter((transaction) => !mined.has(transaction.hash))
    await this.#emptyPool(left)
    for (const transaction of left)
      refused.set(transaction, transactionError(new EngineRpcError(-32000, 'not included')))
    included.push(...accepted.filter((transaction) => mined.has(transaction.hash)))
    const { hash: blockHash, receiptsRoot } = block
    // The block record is durable, so a seal that cannot be written takes nothing back; the journal refuses what comes next.
    await this.#options.journal.append({ kind: 'seal', number, blockHash, receiptsRoot }).catch(() => undefined)
    this.#options.onBlock(block)
  }

  /** Fills the engine's pool; after a refusal the sender's later transactions are not tried. */
  async #fillPool(
    batch: readonly WaitingTransaction[],
    refused: Map<WaitingTransaction, RpcError>,
  ): Promise<WaitingTransaction[]> {
    const accepted: WaitingTransaction[] = []
    const stopped = new Set<string>()
    for (const transaction of batch) {
      if (stopped.has(transaction.sender)) continue
      try {
        await this.#options.engine.addTransaction(transaction.raw)
        accepted.push(transaction)
      } catch (error) {
        if (!(error instanceof EngineRpcError)) throw error
        refused.set(transaction, transactionError(error))
        stopped.add(transaction.sender)
      }
    }
    return accepted
  }

  async #emptyPool(transactions: readonly { readonly hash: Hex }[]): Promise<void> {
    for (const { hash } of transactions) {
      await this.#options.engine.dropTransaction(hash).catch((error: unknown) => {
        if (!(error instanceof EngineRpcError)) throw error
      })
    }
  }

  #prevRandao(): Hex {
    return bytesToHex(this.#options.engine.prevRandao === 'given' ? this.#options.random(32) : new Uint8Array(32))
  }
}

function engineStrayed(block: EngineBlock, number: number): KoinonError {
  return new KoinonError({
    code: 'chain/engine-strayed',
    message: `The engine mined block ${block.number} at ${block.timestampSeconds} s where block ${number} was asked for`,
    hint: 'Start the chain again; report this with the engine version.',
    retry: 'later',
  })
}
