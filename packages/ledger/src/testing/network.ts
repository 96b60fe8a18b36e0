/** The contracts on a chain under test, with a funded founder. */
import { type Address, toAddress } from '@koinon/base'
import type { Hash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import type { ChainLimits } from '../chain/chain-options.ts'
import { EmbeddedChain } from '../chain/embedded-chain.ts'
import { chainOptions, temporaryFolder, testChainId } from '../chain/testing/chain-fixture.ts'
import { createLedgerReader, createLedgerWriter, type LedgerReader } from '../clients.ts'
import { deployContracts } from '../deploy.ts'
import { koinonTokenAbi } from '../generated/koinon-token.ts'
import { predeploys } from '../generated/predeploys.ts'
import { subnetsAbi } from '../generated/subnets.ts'
import type { NetworkFile } from '../network-file.ts'
import type { NetworkParameters } from '../network-parameters.ts'
import { TransactionSender } from '../sender.ts'
import { type Anvil, startAnvil } from './anvil.ts'

const ether = 10n ** 18n

/** Economic constants of a test network. */
export const testParameters: NetworkParameters = {
  genesisAmount: 1_000_000n * ether,
  koinPerSecond: 10n ** 15n,
  alphaPerSecond: 10n ** 15n,
  periodSeconds: 12n,
  restSeconds: 86_400n,
  minimumLock: ether,
  unbondingSeconds: 600n,
  rootWeight: ether,
}

/** A subnet with epochs of a minute. */
export const testSubnet = {
  name: 'inference',
  metadataURI: 'https://koinon.invalid/subnet.json',
  epochSeconds: 60,
  workCommitSeconds: 10,
  weightCommitSeconds: 20,
  weightRevealSeconds: 10,
  activationDelaySeconds: 10,
  maxNeurons: 8,
  minValidatorStake: 1_000n * ether,
  maxValidators: 8,
  initialBurn: ether,
  /** A flat price. */
  rules: {
    minBurn: ether,
    maxBurn: ether,
    burnHalfLifeSeconds: 60,
    immunitySeconds: 60,
    noticeSeconds: 60,
    maxRegistrationsPerEpoch: 256,
  },
  specHash: `0x${'11'.repeat(32)}`,
} as const

export type TestAccount = {
  readonly address: Address
  readonly privateKey: Hash
  readonly reader: LedgerReader
  readonly sender: TransactionSender
}

/** A chain that tests may fund accounts on; no contracts yet. */
export type BareChain = {
  readonly network: NetworkFile
  readonly reader: LedgerReader
  /** A new account with 50 ether. */
  account(): Promise<TestAccount>
  close(): Promise<void>
}

export type ContractsNetwork = BareChain & { readonly founder: TestAccount }

/** The real embedded chain in this process. */
export async function startEmbedded(limits: Partial<ChainLimits> = {}): Promise<BareChain> {
  const folder = temporaryFolder()
  const bankKey = generatePrivateKey()
  const base = chainOptions(folder.path, [privateKeyToAccount(bankKey)])
  const code = predeploys.map(({ address, runtimeBytecode }) => ({ address: toAddress(address), runtimeBytecode }))
  const chain = new EmbeddedChain({ ...base, limits, genesis: { ...base.genesis, predeploys: code } })
  const { url } = await chain.start()
  const network = draft(testChainId, url)
  const bank = createAccount(network, bankKey)
  return {
    network,
    reader: bank.reader,
    async account() {
      const account = createAccount(network, generatePrivateKey())
      await bank.sender.send({ to: account.address, value: 50n * ether }, 'funding')
      return account
    },
    async close() {
      await chain.stop()
      folder.remove()
    },
  }
}

/** anvil with its cheat codes. */
export async function startBareAnvil(): Promise<BareChain & { readonly anvil: Anvil }> {
  const anvil = await startAnvil(testChainId)
  const network = draft(testChainId, anvil.url)
  return {
    network,
    anvil,
    reader: createLedgerReader(network),
    async account() {
      const account = createAccount(network, generatePrivateKey())
      await anvil.call('anvil_setBalance', account.address, `0x${(50n * ether).toString(16)}`)
      return account
    },
    close: () => anvil.close(),
  }
}

/** Deploys the contracts and one subnet. */
export async function withContracts<chain extends BareChain>(chain: chain): Promise<chain & ContractsNetwork> {
  const founder = await chain.account()
  const contracts = await deployContracts({
    reader: chain.reader,
    sender: founder.sender,
    parameters: testParameters,
    onDeployed: () => undefined,
  })
  const network = { ...chain.network, contracts }
  await createSubnet(network, founder)
  return { ...chain, network, founder }
}

async function createSubnet(network: NetworkFile, founder: TestAccount): Promise<void> {
  const { token, subnets } = network.contracts
  await founder.sender.call({ address: token, abi: koinonTokenAbi, functionName: 'approve', args: [subnets, ether] })
  await founder.sender.call({
    address: subnets,
    abi: subnetsAbi,
    functionName: 'createSubnet',
    args: [testSubnet, ether],
  })
}

/** An account of a network, known by its key alone. */
export function createAccount(network: NetworkFile, privateKey: Hash): TestAccount {
  const reader = createLedgerReader(network)
  return {
    address: toAddress(privateKeyToAccount(privateKey).address),
    privateKey,
    reader,
    sender: new TransactionSender(reader, createLedgerWriter(network, privateKey)),
  }
}

function draft(chainId: number, rpcUrl: string): NetworkFile {
  return {
    v: 1,
    name: 'test',
    chainId,
    chainKind: 'embedded',
    rpcUrl,
    startBlock: 0,
    isTest: true,
    contracts: {} as NetworkFile['contracts'],
  }
}
