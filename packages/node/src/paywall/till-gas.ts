import { type Address, errorToJson } from '@koinon/base'
import type { LedgerReader, NetworkFile } from '@koinon/ledger'
import type { Logger } from 'pino'
import type { Home } from '../home/home.ts'
import { askForGas } from '../wallet/ensure-gas.ts'

/**
 * A seller sends the deposits and exact payments that come with calls. An account that cannot pay for that asks the faucet of a test network; where
 * that does not help, its owner is told.
 */
export async function ensureTillGas(
  network: NetworkFile,
  reader: Pick<LedgerReader, 'getBalance' | 'estimateFeesPerGas'>,
  account: Address,
  log: Pick<Logger, 'warn'>,
  home?: Home,
): Promise<void> {
  const { state, cause } = await askForGas(network, reader, account, home)
  if (state !== 'none') return
  const reason = cause === undefined ? undefined : errorToJson(cause)
  log.warn({ account, reason }, 'the account that sells has nothing to pay gas with: send it some, or nobody can buy')
}
