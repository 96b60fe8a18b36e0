/** Chains of grants: who hangs below whom, and what a grant below may say. */
import type { Hex } from '@koinon/base'
import { autonomyLevels, type BudgetGrant, budgetGrantHash, isTopGrant } from './grant.ts'

/** What is wrong with a chain, the owner's grant first; undefined when each grant hangs below the one before and is no wider. */
export function grantChainObjection(chain: readonly BudgetGrant[], chainId: number): string | undefined {
  const [top] = chain
  if (top === undefined) return 'no grant'
  if (!isTopGrant(top)) return 'the first grant hangs below another one'
  for (const [index, grant] of chain.entries()) {
    const parent = chain[index - 1]
    const objection = parent === undefined ? undefined : childObjection(parent, budgetGrantHash(parent, chainId), grant)
    if (objection !== undefined) return `grant ${index + 1}: ${objection}`
  }
  return undefined
}

/** What is wrong with a grant below another one; undefined when it only narrows. */
export function childObjection(parent: BudgetGrant, parentHash: Hex, child: BudgetGrant): string | undefined {
  if (child.parentGrant !== parentHash) return 'it hangs below another grant'
  if (child.owner !== parent.owner) return 'another owner'
  if (child.asset !== parent.asset) return 'another asset'
  if (child.revocationNonce !== parent.revocationNonce) return 'another revocation nonce'
  if (child.agent === parent.agent) return 'the agent grants to itself'
  if (child.validFrom < parent.validFrom || child.validUntil > parent.validUntil) return 'it holds longer'
  if (autonomyLevels.indexOf(child.autonomy) > autonomyLevels.indexOf(parent.autonomy)) return 'more autonomy'
  if (child.maxPerCallAtomic > parent.maxPerCallAtomic) return 'more a call'
  if (child.maxPerPeriodAtomic > parent.maxPerPeriodAtomic) return 'more a period'
  if (child.maxTotalAtomic > parent.maxTotalAtomic) return 'more in total'
  const calls = parent.contractCalls.map(({ target, selector }) => `${target}${selector}`)
  if (child.contractCalls.some(({ target, selector }) => !calls.includes(`${target}${selector}`)))
    return 'more contracts'
  // Under `full` the lists say nothing.
  if (parent.autonomy === 'full') return undefined
  if (isWider(parent.receivers, child.receivers)) return 'more receivers'
  if (isWider(parent.services, child.services)) return 'more services'
  return isWider(parent.methods, child.methods) ? 'more methods' : undefined
}

/** A list that names nobody restricts nothing (receivers: nobody is allowed but by service), so only the same entries or fewer, but not none, narrow it. */
function isWider(parent: readonly string[], child: readonly string[]): boolean {
  if (parent.length === 0) return false
  return child.length === 0 || child.some((entry) => !parent.includes(entry))
}
