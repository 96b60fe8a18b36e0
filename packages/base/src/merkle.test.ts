import { describe, expect, it } from 'vitest'
import { type Hex, zeroHash } from './bytes.ts'
import { sha256Hex } from './hash.ts'
import { type MerkleProof, merkleRoot, merkleRootFromProof, merkleTree } from './merkle.ts'

const leaves = (count: number) => Array.from({ length: count }, (_, index) => sha256Hex(`leaf ${index}`))

describe('merkleRoot', () => {
  it('is the zero hash for no leaves', () => expect(merkleRoot([])).toBe(zeroHash))

  it('depends on the order and on every leaf', () => {
    const four = leaves(4)
    const roots = new Set([
      merkleRoot(four),
      merkleRoot([...four].reverse()),
      merkleRoot(four.slice(0, 3)),
      merkleRoot([...four, four[3] as never]),
    ])
    expect(roots.size).toBe(4)
  })

  it('cannot be imitated by offering an inner node as a leaf', () => {
    const two = leaves(2)
    expect(merkleRoot([merkleRoot(two)])).not.toBe(merkleRoot(two))
  })
})

/** Whether the proof places the leaf under the root; a proof of another shape does not. */
function leadsTo(root: Hex, leaf: Hex, proof: MerkleProof): boolean {
  try {
    return merkleRootFromProof(leaf, proof) === root
  } catch {
    return false
  }
}

describe('merkleRootFromProof', () => {
  it.each([1, 2, 3, 4, 5, 7, 8, 9, 33])('accepts every leaf of %i and nothing else', (count) => {
    const all = leaves(count)
    const { root, proofs } = merkleTree(all)
    proofs.forEach((proof, index) => {
      expect(leadsTo(root, all[index] as never, proof)).toBe(true)
      expect(leadsTo(root, sha256Hex('other'), proof)).toBe(false)
      expect(leadsTo(root, all[index] as never, { ...proof, siblings: [...proof.siblings, zeroHash] })).toBe(false)
      if (count > 1) expect(leadsTo(root, all[index] as never, { ...proof, index: (index + 1) % count })).toBe(false)
    })
  })

  it('refuses malformed proofs', () => {
    const all = leaves(4)
    for (const proof of [
      { index: -1, count: 4, siblings: [] },
      { index: 4, count: 4, siblings: [] },
      { index: 0, count: Number.NaN, siblings: [] },
      { index: 0, count: 4, siblings: ['0x12' as const, zeroHash] },
    ]) {
      expect(() => merkleRootFromProof(all[0] as never, proof)).toThrow(
        expect.objectContaining({ code: 'base/bad-proof' }),
      )
    }
  })
})
