/** The emission policies that a network can be deployed with, each with the parameters that the rules of that name have. */
import { KoinonError } from '@koinon/base'
import type { Abi, Hex } from 'viem'
import { capitalPolicyAbi, capitalPolicyBytecode } from './generated/capital-policy.ts'
import { equalPolicyAbi, equalPolicyBytecode } from './generated/equal-policy.ts'
import { flowPolicyAbi, flowPolicyBytecode } from './generated/flow-policy.ts'
import { hillGatePolicyAbi, hillGatePolicyBytecode } from './generated/hill-gate-policy.ts'
import { priceAveragePolicyAbi, priceAveragePolicyBytecode } from './generated/price-average-policy.ts'

/** Names as in specs/0013-emission.md section 4, the default first. */
export const deployablePolicyNames = ['userCapital', 'priceEma', 'hillGate', 'netFlow', 'equal'] as const

export type DeployablePolicyName = (typeof deployablePolicyNames)[number]

export type PolicyContract = { readonly abi: Abi; readonly bytecode: Hex; readonly args: readonly unknown[] }

/** KOIN kept in all pools from which on `userCapital` hands out the whole issue, atomic units. */
const fullCapital = 432_000n * 10n ** 18n

const contracts: Readonly<Record<DeployablePolicyName, PolicyContract>> = {
  userCapital: { abi: capitalPolicyAbi, bytecode: capitalPolicyBytecode, args: [fullCapital] },
  priceEma: { abi: priceAveragePolicyAbi, bytecode: priceAveragePolicyBytecode, args: [] },
  hillGate: { abi: hillGatePolicyAbi, bytecode: hillGatePolicyBytecode, args: [3n, 61n] },
  netFlow: { abi: flowPolicyAbi, bytecode: flowPolicyBytecode, args: [0n, 2n] },
  equal: { abi: equalPolicyAbi, bytecode: equalPolicyBytecode, args: [] },
}

export function policyContract(name: DeployablePolicyName): PolicyContract {
  return contracts[name]
}

/** Throws `usage/unknown-name`. */
export function parsePolicyName(text: string): DeployablePolicyName {
  const name = deployablePolicyNames.find((one) => one === text)
  if (name !== undefined) return name
  throw new KoinonError({
    code: 'usage/unknown-name',
    message: `No network can be deployed with an emission policy "${text}"`,
    hint: `Choose from: ${deployablePolicyNames.join(', ')}. What each comes to: koinon network sim`,
  })
}
