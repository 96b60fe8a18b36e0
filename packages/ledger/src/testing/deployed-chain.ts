/** The embedded chain with the contracts on it, deployed once a process: deploying takes ten times as long as replaying it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type Clock, type Hex, toAddress } from '@koinon/base'
import { privateKeyToAccount } from 'viem/accounts'
import { EmbeddedChain } from '../chain/embedded-chain.ts'
import { createLedgerReader, createLedgerWriter, type LedgerReader } from '../clients.ts'
import { deployContracts } from '../deploy.ts'
import { predeploys } from '../generated/predeploys.ts'
import type { NetworkFile } from '../network-file.ts'
import type { NetworkParameters } from '../network-parameters.ts'
import { TransactionSender } from '../sender.ts'

export type DeployedChain = {
  readonly chain: EmbeddedChain
  readonly network: NetworkFile
  readonly reader: LedgerReader
  /** Of the deployer, who has a million ether and all KOIN. */
  readonly sender: TransactionSender
}

type Deployed = { readonly journal: Uint8Array; readonly contracts: NetworkFile['contracts'] }

const deployed = new Map<string, Deployed>()

/**
 * Starts a chain in this process with its journal at a path where nothing is yet. Asked again for the same, it takes a copy of the
 * journal as it was after the deployment: the contracts are as much older then, and the clock is to be a real one.
 * `absent`: predeploys that this chain lacks.
 */
export async function startDeployedChain(options: {
  readonly journalPath: string
  readonly chainId: number
  readonly deployerKey: Hex
  readonly parameters: NetworkParameters
  readonly clock: Clock
  readonly absent?: readonly string[]
}): Promise<DeployedChain> {
  const { journalPath, chainId, deployerKey, parameters, clock, absent = [] } = options
  const key = JSON.stringify([chainId, deployerKey, absent, parameters], (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  const before = deployed.get(key)
  if (before !== undefined) writeFileSync(journalPath, before.journal, { mode: 0o600 })
  const chain = new EmbeddedChain({
    journalPath,
    chainId,
    genesis: {
      accounts: [{ address: toAddress(privateKeyToAccount(deployerKey).address), balanceWei: 10n ** 24n }],
      predeploys: predeploys
        .map(({ address, runtimeBytecode }) => ({ address: toAddress(address), runtimeBytecode }))
        .filter(({ address }) => !absent.includes(address)),
    },
    clock,
  })
  const { url } = await chain.start()
  const draft = { chainId, name: 'test', rpcUrl: url, chainKind: 'embedded' } as NetworkFile
  const reader = createLedgerReader(draft)
  const sender = new TransactionSender(reader, createLedgerWriter(draft, deployerKey))
  const contracts =
    before?.contracts ?? (await deployContracts({ reader, sender, parameters, onDeployed: () => undefined }))
  // Every block that was told of is in the journal.
  if (before === undefined) deployed.set(key, { journal: readFileSync(journalPath), contracts })
  return { chain, network: { ...draft, v: 1, startBlock: 0, isTest: true, contracts }, reader, sender }
}
