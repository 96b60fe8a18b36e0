import { type Address, errorToJson } from '@koinon/base'
import type { LedgerReader, NetworkFile } from '@koinon/ledger'
import type { Logger } from 'pino'
import { type FaucetAnswer, requestJson } from '../wallet/request-json.ts'

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
  if ((await reader.getBalance({ address: account })) > 0n) return
  let reason: unknown
  if (network.isTest && network.gatewayUrl !== undefined) {
    try {
      await requestJson<FaucetAnswer>(`${network.gatewayUrl}/api/faucet`, {
        method: 'POST',
        json: { address: account },
      })
      return
    } catch (error) {
      reason = errorToJson(error)
    }
  }
  log.warn({ account, reason }, 'the account that sells has nothing to pay gas with: send it some, or nobody can buy')
}
