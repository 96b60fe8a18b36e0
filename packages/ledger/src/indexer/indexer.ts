/** Follows one ledger: reads the events of the network's contracts in block ranges, and undoes blocks that the ledger dropped. */
import { type Clock, KoinonError, sleep, withDeadline } from '@koinon/base'
import { and, asc, eq, gt, lt, lte, notExists, sql } from 'drizzle-orm'
import type { Log } from 'viem'
import type { LedgerReader } from '../clients.ts'
import { LogPager } from '../log-pager.ts'
import type { ContractName, NetworkFile } from '../network-file.ts'
import type { IndexDatabase } from './database.ts'
import { decodeLog, indexedContracts } from './decode.ts'
import { blocks, cursors, events } from './schema.ts'

export type IndexerOptions = {
  readonly network: NetworkFile
  readonly reader: LedgerReader
  readonly database: IndexDatabase
  readonly clock: Clock
  readonly pollIntervalMs: number
  /** Most blocks asked for at once; fewer while an RPC refuses them. */
  readonly rangeBlocks: number
  readonly onError: (error: unknown) => void
}

export type IndexPosition = {
  readonly blockNumber: number
  readonly blockHash: string
  readonly finalizedNumber: number
}

const stepTimeoutMs = 60_000
/** Hashes of empty blocks are kept this far back to find a fork; deeper reorganisations start over from the deployment. */
const keptEmptyBlocks = 512

export class Indexer {
  readonly #options: IndexerOptions
  readonly #contracts: ReadonlyMap<string, ContractName>
  readonly #pager: LogPager
  readonly #stopping = new AbortController()
  #loop: Promise<void> | undefined

  constructor(options: IndexerOptions) {
    this.#options = options
    this.#contracts = indexedContracts(options.network)
    this.#pager = new LogPager(options.rangeBlocks)
  }

  /** Checks that the index belongs to this network and begins to follow. Throws `index/other-network`. */
  async start(): Promise<void> {
    await this.#claimIndex()
    this.#loop = this.#follow()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  /** How far the index reaches. */
  async position(): Promise<IndexPosition> {
    const [row] = await this.#options.database.select().from(cursors).where(eq(cursors.id, 1))
    return row === undefined
      ? { blockNumber: this.#options.network.startBlock - 1, blockHash: '', finalizedNumber: -1 }
      : { blockNumber: row.blockNumber, blockHash: row.blockHash, finalizedNumber: row.finalizedNumber }
  }

  /** Indexes the next range, after undoing what was dropped. True when there may be more at once. */
  async step(): Promise<boolean> {
    const { reader, network } = this.#options
    const position = await this.#undoDropped(await this.position())
    const head = await reader.getBlock({ blockTag: 'latest' })
    const headNumber = Number(head.number)
    if (headNumber <= position.blockNumber) return false
    const address = [...this.#contracts.keys()] as `0x${string}`[]
    const span = {
      fromBlock: BigInt(Math.max(position.blockNumber + 1, network.startBlock)),
      toBlock: BigInt(headNumber),
    }
    const page = await this.#pager.next(span, (part) => reader.getLogs({ address, ...part }))
    const to = Number(page.toBlock)
    const logs = page.logs as readonly Log<bigint, number, false>[]
    const end = to === headNumber ? head : await reader.getBlock({ blockNumber: page.toBlock })
    const found = await this.#blocksOf(logs, {
      number: to,
      hash: end.hash as string,
      timestampSeconds: Number(end.timestamp),
    })
    // What we stand on must not have been dropped while we read, or its rows would stay below the new ones for ever.
    if (found === undefined || !(await this.#stillHas(position))) return true
    await this.#store(logs, found, {
      blockNumber: to,
      blockHash: end.hash as string,
      finalizedNumber: await this.#finalizedNumber(headNumber),
    })
    return to < headNumber
  }

  async #follow(): Promise<void> {
    const { pollIntervalMs, onError } = this.#options
    const signal = this.#stopping.signal
    while (!signal.aborted) {
      let more = false
      try {
        more = await withDeadline(this.step(), stepTimeoutMs, 'Indexing a range of blocks')
      } catch (error) {
        if (!signal.aborted) onError(error)
      }
      if (!more) await sleep(pollIntervalMs * (0.75 + Math.random() / 2), signal)
    }
  }

