/** The real embedded chain with the real contracts and a clock that can be moved, for tests of jobs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, bytesToHex, type Clock, sha256, utf8ToBytes } from '@koinon/base'
import {
  createLedgerReader,
  createLedgerWriter,
  type LedgerReader,
  type NetworkFile,
  TransactionSender,
} from '@koinon/ledger'
import { testDollarAbi } from '@koinon/ledger/abis'
import { startDeployedChain } from '@koinon/ledger/testing'
import type { JobAccount } from '../client/jobs/job-ledger.ts'

const chainId = 424_242
const ether = 10n ** 18n

export type TestAccount = JobAccount & { readonly address: Address; readonly name: string }

export type JobNetwork = {
  readonly network: NetworkFile
  readonly reader: LedgerReader
  /** The chain's clock. */
  readonly clock: Clock
  /** By that clock. */
  nowSeconds(): number
  readonly folder: string
  /** Holds all KOIN. */
  readonly founder: TestAccount
  /** A named account with gas and so many base units of the test dollar. */
  fund(name: string, dollarsAtomic?: bigint): Promise<TestAccount>
  dollarsOf(address: Address): Promise<bigint>
  /** Moves the clock; the next block is that much later. */
  advanceSeconds(seconds: number): Promise<void>
  close(): Promise<void>
}

export async function startJobNetwork(): Promise<JobNetwork> {
  const folder = mkdtempSync(join(tmpdir(), 'koinon-jobs-'))
  const clock = { offsetMs: 0, nowMs: () => Date.now() + clock.offsetMs }
  const { chain, network, reader } = await startDeployedChain({
    journalPath: join(folder, 'journal'),
    chainId,
    deployerKey: bytesToHex(keyOf('founder')),
    parameters: {
      genesisAmount: 1_000_000n * ether,
      koinPerSecond: 1n,
      alphaPerSecond: 1n,
      periodSeconds: 12n,
      restSeconds: 1n,
      minimumLock: ether,
      unbondingSeconds: 600n,
      rootWeight: ether,
    },
    clock,
  })
  const { contracts } = network
  const accountOf = (name: string): TestAccount => {
    const secretKey = keyOf(name)
    const sender = senderOf(network, secretKey)
    return { network, reader: createLedgerReader(network), sender, secretKey, address: sender.address, name }
  }
  const founder = accountOf('founder')
  return {
    network,
    reader,
    clock,
    nowSeconds: () => Math.floor(clock.nowMs() / 1000),
    folder,
    founder,
    async fund(name, dollarsAtomic = 1_000_000_000n) {
      const account = accountOf(name)
      await founder.sender.send({ to: account.address, value: 10n ** 19n }, 'funding')
      if (dollarsAtomic > 0n) {
        const on = { address: contracts.dollar, abi: testDollarAbi } as const
        await founder.sender.call({ ...on, functionName: 'faucet', args: [account.address, dollarsAtomic] })
      }
      return account
    },
    dollarsOf: (address) =>
      reader.readContract({
        address: contracts.dollar,
        abi: testDollarAbi,
        functionName: 'balanceOf',
        args: [address],
      }),
    async advanceSeconds(seconds) {
      clock.offsetMs += seconds * 1000
      await founder.sender.send({ to: founder.address, value: 0n }, 'a block')
    },
    async close() {
      await chain.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function keyOf(name: string): Uint8Array {
  return sha256(utf8ToBytes(`koinon agents test ${name}`))
}

function senderOf(network: NetworkFile, secretKey: Uint8Array): TransactionSender {
  return new TransactionSender(createLedgerReader(network), createLedgerWriter(network, bytesToHex(secretKey)))
}
