/** What was chosen for ever by a deployment that goes on: read from the contracts that stand, held against what is asked now. */
import { type Address, formatUnits, type Hex, KoinonError, tokenDecimals } from '@koinon/base'
import { emissionPolicyAbi } from './abis.ts'
import type { LedgerReader } from './clients.ts'
import { type DeployablePolicyName, deployablePolicyNames, policyContract } from './emission-policies.ts'
import { alphaStakingAbi } from './generated/alpha-staking.ts'
import { koinonTokenAbi } from './generated/koinon-token.ts'
import { poolEmissionAbi } from './generated/pool-emission.ts'
import { subnetsAbi } from './generated/subnets.ts'
import type { ContractName } from './network-file.ts'
import type { NetworkParameters } from './network-parameters.ts'

export type DeploymentChoices = { readonly parameters: NetworkParameters; readonly policy: DeployablePolicyName }

type Standing = Partial<Record<ContractName, Address>>
type Choice = { readonly name: string; readonly standing: string; readonly asked: string }

/** Throws `ledger/other-choice`, naming what stands and what is asked, when a contract of `standing` was deployed with another choice. */
export async function requireSameChoices(
  reader: LedgerReader,
  standing: Standing,
  { parameters, policy }: DeploymentChoices,
): Promise<void> {
  const read = await Promise.all([
    genesisOf(reader, standing),
    stakeOf(reader, standing.staking),
    lockOf(reader, standing.subnets),
    policyOf(reader, standing.policy),
    emissionOf(reader, standing.emission),
  ])
  const asked = wordsOf({ ...parameters, policy })
  const choices = Object.entries(wordsOf(Object.assign({}, ...read) as Partial<Chosen>))
  const others = choices.flatMap(([name, found]): readonly Choice[] =>
    asked[name] === undefined || asked[name] === found ? [] : [{ name, standing: found, asked: asked[name] }],
  )
  if (others.length > 0) throw otherChoice(others)
}

type Chosen = NetworkParameters & { readonly policy: DeployablePolicyName | Hex }

const koin = (amount: bigint): string => `${formatUnits(amount, tokenDecimals)} KOIN`

/** For people, in the words of `koinon network deploy` where it has an option for it. */
function wordsOf(chosen: Partial<Chosen>): Readonly<Record<string, string>> {
  const words: Readonly<Record<keyof Chosen, readonly [string, (value: never) => string]>> = {
    policy: ['policy', String],
    unbondingSeconds: ['unbonding-seconds', String],
    genesisAmount: ['genesis', koin],
    minimumLock: ['least lock of a subnet', koin],
    rootWeight: ['weight of root stake', koin],
    koinPerSecond: ['issue a second', koin],
    alphaPerSecond: ['alpha a second', (amount: bigint) => formatUnits(amount, tokenDecimals)],
    periodSeconds: ['period in seconds', String],
    restSeconds: ['rest in seconds', String],
  }
  return Object.fromEntries(
    Object.entries(chosen).map(([name, value]) => {
      const [word, write] = words[name as keyof Chosen]
      return [word, write(value as never)]
    }),
  )
}

/** What was minted before emission could: not to be told from it any more once there is a subnet. */
async function genesisOf(reader: LedgerReader, { token, subnets }: Standing): Promise<Partial<Chosen>> {
  if (token === undefined) return {}
  const onSubnets = subnets === undefined ? undefined : ({ address: subnets, abi: subnetsAbi } as const)
  const count = onSubnets && (await reader.readContract({ ...onSubnets, functionName: 'subnetCount' }))
  if (count !== undefined && count > 0) return {}
  const genesisAmount = await reader.readContract({ address: token, abi: koinonTokenAbi, functionName: 'totalMinted' })
  return { genesisAmount }
}

async function stakeOf(reader: LedgerReader, address: Address | undefined): Promise<Partial<Chosen>> {
  if (address === undefined) return {}
  const on = { address, abi: alphaStakingAbi } as const
  const unbonding = await reader.readContract({ ...on, functionName: 'unbondingSeconds' })
  const rootWeight = await reader.readContract({ ...on, functionName: 'rootWeight' })
  return { unbondingSeconds: BigInt(unbonding), rootWeight }
}

async function lockOf(reader: LedgerReader, address: Address | undefined): Promise<Partial<Chosen>> {
  if (address === undefined) return {}
  return { minimumLock: await reader.readContract({ address, abi: subnetsAbi, functionName: 'minLock' }) }
}

async function policyOf(reader: LedgerReader, address: Address | undefined): Promise<Partial<Chosen>> {
  if (address === undefined) return {}
  const specHash = await reader.readContract({ address, abi: emissionPolicyAbi, functionName: 'specHash' })
  return { policy: deployablePolicyNames.find((name) => policyContract(name).specHash === specHash) ?? specHash }
}

async function emissionOf(reader: LedgerReader, address: Address | undefined): Promise<Partial<Chosen>> {
  if (address === undefined) return {}
  const on = { address, abi: poolEmissionAbi } as const
  const names = ['koinPerSecond', 'alphaPerSecond', 'periodSeconds', 'restSeconds'] as const
  const values = await Promise.all(names.map((functionName) => reader.readContract({ ...on, functionName })))
  return Object.fromEntries(names.map((name, index) => [name, BigInt(values[index] as bigint)]))
}

function otherChoice(choices: readonly Choice[]): KoinonError {
  const list = choices.map(({ name, standing, asked }) => `${name} ${standing}, not ${asked}`).join('; ')
  return new KoinonError({
    code: 'ledger/other-choice',
    message: `This deployment was begun with ${list}: its contracts stand, and what they were given holds for ever`,
    hint: 'Choose as before to go on, or begin a new deployment without what stands.',
    details: { choices },
  })
}
