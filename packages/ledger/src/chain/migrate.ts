import { KoinonError } from '@koinon/base'
import type { ChainEngine, EngineBlock } from './engine.ts'
import { createJournal, type OpenJournal, openJournal, readJournalHeader } from './journal.ts'
import type { BlockRecord, JournalHeader, SealRecord } from './journal-format.ts'
import { acquireJournalLock } from './journal-lock.ts'
import { type ReplayProgress, replayRecords } from './replay.ts'

export type MigrateOptions = {
  readonly fromPath: string
  /** Must not exist yet. */
  readonly toPath: string
  /** A fresh engine of the version that the new journal is bound to. */
  readonly engine: ChainEngine
  readonly onProgress?: (progress: ReplayProgress) => void
}

/**
 * Moves a chain to another engine or engine version: replays every block and writes a new journal. Block hashes may come out
 * different; status, gas and logs of every transaction may not, which the receipts root of each block shows.
 * Throws `chain/migration-diverged` and removes nothing; the old journal is only read.
 */
export async function migrateJournal(
  options: MigrateOptions,
): Promise<{ readonly tip: EngineBlock; readonly blocks: number }> {
  const { fromPath, toPath, engine } = options
  const lock = await acquireJournalLock(fromPath)
  const closing: (() => Promise<void>)[] = [() => lock.release()]
  try {
    const header = await readJournalHeader(fromPath)
    if (header === undefined) throw nothingToMigrate(fromPath)
    const source = await openJournal(fromPath, header)
    closing.push(() => source.journal.close())
    const target = await createTarget(toPath, header, engine)
    closing.push(() => target.journal.close())
    await engine.start(header.genesis)
    closing.push(() => engine.stop())
    const { tip } = await replayRecords({
      engine,
      records: source.records(),
      totalTransactions: source.scan.transactions,
      onProgress: options.onProgress ?? (() => undefined),
      check: (record, seal, block) => copyBlock(target, record, seal, block),
    })
    return { tip, blocks: tip.number }
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

async function createTarget(toPath: string, from: JournalHeader, engine: ChainEngine): Promise<OpenJournal> {
  if ((await readJournalHeader(toPath)) !== undefined) {
    throw new KoinonError({
      code: 'chain/target-exists',
      message: `There is already a chain journal at ${toPath}`,
      hint: 'Choose a path where nothing is.',
    })
  }
  const { name: engineName, version: engineVersion, hardfork } = engine
  const header: JournalHeader = { ...from, engineName, engineVersion, hardfork }
  await createJournal(toPath, header)
  return openJournal(toPath, header)
}

async function copyBlock(
  target: OpenJournal,
  record: BlockRecord,
  seal: SealRecord | undefined,
  block: EngineBlock,
): Promise<void> {
  if (seal !== undefined && seal.receiptsRoot !== block.receiptsRoot) {
    throw new KoinonError({
      code: 'chain/migration-diverged',
      message: `The new engine executes block ${record.number} differently`,
      hint: 'Keep the old engine for this chain and report the block.',
      details: { blockNumber: record.number, expected: seal.receiptsRoot, found: block.receiptsRoot },
    })
  }
  const { hash: blockHash, receiptsRoot } = block
  await target.journal.append(record)
  await target.journal.append({ kind: 'seal', number: record.number, blockHash, receiptsRoot })
}

function nothingToMigrate(path: string): KoinonError {
  return new KoinonError({ code: 'chain/no-journal', message: `There is no chain journal at ${path}` })
}
