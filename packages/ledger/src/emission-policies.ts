/** The emission policies that a network can be deployed with, each with the parameters that the rules of that name have. */
import { KoinonError } from '@koinon/base'
import type { Abi, Hex } from 'viem'
import { equalPolicyAbi, equalPolicyBytecode } from './generated/equal-policy.ts'
import { hillGatePolicyAbi, hillGatePolicyBytecode } from './generated/hill-gate-policy.ts'
import { netFlowPolicyAbi, netFlowPolicyBytecode } from './generated/net-flow-policy.ts'
import { priceEmaPolicyAbi, priceEmaPolicyBytecode } from './generated/price-ema-policy.ts'
import { userCapitalPolicyAbi, userCapitalPolicyBytecode } from './generated/user-capital-policy.ts'

/** Names as in specs/0013-emission.md section 4, the default first. */
export const deployablePolicyNames = ['userCapital', 'priceEma', 'hillGate', 'netFlow', 'equal'] as const

export type DeployablePolicyName = (typeof deployablePolicyNames)[number]

export type PolicyContract = {
  readonly abi: Abi
  readonly bytecode: Hex
  readonly args: readonly unknown[]
  /** Which rule with which parameters it says it is. */
  readonly specHash: Hex
}

/** KOIN kept in all pools from which on `userCapital` hands out the whole issue, atomic units. */
const fullCapital = 432_000n * 10n ** 18n

const contracts: Readonly<Record<DeployablePolicyName, PolicyContract>> = {
  userCapital: {
    abi: userCapitalPolicyAbi,
    bytecode: userCapitalPolicyBytecode,
    args: [fullCapital],
    specHash: '0xd0137827379e40047b777b3770b51bdbf979dec333a3593a2f5be43b9c8b75b9',
  },
  priceEma: {
    abi: priceEmaPolicyAbi,
    bytecode: priceEmaPolicyBytecode,
    args: [],
    specHash: '0xd82421587de5891438cf0ec8a10760520e628c6423052e48b16d9bca9af8f68c',
  },
  hillGate: {
    abi: hillGatePolicyAbi,
    bytecode: hillGatePolicyBytecode,
    args: [3n, 61n],
    specHash: '0x772f1acd8596a1ce9894adbb2296e8ac086b22f6dd8b3219652aed35f38e99ff',
  },
  netFlow: {
    abi: netFlowPolicyAbi,
    bytecode: netFlowPolicyBytecode,
    args: [0n, 2n],
    specHash: '0xa879db97c1029fdd96ecf525725eec1e8f4ee2f571f2c68ab554c76042d4f395',
  },
  equal: {
    abi: equalPolicyAbi,
    bytecode: equalPolicyBytecode,
    args: [],
    specHash: '0xd554f066c0ed408b0d6973c508f29d1e3e6fda29085ee159bd55be54ce7c0da8',
  },
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
