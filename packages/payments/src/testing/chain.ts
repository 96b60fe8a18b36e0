/** The real embedded chain with the real contracts, for tests. */

import { join } from 'node:path'
import { type Address, bytesToHex, type Hex } from '@koinon/base'
import { createLedgerWriter, type LedgerReader, type NetworkFile, TransactionSender } from '@koinon/ledger'
import { testDollarAbi } from '@koinon/ledger/abis'
import { canonicalChannels } from '@koinon/ledger/deploy'
import { startDeployedChain } from '@koinon/ledger/testing'
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
  const folder = temporaryFolder()
  let offsetMs = 0
  const { chain, network, reader, sender } = await startDeployedChain({
    journalPath: join(folder.path, 'journal'),
    chainId,
    deployerKey: bytesToHex(seed('deployer')),
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
    clock: { nowMs: () => Date.now() + offsetMs },
    absent: hasCanonicalEscrow ? [] : Object.values(canonicalChannels),
  })
  const { contracts, rpcUrl: url } = network
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
