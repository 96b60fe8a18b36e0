import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, KoinonError } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import type { Home } from '../home/home.ts'
import { runningSupervisor } from '../home/lock.ts'
import { existingAccountKey } from '../home/secrets.ts'
import { askSupervisor } from '../supervisor/control.ts'
import { gatewayUrlOf } from './gateway-url.ts'
import { requestJson } from './request-json.ts'

/** What a faucet sent: wei, 1e-18 KOIN, 1e-6 dollar. `koinAtomic` is "0" when it has given all the KOIN that strangers may have. */
export type FaucetAnswer = {
  readonly nativeAtomic: string
  readonly koinAtomic: string
  readonly dollarAtomic: string
}

/**
 * Asks a test network for test money. The wallet of a home that runs the network asks its own supervisor, which gives even where the faucet is shut
 * for strangers; every other account asks the network's gateway. Throws `wallet/no-faucet` where money is real, `wallet/no-gateway`,
 * `gateway/unreachable` and `faucet/*`.
 */
export async function askFaucet(network: NetworkFile, account: Address, home?: Home): Promise<FaucetAnswer> {
  if (!network.isTest) {
    throw new KoinonError({
      code: 'wallet/no-faucet',
      message: 'This network uses real money and has no faucet',
      hint: `Have dollars and native currency sent to ${account}.`,
    })
  }
  if (home !== undefined && isWalletOfFounder(home, account)) return askSupervisor(home, 'wallet.faucet')
  return requestJson(`${gatewayUrlOf(network)}/api/faucet`, { method: 'POST', json: { address: account } })
}

/** The supervisor of a home that joined the network of others has no faucet. */
function isWalletOfFounder(home: Home, account: Address): boolean {
  if (!existsSync(join(home.keys, 'founder.json')) || runningSupervisor(home) === undefined) return false
  return existingAccountKey(home, 'wallet').address === account
}
