/** A real index of a real ledger, up to its newest block, for tests. */
import { join } from 'node:path'
import { systemClock } from '@koinon/base'
import type { LedgerView } from '@koinon/ledger'
import {
  findEvents,
  findFirstEvents,
  findNewestEvents,
  findTransfers,
  Indexer,
  type OpenIndexDatabase,
  openEmbeddedIndex,
  sumArguments,
  sumJobs,
} from '@koinon/ledger/indexer'
import { prepareIndexFolder } from '@koinon/ledger/testing'
import type { IndexClient } from '../dashboard/index-client.ts'

/** Follows the ledger whenever it is asked, so that nothing that was sent is missing from an answer. */
export async function openTestIndex(
  { network, reader }: LedgerView,
  folder: string,
): Promise<IndexClient & { close(): Promise<void> }> {
  const path = join(folder, 'index')
  await prepareIndexFolder(path)
  const { database, close }: OpenIndexDatabase = await openEmbeddedIndex(path)
  const indexer = new Indexer({
    ...{ network, reader, database, clock: systemClock, pollIntervalMs: 50, rangeBlocks: 1_000 },
    onError: (error) => {
      throw error
    },
  })
  let turn: Promise<unknown> = Promise.resolve()
  const asked = async <result>(ask: () => Promise<result>) => {
    const head = Number(await reader.getBlockNumber({ cacheTime: 0 }))
    turn = turn.then(async () => {
      while ((await indexer.position()).blockNumber < head) await indexer.step()
    })
    await turn
    return { asOfBlock: head, result: await ask() }
  }
  return {
    position: async () => asked(async () => ({ blockNumber: (await indexer.position()).blockNumber })),
    events: (filter) => asked(() => findEvents(database, filter)),
    newest: (filter) => asked(() => findNewestEvents(database, filter)),
    first: (filter) => asked(() => findFirstEvents(database, filter)),
    sums: (filter) => asked(() => sumArguments(database, filter)),
    jobs: (token) => asked(() => sumJobs(database, token)),
    transfers: ({ contract, account, limit }) => asked(() => findTransfers(database, contract, account, limit)),
    close,
  }
}
