/** Puts the contracts on any EVM chain. Every finished step is reported, so that a broken-off deployment goes on where it stopped. */
import { type Address, type Hex, KoinonError, toAddress, zeroAddress } from '@koinon/base'
import { type Abi, encodeDeployData } from 'viem'
import type { LedgerReader } from './clients.ts'
import { checkDollar } from './dollar.ts'
import { batchSettlementAbi, batchSettlementBytecode } from './generated/batch-settlement.ts'
import { disputesAbi, disputesBytecode } from './generated/disputes.ts'
import { epochsAbi, epochsBytecode } from './generated/epochs.ts'
import { erc3009DepositCollectorAbi, erc3009DepositCollectorBytecode } from './generated/erc3009-deposit-collector.ts'
import { identityRegistryAbi, identityRegistryBytecode } from './generated/identity-registry.ts'
import { koinonTokenAbi, koinonTokenBytecode } from './generated/koinon-token.ts'
import { reputationRegistryAbi, reputationRegistryBytecode } from './generated/reputation-registry.ts'
import { stakingAbi, stakingBytecode } from './generated/staking.ts'
import { subnetTermsAbi, subnetTermsBytecode } from './generated/subnet-terms.ts'
import { subnetsAbi, subnetsBytecode } from './generated/subnets.ts'
import { testDollarAbi, testDollarBytecode } from './generated/test-dollar.ts'
import { validationRegistryAbi, validationRegistryBytecode } from './generated/validation-registry.ts'
import { weightsAbi, weightsBytecode } from './generated/weights.ts'
import { workAbi, workBytecode } from './generated/work.ts'
import type { ContractName, NetworkFile } from './network-file.ts'
import type { TransactionSender } from './sender.ts'

/** Economic constants of a network, fixed for ever at deployment. Token amounts in 1e-18 KOIN. */
export type NetworkParameters = {
  /** Minted to the deployer at once, for stakes and registrations before emission begins. */
  readonly genesisAmount: bigint
  readonly emissionPerSecond: bigint
  readonly halvingSeconds: bigint
  readonly subnetCreationBurn: bigint
  readonly unbondingSeconds: bigint
}

export type DeployOptions = {
  readonly reader: LedgerReader
  readonly sender: TransactionSender
  readonly parameters: NetworkParameters
  /** An existing dollar token, looked at before anything is sent; a test dollar with a faucet is deployed when left out. */
  readonly dollar?: Address
  /** What an earlier attempt already deployed. */
  readonly known?: Partial<Record<ContractName, Address>>
  /** Called after each step, to be kept by the caller. */
  readonly onDeployed: (name: ContractName, address: Address) => void
}

/** The x402 foundation's channel contract and its EIP-3009 collector; used wherever code stands there. */
export const canonicalChannels = {
  channels: '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003',
  depositCollector: '0x4020806089470a89826cb9fb1f4059150b550004',
} as const

