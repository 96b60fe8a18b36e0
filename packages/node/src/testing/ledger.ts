/** The real embedded chain with the real contracts in this process, for tests. */
import { join } from 'node:path'
import {
  type Address,
  bytesToHex,
  type Clock,
  secretKeyToAddress,
  systemClock,
  systemRandom,
  toAddress,
} from '@koinon/base'
import {
  createLedgerReader,
  createLedgerWriter,
  type LedgerReader,
  type NetworkFile,
  TransactionSender,
} from '@koinon/ledger'
import { testDollarAbi } from '@koinon/ledger/abis'
import { EmbeddedChain } from '@koinon/ledger/chain'
import { deployContracts } from '@koinon/ledger/deploy'
import { predeploys } from '@koinon/ledger/predeploys'
import { localNetworkParameters } from '../local/parameters.ts'

export type TestLedger = {
  readonly network: NetworkFile
  readonly reader: LedgerReader
  /** Sends an account gas and 100 test dollars. */
  fund(account: Address): Promise<void>
  stop(): Promise<void>
}

/** `clock` is the ledger's own. */
export async function startTestLedger(folder: string, clock: Clock = systemClock): Promise<TestLedger> {
  const deployerKey = systemRandom(32)
  const chainId = 424_242
  const chain = new EmbeddedChain({
    journalPath: join(folder, 'journal'),
    chainId,
    genesis: {
      accounts: [{ address: secretKeyToAddress(deployerKey), balanceWei: 10n ** 24n }],
      predeploys: predeploys.map(({ address, runtimeBytecode }) => ({ address: toAddress(address), runtimeBytecode })),
    },
    clock,
  })
  const { url: rpcUrl } = await chain.start()
  const draft = { chainId, name: 'test', rpcUrl, chainKind: 'embedded' } as NetworkFile
  const reader = createLedgerReader(draft)
  const sender = new TransactionSender(reader, createLedgerWriter(draft, bytesToHex(deployerKey)))
  const contracts = await deployContracts({
    reader,
    sender,
    parameters: localNetworkParameters,
    onDeployed: () => undefined,
  })
  const network: NetworkFile = { ...draft, v: 1, startBlock: 0, isTest: true, contracts }
  return {
    network,
    reader,
    async fund(account) {
      await sender.send({ to: account, value: 10n ** 18n }, 'funding')
      await sender.call({
        address: contracts.dollar,
        abi: testDollarAbi,
        functionName: 'faucet',
        args: [account, 100_000_000n],
      })
    },
    stop: () => chain.stop(),
  }
}
