/** Trees of claims, leaf and layout as in OpenZeppelin's `StandardMerkleTree` over (uint32, address, uint256). */
import {
  type Address,
  addressWord,
  bytesToHex,
  concatBytes,
  type Hex,
  integerWord,
  KoinonError,
  keccak256,
  zeroHash,
} from '@koinon/base'

/** What an account earned in a subnet since its genesis, atomic units (1e-18 token). */
export type CumulativeLeaf = { readonly account: Address; readonly cumulativeAmount: bigint }

export type ClaimProof = CumulativeLeaf & { readonly proof: readonly Hex[] }

export type ClaimsTree = {
  /** Zero hash for no leaves. */
  readonly root: Hex
  /** One per leaf, in the order of the leaves given. */
  readonly claims: readonly ClaimProof[]
}

/** keccak256(keccak256(abi.encode(netuid, account, cumulativeAmount))). */
export function claimLeafHash(netuid: number, leaf: CumulativeLeaf): Hex {
  return bytesToHex(leafBytes(netuid, leaf))
}

/**
 * Builds the tree: leaf hashes sorted ascending fill the end of an array of 2n-1 nodes from the back, the parent of nodes 2i+1 and
 * 2i+2 is node i, and a pair is hashed smaller first. Throws `subnets/duplicate-account` when an account has two leaves.
 */
export function buildClaimsTree(netuid: number, leaves: readonly CumulativeLeaf[]): ClaimsTree {
  if (new Set(leaves.map(({ account }) => account)).size !== leaves.length) {
    throw new KoinonError({ code: 'subnets/duplicate-account', message: 'An account has more than one leaf' })
  }
  if (leaves.length === 0) return { root: zeroHash, claims: [] }
  const hashes = leaves.map((leaf) => leafBytes(netuid, leaf))
  const order = hashes.map((_, index) => index).sort((a, b) => compareBytes(at(hashes, a), at(hashes, b)))
  const nodes = Array.from<Uint8Array>({ length: 2 * leaves.length - 1 })
  const placeOf = Array.from<number>({ length: leaves.length })
  order.forEach((leafIndex, rank) => {
    const place = nodes.length - 1 - rank
    nodes[place] = at(hashes, leafIndex)
    placeOf[leafIndex] = place
  })
  for (let i = leaves.length - 2; i >= 0; i--) nodes[i] = hashPair(at(nodes, 2 * i + 1), at(nodes, 2 * i + 2))
  const claims = leaves.map((leaf, index) => ({ ...leaf, proof: proofAt(nodes, placeOf[index] as number) }))
  return { root: bytesToHex(at(nodes, 0)), claims }
}

function proofAt(nodes: readonly Uint8Array[], start: number): readonly Hex[] {
  const proof: Hex[] = []
  for (let place = start; place > 0; place = (place - 1) >> 1) {
    proof.push(bytesToHex(at(nodes, place % 2 === 1 ? place + 1 : place - 1)))
  }
  return proof
}

function leafBytes(netuid: number, { account, cumulativeAmount }: CumulativeLeaf): Uint8Array {
  return keccak256(keccak256(concatBytes(integerWord(netuid), addressWord(account), integerWord(cumulativeAmount))))
}

function hashPair(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compareBytes(a, b) <= 0 ? keccak256(concatBytes(a, b)) : keccak256(concatBytes(b, a))
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return 0
}

function at(nodes: readonly Uint8Array[], index: number): Uint8Array {
  return nodes[index] as Uint8Array
}
