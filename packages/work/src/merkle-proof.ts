import { type Hex, KoinonError, type MerkleProof } from '@koinon/base'

/** Checks the shape of a proof from outside; at most 32 levels. Throws `work/bad-receipt`. */
export function parseMerkleProof(json: unknown): MerkleProof {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Partial<MerkleProof>
  const { index, count, siblings } = value
  if (
    !Number.isSafeInteger(index) ||
    !Number.isSafeInteger(count) ||
    !Array.isArray(siblings) ||
    siblings.length > 32 ||
    !siblings.every((sibling) => /^0x[0-9a-f]{64}$/.test(String(sibling)))
  ) {
    throw new KoinonError({
      code: 'work/bad-receipt',
      message: 'The receipt is malformed: its Merkle proof has a wrong shape',
    })
  }
  return { index: index as number, count: count as number, siblings: siblings as Hex[] }
}