  /** Times and hashes of the blocks that hold logs; undefined when the ledger changed while we read. */
  async #blocksOf(
    logs: readonly Log<bigint, number, false>[],
    end: typeof blocks.$inferInsert,
  ): Promise<readonly (typeof blocks.$inferInsert)[] | undefined> {
    const hashes = new Map(logs.map((log) => [Number(log.blockNumber), log.blockHash as string]))
    const found = [end]
    for (const [number, hash] of hashes) {
      if (number === end.number) {
        if (hash !== end.hash) return undefined
        continue
      }
      const block = await this.#options.reader.getBlock({ blockNumber: BigInt(number) })
      if (block.hash !== hash) return undefined
      found.push({ number, hash, timestampSeconds: Number(block.timestamp) })
    }
    const again = await this.#options.reader.getBlock({ blockNumber: BigInt(end.number) })
    return again.hash === end.hash ? found : undefined
  }

  async #store(
    logs: readonly Log<bigint, number, false>[],
    found: readonly (typeof blocks.$inferInsert)[],
    position: IndexPosition,
  ): Promise<void> {
    const decoded = logs.flatMap((log) => decodeLog(log, this.#contracts) ?? [])
    const { network, clock } = this.#options
    await this.#options.database.transaction(async (transaction) => {
      await transaction
        .insert(blocks)
        .values([...found])
        .onConflictDoNothing()
      for (let i = 0; i < decoded.length; i += 500) {
        await transaction
          .insert(events)
          .values(decoded.slice(i, i + 500))
          .onConflictDoNothing()
      }
      const row = {
        id: 1,
        chainId: network.chainId,
        network: network.contracts.subnets,
        ...position,
        updatedAtMs: clock.nowMs(),
      }
      await transaction.insert(cursors).values(row).onConflictDoUpdate({ target: cursors.id, set: row })
      const oldest = Math.min(position.blockNumber - keptEmptyBlocks, position.finalizedNumber)
      await transaction
        .delete(blocks)
        .where(
          and(
            lt(blocks.number, oldest),
            notExists(transaction.select({ one: sql`1` }).from(events).where(eq(events.blockNumber, blocks.number))),
          ),
        )
    })
  }

  /** Goes back to the last indexed block that the ledger still has, deleting what came after it. */
  async #undoDropped(position: IndexPosition): Promise<IndexPosition> {
    if (await this.#stillHas(position)) return position
    const { database } = this.#options
    const fork = await this.#forkPoint(position)
    await database.transaction(async (transaction) => {
      await transaction.delete(events).where(gt(events.blockNumber, fork.blockNumber))
      await transaction.delete(blocks).where(gt(blocks.number, fork.blockNumber))
      await transaction
        .update(cursors)
        .set({ blockNumber: fork.blockNumber, blockHash: fork.blockHash, finalizedNumber: fork.finalizedNumber })
        .where(eq(cursors.id, 1))
    })
    return fork
  }

  /** The newest indexed block that the ledger still has, found by halving: above a fork all hashes differ, below none does. */
  async #forkPoint(position: IndexPosition): Promise<IndexPosition> {
    const { database, network } = this.#options
    const known = await database
      .select()
      .from(blocks)
      .where(lte(blocks.number, position.blockNumber))
      .orderBy(asc(blocks.number))
    let kept = 0
    let dropped = known.length
    while (kept < dropped) {
      const middle = Math.floor((kept + dropped) / 2)
      const block = known[middle] as (typeof known)[number]
      if ((await this.#hashOf(block.number)) === block.hash) kept = middle + 1
      else dropped = middle
    }
    const fork = known[kept - 1]
    if (fork === undefined) return { blockNumber: network.startBlock - 1, blockHash: '', finalizedNumber: -1 }
    return {
      blockNumber: fork.number,
      blockHash: fork.hash,
      finalizedNumber: Math.min(fork.number, position.finalizedNumber),
    }
  }

  async #stillHas({ blockNumber, blockHash }: IndexPosition): Promise<boolean> {
    return blockHash === '' || (await this.#hashOf(blockNumber)) === blockHash
  }

  async #hashOf(number: number): Promise<string | undefined> {
    try {
      return (await this.#options.reader.getBlock({ blockNumber: BigInt(number) })).hash as string
    } catch (error) {
      // A missing block is an answer (it was dropped); an unreachable ledger is not.
      if ((error as Error).name === 'BlockNotFoundError') return undefined
      throw error
    }
  }

  async #finalizedNumber(headNumber: number): Promise<number> {
    if (this.#options.network.chainKind === 'embedded') return headNumber
    try {
      return Number((await this.#options.reader.getBlock({ blockTag: 'finalized' })).number)
    } catch {
      return -1
    }
  }

  async #claimIndex(): Promise<void> {
    const { database, network } = this.#options
    const [row] = await database.select().from(cursors).where(eq(cursors.id, 1))
    if (row === undefined || (row.chainId === network.chainId && row.network === network.contracts.subnets)) return
    throw new KoinonError({
      code: 'index/other-network',
      message: `This index belongs to another network (chain ${row.chainId})`,
      hint: 'Give each network its own database or folder. An index can be deleted: it is rebuilt from the ledger.',
      details: { chainId: row.chainId, subnets: row.network },
    })
  }
}
