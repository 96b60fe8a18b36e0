import { type Address, errorToJson } from '@koinon/base'
import type { LedgerReader, NetworkFile } from '@koinon/ledger'
import type { Logger } from 'pino'
import { askForGas } from '../wallet/ask-for-gas.ts'

/**
 * A seller sends the deposits and exact payments that come with calls. An account that cannot pay for that asks the faucet of a test network; where
 * that does not help, its owner is told.
 */
export async function ensureTillGas(
  network: NetworkFile,
  reader: Pick<LedgerReader, 'getBalance'>,
  account: Address,
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  const gas = await askForGas(network, reader, account)
  if (gas.state !== 'none') return
  const reason = gas.reason === undefined ? undefined : errorToJson(gas.reason)
  log.warn({ account, reason }, 'the account that sells has nothing to pay gas with: send it some, or nobody can buy')
}
