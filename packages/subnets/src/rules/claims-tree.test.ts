import { readFileSync } from 'node:fs'
import { type Address, bytesToHex, type Hex, zeroHash } from '@koinon/base'
import fc from 'fast-check'
import { encodeAbiParameters, keccak256 } from 'viem'
import { describe, expect, it } from 'vitest'
import { buildClaimsTree, claimLeafHash } from './claims-tree.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/claims-tree.json', import.meta.url), 'utf8'),
) as {
  trees: {
    netuid: number
    root: Hex
    leaves: { account: Address; cumulativeAmount: string; leafHash: Hex; proof: Hex[] }[]
  }[]
}

describe('claimLeafHash', () => {
  it('is the double Keccak of abi.encode of another library', () => {
    for (const { netuid, leaves } of vectors.trees) {
      for (const { account, cumulativeAmount, leafHash } of leaves) {
        const amount = BigInt(cumulativeAmount)
        const encoded = encodeAbiParameters(
          [{ type: 'uint32' }, { type: 'address' }, { type: 'uint256' }],
          [netuid, account, amount],
        )
        expect(leafHash).toBe(keccak256(keccak256(encoded)))
        expect(claimLeafHash(netuid, { account, cumulativeAmount: amount })).toBe(leafHash)
      }
    }
  })

  it('refuses amounts that do not fit 256 bits', () => {
    const account: Address = `0x${'11'.repeat(20)}`
    expect(() => claimLeafHash(1, { account, cumulativeAmount: 1n << 256n })).toThrow(/256/)
    expect(() => claimLeafHash(1, { account, cumulativeAmount: -1n })).toThrow(/256/)
  })
})

describe('buildClaimsTree', () => {
  it('gives the roots and proofs of the vectors', () => {
    for (const { netuid, root, leaves } of vectors.trees) {
      const tree = buildClaimsTree(
        netuid,
        leaves.map(({ account, cumulativeAmount }) => ({ account, cumulativeAmount: BigInt(cumulativeAmount) })),
      )
      expect(tree.root).toBe(root)
      expect(tree.claims.map(({ proof }) => proof)).toEqual(leaves.map(({ proof }) => proof))
    }
  })

  it('has the zero root without leaves and refuses an account twice', () => {
    expect(buildClaimsTree(1, [])).toEqual({ root: zeroHash, claims: [] })
    const account: Address = `0x${'11'.repeat(20)}`
    expect(() =>
      buildClaimsTree(1, [
        { account, cumulativeAmount: 1n },
        { account, cumulativeAmount: 2n },
      ]),
    ).toThrow(/more than one/)
  })

  it('proves every leaf the way MerkleProof.verify climbs, and no other amount', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uint8Array({ minLength: 20, maxLength: 20 }).map(bytesToHex), {
          minLength: 1,
          maxLength: 70,
        }),
        (accounts) => {
          const leaves = accounts.map((account, index) => ({ account, cumulativeAmount: BigInt(index) }))
          const { root, claims } = buildClaimsTree(9, leaves)
          for (const claim of claims) {
            expect(climb(claimLeafHash(9, claim), claim.proof)).toBe(root)
            expect(
              climb(claimLeafHash(9, { ...claim, cumulativeAmount: claim.cumulativeAmount + 1n }), claim.proof),
            ).not.toBe(root)
            expect(climb(claimLeafHash(8, claim), claim.proof)).not.toBe(root)
          }
          expect(buildClaimsTree(9, [...leaves].reverse()).root).toBe(root)
        },
      ),
      { numRuns: 40 },
    )
  })
})

/** OpenZeppelin's rule: hash with the sibling, smaller first. */
function climb(leaf: Hex, proof: readonly Hex[]): Hex {
  return proof.reduce(
    (node, sibling) =>
      keccak256(
        BigInt(node) < BigInt(sibling)
          ? `0x${node.slice(2)}${sibling.slice(2)}`
          : `0x${sibling.slice(2)}${node.slice(2)}`,
      ),
    leaf,
  )
}
