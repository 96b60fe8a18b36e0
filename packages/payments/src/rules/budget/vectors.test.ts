import { readFileSync } from 'node:fs'
import { bytesToHex, type Hex, hexToBytes, recoverAddress } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { grantChainObjection } from './chain.ts'
import { type BudgetAction, decideBudget } from './decide.ts'
import { type BudgetGrant, budgetGrantHash } from './grant.ts'
import { type BudgetApproval, budgetApprovalDigest, budgetCallsDigest, budgetRevocationDigest } from './owner-words.ts'
import { parseBudgetGrant } from './parse-grant.ts'

type Level = {
  readonly grant: unknown
  readonly spent: { readonly totalAtomic: string; readonly periodAtomic: string; readonly periodIndex: number }
}
type Vectors = {
  readonly chainId: number
  readonly grants: readonly { name: string; grant: unknown; hash: Hex; signer: Hex; signature: Hex }[]
  readonly revocation: { readonly grant: Hex; readonly digest: Hex }
  readonly approvals: readonly (BudgetApproval & { readonly digest: Hex })[]
  readonly batch: {
    readonly grant: Hex
    readonly calls: readonly { to: Hex; value: string; data: Hex }[]
    readonly salt: Hex
    readonly deadline: number
    readonly digest: Hex
  }
  readonly decisions: readonly {
    readonly name: string
    readonly levels: readonly Level[]
    readonly action: Omit<BudgetAction, 'amountAtomic' | 'chargeAtomic'> & { readonly amountAtomic: string }
    readonly nowSeconds: number
    readonly verdict: string
    readonly code: string | null
    readonly level: number | null
  }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/budget.json', import.meta.url), 'utf8'),
) as Vectors

describe('specs/vectors/budget.json', () => {
  it('has the hashes and signatures of grants', () => {
    for (const { grant, hash, signer, signature } of vectors.grants) {
      expect(budgetGrantHash(parseBudgetGrant(grant), vectors.chainId)).toBe(hash)
      expect(recoverAddress(hexToBytes(hash), signature)).toBe(signer)
    }
    const [top, child, bare] = vectors.grants.map(({ grant }) => parseBudgetGrant(grant)) as [
      BudgetGrant,
      BudgetGrant,
      BudgetGrant,
    ]
    expect(grantChainObjection([top, child], vectors.chainId)).toBeUndefined()
    expect(grantChainObjection([top, bare], vectors.chainId)).toContain('hangs below another')
    expect(grantChainObjection([child], vectors.chainId)).toContain('hangs below another')
  })

  it('has the digests of revocations, approvals and batches', () => {
    const { chainId, revocation, approvals, batch } = vectors
    expect(bytesToHex(budgetRevocationDigest(revocation, chainId))).toBe(revocation.digest)
    for (const approval of approvals) {
      expect(bytesToHex(budgetApprovalDigest(approval, chainId))).toBe(approval.digest)
    }
    const calls = batch.calls.map((call) => ({ ...call, value: BigInt(call.value) }))
    expect(bytesToHex(budgetCallsDigest({ ...batch, calls }, chainId))).toBe(batch.digest)
  })

  it.each(vectors.decisions.map((decision) => [decision.name, decision] as const))('decides: %s', (_, decision) => {
    const levels = decision.levels.map(({ grant, spent }) => ({
      grant: parseBudgetGrant(grant),
      spent: {
        totalAtomic: BigInt(spent.totalAtomic),
        periodAtomic: BigInt(spent.periodAtomic),
        periodIndex: spent.periodIndex,
        allocatedAtomic: 0n,
      },
      isRevoked: false,
    }))
    const amountAtomic = BigInt(decision.action.amountAtomic)
    const action: BudgetAction = { ...decision.action, amountAtomic, chargeAtomic: amountAtomic }
    const decided = decideBudget(levels, action, decision.nowSeconds)
    const { verdict, code, level } = { code: null, level: null, ...decided }
    expect({ verdict, code, level }).toEqual({ verdict: decision.verdict, code: decision.code, level: decision.level })
  })
})
