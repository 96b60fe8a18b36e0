/** The real embedded chain with the real contracts, one subnet with short epochs, and funded accounts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseUnits, sha256Hex, systemRandom } from '@koinon/base'
import { createLedgerReader, createLedgerWriter, type NetworkFile, TransactionSender } from '@koinon/ledger'
import { koinonTokenAbi, subnetsAbi } from '@koinon/ledger/abis'
import { EmbeddedChain } from '@koinon/ledger/chain'
import { deployContracts } from '@koinon/ledger/deploy'
import { predeploys } from '@koinon/ledger/predeploys'
import { accountKey, openHome } from '@koinon/node/home'
import { inferenceSubnet } from '@koinon/subnet-files/inference'
import { createSubnetLedger, type SubnetClock, type SubnetLedger } from '@koinon/subnets'
import { give } from '../../../packages/node/src/local/treasury.ts'
import type { RoleLedger } from '../../../packages/node/src/roles/role-tools.ts'
import { patiently } from './patience.ts'

export const netuid = 1
const chainId = 424_243
/** Chain, miners and validators share one process here, which may stand still for a while on a busy machine. */
const rpcTimeoutMs = 120_000
const koin = (text: string): bigint => parseUnits(text, 18)

export type LedgerWorld = {
  readonly network: NetworkFile
  /** One for all: its looks at the ledger are shared, and its time is at most a second old. */
  readonly ledger: SubnetLedger
  readonly clock: SubnetClock
  /** How much longer everything takes here than on a calm machine: 1 and more. */
  readonly stretch: number
  /** An account with gas, KOIN (1e-18) and test dollars (1e-6). */
  member(name: string, money?: { readonly koin?: bigint; readonly dollar?: bigint }): Promise<RoleLedger>
  close(): Promise<void>
}

/** Phases of an epoch in seconds. Long enough for a busy machine, short enough to wait for. */
export type Phases = {
  readonly epochSeconds: number
  readonly workCommitSeconds: number
  readonly weightCommitSeconds: number
  readonly weightRevealSeconds: number
  readonly activationDelaySeconds: number
}

export async function startLedgerWorld(phases: Phases, stretch: number): Promise<LedgerWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'koinon-league-'))
  const home = openHome(folder)
  const founder = accountKey(home, 'founder', systemRandom)
  const chain = new EmbeddedChain({
    journalPath: join(home.chain, 'journal'),
    chainId,
    genesis: { accounts: [{ address: founder.address, balanceWei: 10n ** 24n }], predeploys },
  })
  const { url } = await chain.start()
  const draft = { v: 1, name: 'league', chainId, chainKind: 'embedded', rpcUrl: url, startBlock: 0, isTest: true }
  const provisional = { ...draft, contracts: {} } as unknown as NetworkFile
  const reader = createLedgerReader(provisional, rpcTimeoutMs)
  const sender = new TransactionSender(reader, createLedgerWriter(provisional, founder.privateKey, rpcTimeoutMs))
  const contracts = await deployContracts({
    reader,
    sender,
    parameters: {
      genesisAmount: koin('1000000'),
      koinPerSecond: koin('0.05'),
      alphaPerSecond: koin('0.05'),
      periodSeconds: 12n,
      restSeconds: 7n * 86_400n,
      minimumLock: koin('100'),
      rootWeight: koin('1'),
      unbondingSeconds: 1_200n,
    },
    onDeployed: () => undefined,
  })
  const network: NetworkFile = { ...provisional, contracts }
  await patiently(() => createSubnet({ network, sender, phases }))
  const ledger = withSharedTime(createSubnetLedger(reader, network))
  return {
    network,
    ledger,
    clock: await ledger.clock(netuid),
    stretch,
    async member(name, money = {}) {
      const key = accountKey(home, name, systemRandom)
      const gift = { nativeWei: koin('10'), koin: money.koin ?? koin('10'), dollar: money.dollar ?? 0n }
      await patiently(() => give({ network, reader, sender }, key.address, gift))
      const own = createLedgerReader(network, rpcTimeoutMs)
      return {
        network,
        reader: own,
        sender: new TransactionSender(own, createLedgerWriter(network, key.privateKey, rpcTimeoutMs)),
        key,
        home,
      }
    },
    async close() {
      await chain.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Dozens of roles in one process ask for the time: one look a second is enough for all. */
function withSharedTime(ledger: SubnetLedger): SubnetLedger {
  let askedAtMs = Number.NEGATIVE_INFINITY
  let time: Promise<number> = Promise.resolve(0)
  const nowSeconds = (): Promise<number> => {
    if (performance.now() - askedAtMs < 1_000) return time
    askedAtMs = performance.now()
    time = ledger.nowSeconds()
    time.catch(() => {
      askedAtMs = Number.NEGATIVE_INFINITY
    })
    return time
  }
  return { ...ledger, nowSeconds }
}

export function leagueSourceHash() {
  return sha256Hex(readFileSync(join(import.meta.dirname, '../../../subnets/inference.ts')))
}

/** What the ledger must name as the definition of the inference subnet: parameters and the source that scores. */
export function leagueSpecHash() {
  return inferenceSubnet.specHash(leagueSourceHash())
}

async function createSubnet(options: { network: NetworkFile; sender: TransactionSender; phases: Phases }) {
  const { network, sender, phases } = options
  const { token, subnets } = network.contracts
  await sender.call({ address: token, abi: koinonTokenAbi, functionName: 'approve', args: [subnets, koin('100')] })
  await sender.call({
    address: subnets,
    abi: subnetsAbi,
    functionName: 'createSubnet',
    args: [
      {
        name: 'inference',
        metadataURI: 'https://koinon.invalid/subnets/inference.json',
        ...phases,
        maxNeurons: 64,
        minValidatorStake: koin('1000'),
        maxValidators: 64,
        initialBurn: koin('1'),
        rules: {
          minBurn: koin('1'),
          maxBurn: koin('1'),
          burnHalfLifeSeconds: 600,
          immunitySeconds: 600,
          noticeSeconds: 300,
          maxRegistrationsPerEpoch: 256,
        },
        specHash: leagueSpecHash(),
      },
      koin('100'),
    ],
  })
}
