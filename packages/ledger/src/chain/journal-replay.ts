import { type Hex, KoinonError } from '@koinon/base'
import { type ChainEngine, type EngineBlock, EngineRpcError } from './evm-engine.ts'
import type { BlockRecord, JournalRecord, SealRecord } from './journal-format.ts'

/** How far a replay is. */
export type ReplayProgress = { readonly transactions: number; readonly totalTransactions: number }

export type ReplayOptions = {
  readonly engine: ChainEngine
  readonly records: AsyncIterable<JournalRecord>
  readonly totalTransactions: number
  readonly onProgress: (progress: ReplayProgress) => void
  /** Judges a block against its seal; throws to stop the replay. Undefined seal: the process ended before it was written. */
  readonly check: (record: BlockRecord, seal: SealRecord | undefined, block: EngineBlock) => void | Promise<void>
}

/** Where a replay ended. */
export type ReplayResult = {
  readonly tip: EngineBlock
  /** Record that still has to be appended: the seal of an unsealed last block, or its void when the engine refuses it again. */
  readonly missing: JournalRecord | undefined
}

const progressEveryTransactions = 1000

/**
 * Mines every block of a journal again, in order, on a freshly started engine. A voided block is skipped. The order within a
 * block is the order in its record, because the engine's pool is first in, first out.
 */
export async function replayRecords(options: ReplayOptions): Promise<ReplayResult> {
  const { engine, totalTransactions, onProgress, check } = options
  let tip = await engine.latestBlock()
  let pending: BlockRecord | undefined
  let transactions = 0
  let reported = 0
  onProgress({ transactions, totalTransactions })
  for await (const record of options.records) {
    if (record.kind === 'block') {
      pending = record
      continue
    }
    if (pending === undefined) continue
    if (record.kind === 'seal') {
      tip = await mineAgain(engine, pending)
      await check(pending, record, tip)
      transactions += pending.transactions.length
    }
    pending = undefined
    if (transactions - reported >= progressEveryTransactions) {
      reported = transactions
      onProgress({ transactions, totalTransactions })
    }
  }
  const last = pending === undefined ? undefined : await mineUnsealed(engine, pending, check)
  onProgress({ transactions: totalTransactions, totalTransactions })
  return { tip: last?.block ?? tip, missing: last?.missing }
}

/** Check of an ordinary start: the same block hash, or `chain/replay-diverged`. */
export function requireSameHash(record: BlockRecord, seal: SealRecord | undefined, block: EngineBlock): void {
  if (seal === undefined || seal.blockHash === block.hash) return
  throw new KoinonError({
    code: 'chain/replay-diverged',
    message: `Block ${record.number} came out as ${block.hash} when replayed, the journal says ${seal.blockHash}`,
    hint: 'Nothing was changed. Use the program version that wrote the journal, or restore the journal from a copy.',
    details: { blockNumber: record.number, expected: seal.blockHash, found: block.hash },
  })
}

async function mineAgain(engine: ChainEngine, record: BlockRecord): Promise<EngineBlock> {
  try {
    return await mineRecord(engine, record)
  } catch (cause) {
    if (!(cause instanceof EngineRpcError)) throw cause
    throw new KoinonError({
      code: 'chain/replay-diverged',
      message: `The engine refuses block ${record.number}, which it mined before: ${cause.message}`,
      hint: 'Nothing was changed. Use the program version that wrote the journal, or restore the journal from a copy.',
      details: { blockNumber: record.number },
      cause,
    })
  }
}

/** The process ended while this block was in the making. It is mined now; a refusal means that it never was. */
async function mineUnsealed(
  engine: ChainEngine,
  record: BlockRecord,
  check: ReplayOptions['check'],
): Promise<{ readonly block: EngineBlock | undefined; readonly missing: JournalRecord }> {
  try {
    const block = await mineRecord(engine, record)
    await check(record, undefined, block)
    const { hash: blockHash, receiptsRoot } = block
    return { block, missing: { kind: 'seal', number: record.number, blockHash, receiptsRoot } }
  } catch (error) {
    if (!(error instanceof EngineRpcError)) throw error
    return { block: undefined, missing: { kind: 'void', number: record.number } }
  }
}

async function mineRecord(engine: ChainEngine, record: BlockRecord): Promise<EngineBlock> {
  const hashes: Hex[] = []
  try {
    for (const raw of record.transactions) hashes.push(await engine.addTransaction(raw))
    const block = await engine.mine(record)
    const mined = new Set(block.transactions)
    for (const hash of hashes) if (!mined.has(hash)) await engine.dropTransaction(hash)
    return block
  } catch (error) {
    for (const hash of hashes) await engine.dropTransaction(hash).catch(() => undefined)
    throw error
  }
}
