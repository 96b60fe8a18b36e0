import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorToJson, systemClock } from '@koinon/base'
import { createLedgerReader, parseNetworkFile } from '@koinon/ledger'
import { findEvents, findTransfers, Indexer, openEmbeddedIndex, openPostgresIndex } from '@koinon/ledger/indexer'
import { homeAt } from '../home/home.ts'
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import type { IndexerRoleConfig } from './role-config.ts'
import { roleLogger } from './role-tools.ts'

const pollIntervalMs = { embedded: 300, external: 3_000 }
const rangeBlocks = 1_000
const maximumBodyBytes = 64 * 1024
const requestTimeoutMs = 10_000

/** Follows the ledger into the index and answers questions about it to the other roles of this home, on the loopback only. */
export async function startIndexerRole(config: IndexerRoleConfig, _context: RoleContext): Promise<RunningRole> {
  const log = roleLogger(config.name)
  const home = homeAt(config.homePath)
  mkdirSync(home.index, { recursive: true, mode: 0o700 })
  const network = parseNetworkFile(readFileSync(config.networkFilePath, 'utf8'))
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

  const answer = async (body: string): Promise<unknown> => {
    const question = JSON.parse(body) as { readonly ask: string; readonly params: never }
    const position = await indexer.position()
    const asOf = { asOfBlock: position.blockNumber }
    if (question.ask === 'position') return { ...asOf, result: position }
    if (question.ask === 'events') return { ...asOf, result: await findEvents(database, question.params) }
    if (question.ask === 'transfers') {
      const { contract, account, limit } = question.params as {
        contract: 'token' | 'dollar'
        account: string
        limit: number
      }
      return { ...asOf, result: await findTransfers(database, contract, account, limit) }
    }
    throw new Error(`unknown question ${question.ask}`)
  }
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
    (request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
        if (body.length > maximumBodyBytes) request.destroy()
      })
      request.on('end', () => {
        answer(body).then(
          (json) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json)),
          (error) =>
            response
              .writeHead(400, { 'content-type': 'application/json' })
              .end(JSON.stringify({ error: errorToJson(error) })),
        )
      })
    },
  )
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  log.info({ url }, 'the index follows the ledger')
  return {
    info: { url },
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await indexer.stop()
      await close()
    },
  }
}
