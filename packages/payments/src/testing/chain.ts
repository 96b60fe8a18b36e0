/** The real embedded chain with the real contracts, for tests. */

import { join } from 'node:path'
import { type Address, bytesToHex, type Hex, toAddress } from '@koinon/base'
import {
  createLedgerReader,
  createLedgerWriter,
  type LedgerReader,
  type NetworkFile,
  TransactionSender,
} from '@koinon/ledger'
import { testDollarAbi } from '@koinon/ledger/abis'
import { EmbeddedChain } from '@koinon/ledger/chain'
import { canonicalChannels, deployContracts } from '@koinon/ledger/deploy'
import { predeploys } from '@koinon/ledger/predeploys'
import type { EscrowDomain } from '../rules/channel.ts'
import { type Party, party, seed, temporaryFolder } from './fixtures.ts'

const chainId = 424_242

export type TestNetwork = {
  readonly network: NetworkFile
  readonly reader: LedgerReader
  readonly domain: EscrowDomain
  readonly url: string
  /** A party with gas and 1,000 test dollars. */
  fund(name: string): Promise<Party & { readonly sender: TransactionSender }>
  dollarsOf(address: Address): Promise<bigint>
  /** Moves the chain's clock; the next block is that much later. */
  advanceSeconds(seconds: number): Promise<void>
  close(): Promise<void>
}

/** Starts a chain in this process, with the escrow at its canonical address unless said otherwise, and deploys the rest. */
export async function startNetwork(options: { readonly hasCanonicalEscrow?: boolean } = {}): Promise<TestNetwork> {
  const { hasCanonicalEscrow = true } = options
  const canonical: readonly string[] = Object.values(canonicalChannels)
  const folder = temporaryFolder()
  let offsetMs = 0
  const deployerKey = seed('deployer')
  const chain = new EmbeddedChain({
    journalPath: join(folder.path, 'journal'),
    chainId,
    genesis: {
      accounts: [{ address: party('deployer').address, balanceWei: 10n ** 24n }],
      predeploys: predeploys
        .map(({ address, runtimeBytecode }) => ({ address: toAddress(address), runtimeBytecode }))
        .filter(({ address }) => hasCanonicalEscrow || !canonical.includes(address)),
    },
    clock: { nowMs: () => Date.now() + offsetMs },
  })
  const { url } = await chain.start()
  const draft = { chainId, name: 'test', rpcUrl: url, chainKind: 'embedded' } as NetworkFile
  const reader = createLedgerReader(draft)
  const sender = new TransactionSender(reader, createLedgerWriter(draft, bytesToHex(deployerKey)))
  const contracts = await deployContracts({
    reader,
    sender,
    parameters: {
      genesisAmount: 10n ** 24n,
      koinPerSecond: 1n,
      alphaPerSecond: 1n,
      periodSeconds: 12n,
      restSeconds: 1n,
      minimumLock: 10n ** 18n,
      unbondingSeconds: 1n,
      rootWeight: 10n ** 18n,
    },
    onDeployed: () => undefined,
  })
  const network: NetworkFile = { ...draft, v: 1, startBlock: 0, isTest: true, contracts }
  const domain = { chainId, escrow: contracts.channels }
  return {
    network,
    reader,
    domain,
    url,
    async fund(name) {
      const member = party(name, domain)
      await sender.send({ to: member.address, value: 10n ** 19n }, 'funding')
      await sender.call({
        address: contracts.dollar,
        abi: testDollarAbi,
        functionName: 'faucet',
        args: [member.address, 1_000_000_000n],
      })
      const key = bytesToHex(member.secretKey) as Hex
      return { ...member, sender: new TransactionSender(reader, createLedgerWriter(network, key)) }
    },
    dollarsOf: (address) =>
      reader.readContract({
        address: contracts.dollar,
        abi: testDollarAbi,
        functionName: 'balanceOf',
        args: [address],
      }),
    async advanceSeconds(seconds) {
      offsetMs += seconds * 1000
      await sender.send({ to: sender.address, value: 0n }, 'a block')
    },
    async close() {
      await chain.stop()
      folder.remove()
    },
  }
}
