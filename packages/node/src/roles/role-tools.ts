/** What every role begins with: its log, its home, its key, its view of the ledger. */
import { readFileSync } from 'node:fs'
import { KoinonError, systemRandom } from '@koinon/base'
import {
  checkChain,
  createLedgerReader,
  createLedgerWriter,
  type LedgerReader,
  type NetworkFile,
  parseNetworkFile,
  TransactionSender,
} from '@koinon/ledger'
import { type Logger, pino } from 'pino'
import { type Home, openHome } from '../home/home.ts'
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

/** Opens the network file, the role's account and the ledger, and checks that they belong together. */
export async function openRoleLedger(config: {
  readonly name: string
  readonly homePath: string
  readonly networkFilePath: string
}): Promise<RoleLedger> {
  const home = openHome(config.homePath)
  const network = readNetwork(config.networkFilePath)
  const key = accountKey(home, config.name, systemRandom)
  const reader = createLedgerReader(network)
  await checkChain(reader, network)
  const sender = new TransactionSender(reader, createLedgerWriter(network, key.privateKey))
  return { network, reader, sender, key, home }
}

function readNetwork(path: string): NetworkFile {
  try {
    return parseNetworkFile(readFileSync(path, 'utf8'))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new KoinonError({
      code: 'node/no-network',
      message: 'This home belongs to no network yet',
      hint: 'Run "koinon up" for a local one, or "koinon join <network file or gateway URL>".',
    })
  }
}
