/** Puts the contracts on any EVM chain. Every finished step is reported, so that a broken-off deployment goes on where it stopped. */
import { type Address, type Hex, KoinonError, toAddress } from '@koinon/base'
import { type Abi, encodeDeployData } from 'viem'
import type { LedgerReader } from './clients.ts'
import { requireSameChoices } from './deploy-choices.ts'
import { adoptBound, wireContracts } from './deploy-wiring.ts'
import { checkDollar } from './dollar.ts'
import { type DeployablePolicyName, policyContract } from './emission-policies.ts'
import { alphaStakingAbi, alphaStakingBytecode } from './generated/alpha-staking.ts'
import { batchSettlementAbi, batchSettlementBytecode } from './generated/batch-settlement.ts'
import { convictionAbi, convictionBytecode } from './generated/conviction.ts'
import { disputesAbi, disputesBytecode } from './generated/disputes.ts'
import { epochsAbi, epochsBytecode } from './generated/epochs.ts'
import { erc3009DepositCollectorAbi, erc3009DepositCollectorBytecode } from './generated/erc3009-deposit-collector.ts'
import { identityRegistryAbi, identityRegistryBytecode } from './generated/identity-registry.ts'
import { jobsAbi, jobsBytecode } from './generated/jobs.ts'
import { koinonTokenAbi, koinonTokenBytecode } from './generated/koinon-token.ts'
import { poolEmissionAbi, poolEmissionBytecode } from './generated/pool-emission.ts'
import { poolsAbi, poolsBytecode } from './generated/pools.ts'
import { quorumEvaluatorsAbi, quorumEvaluatorsBytecode } from './generated/quorum-evaluators.ts'
import { reputationRegistryAbi, reputationRegistryBytecode } from './generated/reputation-registry.ts'
import { subnetTermsAbi, subnetTermsBytecode } from './generated/subnet-terms.ts'
import { subnetsAbi, subnetsBytecode } from './generated/subnets.ts'
import { testDollarAbi, testDollarBytecode } from './generated/test-dollar.ts'
import { validationRegistryAbi, validationRegistryBytecode } from './generated/validation-registry.ts'
import { weightsAbi, weightsBytecode } from './generated/weights.ts'
import { workAbi, workBytecode } from './generated/work.ts'
import type { ContractName, NetworkFile } from './network-file.ts'
import type { NetworkParameters } from './network-parameters.ts'
import type { TransactionSender } from './sender.ts'

export { type DeployablePolicyName, deployablePolicyNames, parsePolicyName } from './emission-policies.ts'
export type { NetworkParameters } from './network-parameters.ts'

export type DeployOptions = {
  readonly reader: LedgerReader
  readonly sender: TransactionSender
  readonly parameters: NetworkParameters
  /** An existing dollar token, looked at before anything is sent; a test dollar with a faucet is deployed when left out. */
  readonly dollar?: Address
  /** How KOIN is shared between subnets, for ever; by the capital that people keep in their pools when left out. */
  readonly policy?: DeployablePolicyName
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

/**
 * Deploys what is missing and returns all addresses, checked to be one network. Throws `ledger/other-choice` before it sends anything
 * when what stands was deployed with other parameters or another policy, and as `checkDollar`, `wireContracts` and
 * `TransactionSender.call`.
 */
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
  const keepIf = (name: ContractName, address: Address | undefined): Address | undefined =>
    address === undefined ? undefined : keep(name, address)
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

  const adopted = async (name: 'staking' | 'subnets', pools: Address): Promise<Address | undefined> =>
    found[name] ?? keepIf(name, await adoptBound(options, pools, name))
  const policyName = options.policy ?? 'userCapital'
  if (found.pools !== undefined) {
    await adopted('staking', found.pools)
    await adopted('subnets', found.pools)
  }
  await requireSameChoices(reader, found, { parameters, policy: policyName })

  const token = await deploy('token', koinonTokenAbi, koinonTokenBytecode, [
    sender.address,
    parameters.genesisAmount,
    sender.address,
  ])
  const dollar = await deploy('dollar', testDollarAbi, testDollarBytecode, [])
  const identity = await deploy('identity', identityRegistryAbi, identityRegistryBytecode, [])
  await deploy('reputation', reputationRegistryAbi, reputationRegistryBytecode, [identity])
  await deploy('validation', validationRegistryAbi, validationRegistryBytecode, [identity])
  const terms = await deploy('terms', subnetTermsAbi, subnetTermsBytecode, [])
  const pools = await deploy('pools', poolsAbi, poolsBytecode, [token])
  const staking =
    (await adopted('staking', pools)) ??
    (await deploy('staking', alphaStakingAbi, alphaStakingBytecode, [
      pools,
      parameters.unbondingSeconds,
      parameters.rootWeight,
    ]))
  for (const part of ['delegation', 'permits'] as const) {
    keep(part, await reader.readContract({ address: staking, abi: alphaStakingAbi, functionName: part }))
  }
  const conviction = await deploy('conviction', convictionAbi, convictionBytecode, [pools])
  const subnets =
    (await adopted('subnets', pools)) ??
    (await deploy('subnets', subnetsAbi, subnetsBytecode, [
      identity,
      terms,
      staking,
      conviction,
      parameters.minimumLock,
    ]))
  await deploy('work', workAbi, workBytecode, [subnets])
  const weights = await deploy('weights', weightsAbi, weightsBytecode, [subnets])
  const disputes = await deploy('disputes', disputesAbi, disputesBytecode, [subnets, weights, sender.address])
  const chosen = policyContract(policyName)
  const policy = await deploy('policy', chosen.abi, chosen.bytecode, chosen.args)
  const { koinPerSecond, alphaPerSecond, periodSeconds, restSeconds } = parameters
  const emission = await deploy('emission', poolEmissionAbi, poolEmissionBytecode, [
    pools,
    sender.address,
    policy,
    { koinPerSecond, alphaPerSecond, periodSeconds, restSeconds },
  ])
  await deploy('epochs', epochsAbi, epochsBytecode, [subnets, emission, disputes])
  await placeChannels(reader, found, keep, deploy)
  const jobs = await deploy('jobs', jobsAbi, jobsBytecode, [dollar])
  await deploy('jobEvaluators', quorumEvaluatorsAbi, quorumEvaluatorsBytecode, [jobs, subnets])
  await wireContracts(options, found as NetworkFile['contracts'])
  return found as NetworkFile['contracts']
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
