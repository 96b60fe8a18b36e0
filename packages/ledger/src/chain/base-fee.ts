import type { EngineBlock } from './evm-engine.ts'

const elasticity = 2n
const maxChangeDenominator = 8n

/**
 * Base fee in wei per gas of the block after `parent`.
 * Source: EIP-1559, `expected_base_fee_per_gas`, elasticity multiplier 2, maximum change denominator 8.
 */
export function nextBaseFeeWei(parent: Pick<EngineBlock, 'baseFeePerGas' | 'gasUsed' | 'gasLimit'>): bigint {
  const target = parent.gasLimit / elasticity
  if (parent.gasUsed === target) return parent.baseFeePerGas
  if (parent.gasUsed > target) {
    const raised = (parent.baseFeePerGas * (parent.gasUsed - target)) / target / maxChangeDenominator
    return parent.baseFeePerGas + (raised > 1n ? raised : 1n)
  }
  return parent.baseFeePerGas - (parent.baseFeePerGas * (target - parent.gasUsed)) / target / maxChangeDenominator
}
