/** Merkle trees of a fixed depth over 32-byte words (specs/0015-disputes.md section 2, contracts/src/subnets/results/WordTree.sol). */
import { bytesToHex, concatBytes, fixedBytes, type Hex, KoinonError, keccak256, zeroHash } from '@koinon/base'

/** Depth of the tree over the words of a row: 16 words of 16 weights. */
export const rowDepth = 4

/** Root over 2^depth words; those beyond the last are zero. Throws `subnets/out-of-range` for more words. */
export function wordTreeRoot(words: readonly Hex[], depth: number): Hex {
  return levelsOf(words, depth)[depth]?.[0] as Hex
}

/** Siblings of the word at `place`, from the leaf upwards. */
export function wordTreeProof(words: readonly Hex[], place: number, depth: number): readonly Hex[] {
  const levels = levelsOf(words, depth)
  return Array.from({ length: depth }, (_, level) => levels[level]?.[(place >> level) ^ 1] as Hex)
}

/** The root that a proof leads to. */
export function climbWordTree(word: Hex, place: number, proof: readonly Hex[]): Hex {
  return proof.reduce<Hex>(
    (node, sibling, level) => ((place >> level) & 1 ? hashPair(sibling, node) : hashPair(node, sibling)),
    word,
  )
}

function levelsOf(words: readonly Hex[], depth: number): readonly (readonly Hex[])[] {
  if (words.length > 2 ** depth) {
    throw new KoinonError({
      code: 'subnets/out-of-range',
      message: `A tree of depth ${depth} has no room for its words`,
    })
  }
  const levels = [Array.from({ length: 2 ** depth }, (_, place) => words[place] ?? zeroHash)]
  let blank: Hex = zeroHash
  for (let level = 0; level < depth; level++) {
    const below = levels[level] as Hex[]
    const next = hashPair(blank, blank)
    levels.push(
      Array.from({ length: below.length / 2 }, (_, place) => {
        const [left, right] = [below[2 * place] as Hex, below[2 * place + 1] as Hex]
        return left === blank && right === blank ? next : hashPair(left, right)
      }),
    )
    blank = next
  }
  return levels
}

function hashPair(left: Hex, right: Hex): Hex {
  return bytesToHex(keccak256(concatBytes(fixedBytes(left, 32), fixedBytes(right, 32))))
}
