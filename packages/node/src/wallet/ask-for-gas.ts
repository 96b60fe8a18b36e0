import type { Address } from '@koinon/base'
import type { LedgerReader, NetworkFile } from '@koinon/ledger'
import { askFaucet } from './ensure-gas.ts'

type GasState = { readonly state: 'held' | 'given' } | { readonly state: 'none'; readonly reason: unknown }

/** Whether an account can pay for transactions; one that cannot asks the faucet of a test network. `reason`: why that gave nothing, if it was asked. */
export async function askForGas(
  network: NetworkFile,
  reader: Pick<LedgerReader, 'getBalance'>,
  account: Address,
): Promise<GasState> {
  if ((await reader.getBalance({ address: account })) > 0n) return { state: 'held' }
  if (!network.isTest || network.gatewayUrl === undefined) return { state: 'none', reason: undefined }
  try {
    await askFaucet(network, account)
    return { state: 'given' }
  } catch (error) {
    return { state: 'none', reason: error }
  }
}
