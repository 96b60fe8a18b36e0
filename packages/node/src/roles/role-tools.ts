/** What every role begins with: its log, its home, its key, its view of the ledger. */
import { join } from 'node:path'
import { errorToJson, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import {
  checkChain,
  createLedgerReader,
  createLedgerWriter,
  type LedgerReader,
  type NetworkFile,
  TransactionSender,
} from '@koinon/ledger'
import { type Logger, pino } from 'pino'
import { type Home, openHome } from '../home/home.ts'
import { networkOf } from '../home/network-of.ts'
import { type AccountKey, accountKey } from '../home/secrets.ts'

export type RoleLedger = {
  readonly network: NetworkFile
  readonly reader: LedgerReader
  readonly sender: TransactionSender
  readonly key: AccountKey
  readonly home: Home
}

/** Structured log of one role; the supervisor keeps its standard output. */
export function roleLogger(role: string): Logger {
  return pino({ base: { role }, timestamp: pino.stdTimeFunctions.epochTime })
}

/** Opens the home's network file, the role's account and the ledger, and checks that they belong together. */
export async function openRoleLedger(config: {
  readonly name: string
  readonly homePath: string
}): Promise<RoleLedger> {
  const home = openHome(config.homePath)
  const network = networkOf(home)
  const key = accountKey(home, config.name, systemRandom)
  const reader = createLedgerReader(network)
  await checkChain(reader, network)
  const sender = new TransactionSender(reader, createLedgerWriter(network, key.privateKey))
  return { network, reader, sender, key, home }
}

const lastWordsMs = 200

/** A role's store in its folder. A role without its store can do nothing: its process ends, and the supervisor starts another. */
export function openRoleStore(folder: string, schema: string, log: Logger): Promise<DurableStore> {
  return DurableStore.open(join(folder, 'store.db'), schema, (error) => {
    log.fatal({ error: errorToJson(error) }, 'the store stopped; this process ends')
    setTimeout(() => process.exit(1), lastWordsMs)
  })
}
