/**
 * Positional SHA-256 Merkle tree (specs/0001-encoding.md section 3). Leaves are 32-byte hashes; node = SHA-256(0x01 | left |
 * right), leaf node = SHA-256(0x00 | leaf), and an odd last node moves up unchanged, so leaf and node can never be confused.
 */
import { bytesToHex, concatBytes, type Hex, hexToBytes, zeroHash } from './bytes.ts'
import { KoinonError } from './errors.ts'
import { sha256 } from './hash.ts'

/** Place of one leaf in a tree: its index, the number of leaves, and the siblings from the bottom up. */
export type MerkleProof = { readonly index: number; readonly count: number; readonly siblings: readonly Hex[] }

const leafTag = Uint8Array.of(0)

/** Root of the leaves (the zero hash for none) and the proofs of all of them, from one tree. */
export function merkleTree(leaves: readonly Hex[]): { readonly root: Hex; readonly proofs: readonly MerkleProof[] } {
  const levels = buildLevels(leaves)
  return {
    root: rootOf(levels),
    proofs: leaves.map((_, index) => ({ index, count: leaves.length, siblings: siblingsOf(levels, index) })),
  }
}

/** Root of the leaves; the zero hash for no leaves. */
export function merkleRoot(leaves: readonly Hex[]): Hex {
  return rootOf(buildLevels(leaves))
}

/** Root that a leaf and its proof lead to. Throws `base/bad-proof` when the proof's shape cannot belong to its index and count. */
export function merkleRootFromProof(leaf: Hex, proof: MerkleProof): Hex {
  const { index, count, siblings } = proof
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(count) || index < 0 || index >= count) throw badProof()
  let node = hashLeaf(leaf)
  let position = index
  let width = count
  let used = 0
  while (width > 1) {
    const isLoneLast = position === width - 1 && width % 2 === 1
    if (!isLoneLast) {
      const sibling = siblings[used++]
      if (sibling === undefined) throw badProof()
      const other = hexToBytes(sibling)
      if (other.length !== 32) throw badProof()
      node = position % 2 === 0 ? hashPair(node, other) : hashPair(other, node)
    }
    position = Math.floor(position / 2)
    width = Math.ceil(width / 2)
  }
  if (used !== siblings.length) throw badProof()
  return bytesToHex(node)
}

function buildLevels(leaves: readonly Hex[]): Uint8Array[][] {
  if (leaves.length === 0) return []
  const levels = [leaves.map(hashLeaf)]
  for (let level = levels[0] as Uint8Array[]; level.length > 1; level = levels.at(-1) as Uint8Array[]) {
    const next: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1]
      next.push(right === undefined ? (level[i] as Uint8Array) : hashPair(level[i] as Uint8Array, right))
    }
    levels.push(next)
  }
  return levels
}

function siblingsOf(levels: readonly Uint8Array[][], index: number): Hex[] {
  const siblings: Hex[] = []
  let position = index
  for (const level of levels.slice(0, -1)) {
    const sibling = level[position ^ 1]
    if (sibling !== undefined) siblings.push(bytesToHex(sibling))
    position = Math.floor(position / 2)
  }
  return siblings
}

function rootOf(levels: readonly Uint8Array[][]): Hex {
  const top = levels.at(-1)?.[0]
  return top === undefined ? zeroHash : bytesToHex(top)
}

// Hashing reads from here instead of from fresh memory; nothing else runs between writing and hashing.
const pair = Uint8Array.of(1, ...new Uint8Array(64))

function hashLeaf(leaf: Hex): Uint8Array {
  return sha256(concatBytes(leafTag, hexToBytes(leaf)))
}

function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  pair.set(left, 1)
  pair.set(right, 33)
  return sha256(pair)
}

function badProof(): KoinonError {
  return new KoinonError({ code: 'base/bad-proof', message: 'The Merkle proof does not fit its index and count' })
}
