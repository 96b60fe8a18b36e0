import { hexToBytes } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { grantChainObjection } from '../../rules/budget/chain.ts'
import { budgetGrantHash, type SignedBudgetGrant } from '../../rules/budget/grant.ts'
import { badGrant } from '../../rules/budget/parse-grant.ts'
import { verifyOwnerSignature } from './verify-owner-signature.ts'

/**
 * Checks that a chain of grants hangs together, each is no wider than the one above, the owner signed the first and each agent the next.
 * Throws `payments/bad-budget-grant` and `payments/ledger-unreachable`.
 */
export async function verifyGrantChain(
  chain: readonly SignedBudgetGrant[],
  chainId: number,
  reader?: LedgerReader,
): Promise<void> {
  const grants = chain.map(({ grant }) => grant)
  const objection = grantChainObjection(grants, chainId)
  if (objection !== undefined) throw badGrant(objection)
  for (const [index, { grant, signature }] of chain.entries()) {
    const parent = grants[index - 1]
    const digest = hexToBytes(budgetGrantHash(grant, chainId))
    // Agents are keys, never contracts: only the owner may be one.
    const isSigned = await verifyOwnerSignature(
      parent === undefined
        ? { account: grant.owner, digest, signature, reader }
        : { account: parent.agent, digest, signature },
    )
    if (!isSigned)
      throw badGrant(`grant ${index + 1} is not signed by ${parent === undefined ? 'the owner' : 'the agent above it'}`)
  }
}
