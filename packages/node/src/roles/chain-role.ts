import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { EmbeddedChain } from '@koinon/ledger/chain'
import { predeploys } from '@koinon/ledger/predeploys'
import { homeAt } from '../home/home.ts'
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import type { ChainRoleConfig } from './role-config.ts'
import { roleLogger } from './role-tools.ts'

/** The embedded ledger as a process of its own. */
export async function startChainRole(config: ChainRoleConfig, context: RoleContext): Promise<RunningRole> {
  const log = roleLogger(config.name)
  const home = homeAt(config.homePath)
  mkdirSync(home.chain, { recursive: true, mode: 0o700 })
  const chain = new EmbeddedChain({
    journalPath: join(home.chain, 'journal'),
    chainId: config.chainId,
    genesis: { accounts: config.genesisAccounts, predeploys },
    host: config.host,
    port: config.rpcPort,
    onProgress: (progress) =>
      progress.totalTransactions > 0 &&
      context.progress(`replayed ${progress.transactions} of ${progress.totalTransactions} transactions`),
    onWarning: (sentence) => log.warn(sentence),
    onBlock: (block) => log.debug({ block: block.number, hash: block.hash }, 'new block'),
  })
  const { url, blockNumber, blockHash } = await chain.start()
  log.info({ url, blockNumber, blockHash }, 'the ledger answers')
  return {
    info: { url, facts: { blockNumber, blockHash, engine: chain.status().engine } },
    stop: () => chain.stop(),
  }
}