/** Deploys what is missing and returns all addresses. Throws as `checkDollar`, and as `TransactionSender.call`. */
export async function deployContracts(options: DeployOptions): Promise<NetworkFile['contracts']> {
  const { reader, sender, parameters, onDeployed } = options
  if (options.dollar !== undefined) await checkDollar(reader, options.dollar)
  const found: Partial<Record<ContractName, Address>> = {
    ...options.known,
    ...(options.dollar === undefined ? {} : { dollar: options.dollar }),
  }

  const keep = (name: ContractName, address: string): Address => {
    const lower = toAddress(address)
    if (found[name] !== lower) {
      found[name] = lower
      onDeployed(name, lower)
    }
    return lower
  }
  const deploy = async (name: ContractName, abi: Abi, bytecode: Hex, args: readonly unknown[]): Promise<Address> => {
    const known = found[name]
    if (known !== undefined) return known
    const receipt = await sender.send(
      { data: encodeDeployData({ abi, bytecode, args } as never) },
      `deploying ${name}`,
      abi,
    )
    if (receipt.contractAddress == null) throw notDeployed(name)
    return keep(name, receipt.contractAddress)
  }

  const token = await deploy('token', koinonTokenAbi, koinonTokenBytecode, [
    sender.address,
    parameters.genesisAmount,
    sender.address,
  ])
  await deploy('dollar', testDollarAbi, testDollarBytecode, [])
  const identity = await deploy('identity', identityRegistryAbi, identityRegistryBytecode, [])
  await deploy('reputation', reputationRegistryAbi, reputationRegistryBytecode, [identity])
  await deploy('validation', validationRegistryAbi, validationRegistryBytecode, [identity])
  const staking = await deploy('staking', stakingAbi, stakingBytecode, [token, parameters.unbondingSeconds])
  const terms = await deploy('terms', subnetTermsAbi, subnetTermsBytecode, [])
  const subnets = await deploy('subnets', subnetsAbi, subnetsBytecode, [
    token,
    identity,
    staking,
    terms,
    parameters.subnetCreationBurn,
  ])
  await deploy('work', workAbi, workBytecode, [subnets])
  const weights = await deploy('weights', weightsAbi, weightsBytecode, [subnets])
  const disputes = await deploy('disputes', disputesAbi, disputesBytecode, [subnets, weights, sender.address])
  const epochs = await deploy('epochs', epochsAbi, epochsBytecode, [
    token,
    subnets,
    disputes,
    parameters.emissionPerSecond,
    parameters.halvingSeconds,
  ])
  const emission = keep(
    'emission',
    await reader.readContract({ address: epochs, abi: epochsAbi, functionName: 'emission' }),
  )
  await fixSlasher(options, staking, epochs)
  await fixEpochs(options, disputes, epochs)
  await fixMinter(options, token, emission)
  await placeChannels(reader, found, keep, deploy)
  return found as NetworkFile['contracts']
}

async function fixMinter({ reader, sender }: DeployOptions, token: Address, emission: Address): Promise<void> {
  const minter = await reader.readContract({ address: token, abi: koinonTokenAbi, functionName: 'minter' })
  if (minter === zeroAddress) {
    await sender.call({ address: token, abi: koinonTokenAbi, functionName: 'setMinter', args: [emission] })
  } else if (toAddress(minter) !== emission) {
    throw new KoinonError({
      code: 'ledger/wrong-minter',
      message: `The token ${token} already has another minter, ${minter}`,
      hint: 'This deployment cannot be completed; deploy to fresh addresses by removing the partial network file.',
    })
  }
}

/** Without it whoever deploys could name any contract later; with it only the epoch contract ever slashes. */
async function fixSlasher({ reader, sender }: DeployOptions, staking: Address, epochs: Address): Promise<void> {
  const slasher = await reader.readContract({ address: staking, abi: stakingAbi, functionName: 'slasher' })
  if (slasher === zeroAddress) {
    await sender.call({ address: staking, abi: stakingAbi, functionName: 'setSlasher', args: [epochs] })
  } else if (toAddress(slasher) !== epochs) {
    throw new KoinonError({
      code: 'ledger/wrong-slasher',
      message: `The staking contract ${staking} already obeys another epoch contract, ${slasher}`,
      hint: 'This deployment cannot be completed; deploy to fresh addresses by removing the partial network file.',
    })
  }
}

async function fixEpochs({ reader, sender }: DeployOptions, disputes: Address, epochs: Address): Promise<void> {
  const named = await reader.readContract({ address: disputes, abi: disputesAbi, functionName: 'epochs' })
  if (named === zeroAddress) {
    await sender.call({ address: disputes, abi: disputesAbi, functionName: 'setEpochs', args: [epochs] })
  }
}

async function placeChannels(
  reader: LedgerReader,
  found: Partial<Record<ContractName, Address>>,
  keep: (name: ContractName, address: string) => Address,
  deploy: (name: ContractName, abi: Abi, bytecode: Hex, args: readonly unknown[]) => Promise<Address>,
): Promise<void> {
  if (found.channels === undefined && (await reader.getCode({ address: canonicalChannels.channels })) !== undefined) {
    keep('channels', canonicalChannels.channels)
    keep('depositCollector', canonicalChannels.depositCollector)
  }
  const channels = await deploy('channels', batchSettlementAbi, batchSettlementBytecode, [])
  await deploy('depositCollector', erc3009DepositCollectorAbi, erc3009DepositCollectorBytecode, [channels])
}

function notDeployed(name: string): KoinonError {
  return new KoinonError({
    code: 'ledger/not-deployed',
    message: `The ledger mined the deployment of ${name} but names no address for it`,
    hint: 'Check the RPC endpoint; it may not be a full node.',
    retry: 'unknown',
  })
}
