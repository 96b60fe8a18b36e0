/** The embedded ledger of a home in this process, with the founder's money in its genesis: what `koinon up` starts as a role. */
import { join } from 'node:path'
import { systemRandom } from '@koinon/base'
import { EmbeddedChain } from '@koinon/ledger/chain'
import { predeploys } from '@koinon/ledger/predeploys'
import type { Home } from '../home/home.ts'
import { accountKey } from '../home/secrets.ts'
import { localChainId } from '../local/parameters.ts'

/** Starts the ledger of a home on a free port; `stop` leaves its journal, so that it can be started again. */
export async function startLocalLedger(home: Home): Promise<{ readonly rpcUrl: string; stop(): Promise<void> }> {
  const founder = accountKey(home, 'founder', systemRandom)
  const chain = new EmbeddedChain({
    journalPath: join(home.chain, 'journal'),
    chainId: localChainId,
    genesis: { accounts: [{ address: founder.address, balanceWei: 10n ** 24n }], predeploys },
    host: '127.0.0.1',
    port: 0,
  })
  const { url } = await chain.start()
  return { rpcUrl: url, stop: () => chain.stop() }
}
