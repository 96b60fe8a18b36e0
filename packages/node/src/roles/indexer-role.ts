import { mkdirSync } from 'node:fs'
import { errorToJson, KoinonError, systemClock } from '@koinon/base'
import { defaultHttpLimits, HttpListener, parseJsonObject, readBody, sendError, sendJson } from '@koinon/base/node'
import { createLedgerReader } from '@koinon/ledger'
import {
  findEvents,
  findFirstEvents,
  findNewestEvents,
  findTransfers,
  Indexer,
  openEmbeddedIndex,
  openPostgresIndex,
  sumArguments,
  sumJobs,
} from '@koinon/ledger/indexer'
import { homeAt } from '../home/home.ts'
import { networkOf } from '../home/network-of.ts'
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import { keepPort, lastFreePort } from './last-port.ts'
import type { IndexerRoleConfig } from './role-config.ts'
import { roleLogger } from './role-tools.ts'

const pollIntervalMs = { embedded: 300, external: 3_000 }
const rangeBlocks = 1_000
const maximumBodyBytes = 64 * 1024
const stopGraceMs = 500

type Question = { readonly ask: string; readonly params: never }

/** Follows the ledger into the index and answers questions about it to the other roles of this home, on the loopback only. */
export async function startIndexerRole(config: IndexerRoleConfig, _context: RoleContext): Promise<RunningRole> {
  const log = roleLogger(config.name)
  const home = homeAt(config.homePath)
  mkdirSync(home.index, { recursive: true, mode: 0o700 })
  const network = networkOf(home)
  const { database, close } =
    config.postgresUrl === undefined ? await openEmbeddedIndex(home.index) : await openPostgresIndex(config.postgresUrl)
  const indexer = new Indexer({
    network,
    reader: createLedgerReader(network),
    database,
    clock: systemClock,
    pollIntervalMs: pollIntervalMs[network.chainKind],
    rangeBlocks,
    onError: (error) => log.warn({ error: errorToJson(error) }, 'could not follow the ledger; trying again'),
  })
  await indexer.start()

  const answer = async (question: Question): Promise<unknown> => {
    const position = await indexer.position()
    const asOf = { asOfBlock: position.blockNumber }
    if (question.ask === 'position') return { ...asOf, result: position }
    if (question.ask === 'events') return { ...asOf, result: await findEvents(database, question.params) }
    if (question.ask === 'newest') return { ...asOf, result: await findNewestEvents(database, question.params) }
    if (question.ask === 'first') return { ...asOf, result: await findFirstEvents(database, question.params) }
    if (question.ask === 'sums') return { ...asOf, result: await sumArguments(database, question.params) }
    if (question.ask === 'jobs') {
      const { token } = question.params as { token: string }
      return { ...asOf, result: await sumJobs(database, token) }
    }
    if (question.ask === 'transfers') {
      const { contract, account, limit } = question.params as {
        contract: 'token' | 'dollar'
        account: string
        limit: number
      }
      return { ...asOf, result: await findTransfers(database, contract, account, limit) }
    }
    throw new KoinonError({ code: 'index/unknown-question', message: 'The index does not know this question' })
  }
  // The gateway was told the address once: it must hold after a crash, too.
  const folder = home.role(config.name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const listener = new HttpListener({
    host: '127.0.0.1',
    port: await lastFreePort(folder, '127.0.0.1'),
    limits: defaultHttpLimits,
    handle: async (request, response) => {
      try {
        sendJson(response, 200, await answer(parseJsonObject(await readBody(request, maximumBodyBytes)) as Question))
      } catch (error) {
        sendError(response, error)
      }
    },
  })
  const port = await listener.start()
  keepPort(folder, port)
  const url = `http://127.0.0.1:${port}`
  log.info({ url }, 'the index follows the ledger')
  return {
    info: { url },
    stop: async () => {
      await listener.stop(stopGraceMs)
      await indexer.stop()
      await close()
    },
  }
}
