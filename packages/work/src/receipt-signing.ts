import {
  type Hex,
  hexToBytes,
  merkleRootFromProof,
  merkleTree,
  type SessionSigner,
  type StructJson,
  type VerifySession,
  zeroHash,
} from '@koinon/base'
import { type Receipt, receiptBatchType, receiptType, type SignedReceipt } from './receipt.ts'
import type { SignedDelegation } from './session-delegation.ts'

/** A finished answer that still lacks its place in the session: `sequence`, `previousReceipt`, `sessionKey` are set by the chain. */
export type UnlinkedReceipt = {
  readonly receipt: Omit<Receipt, 'sequence' | 'previousReceipt' | 'sessionKey'>
  readonly work: StructJson
}

/** Where a session's chain of receipts stands. */
export type SessionTip = { readonly nextSequence: number; readonly lastReceipt: Hex }

/** The tip of a session that has signed nothing. */
export const emptySession: SessionTip = { nextSequence: 0, lastReceipt: zeroHash }

/** Links receipts in order behind the tip and signs them all with ONE signature over their Merkle root. */
export function signReceiptBatch(
  answers: readonly UnlinkedReceipt[],
  tip: SessionTip,
  session: { readonly signer: SessionSigner; readonly delegation: SignedDelegation },
): { readonly signed: readonly SignedReceipt[]; readonly tip: SessionTip } {
  let { nextSequence, lastReceipt } = tip
  const receipts: Receipt[] = []
  const hashes: Hex[] = []
  for (const { receipt } of answers) {
    const linked: Receipt = {
      ...receipt,
      sessionKey: session.signer.publicKey,
      sequence: nextSequence,
      previousReceipt: lastReceipt,
    }
    nextSequence += 1
    lastReceipt = receiptType.hash(linked)
    receipts.push(linked)
    hashes.push(lastReceipt)
  }
  const chainId = session.delegation.chainId
  const { root, proofs } = merkleTree(hashes)
  const signature = session.signer.sign(batchDigest(chainId, session.signer.publicKey, root, hashes.length))
  const signed = receipts.map((receipt, index) => ({
    receipt,
    work: (answers[index] as UnlinkedReceipt).work,
    proof: proofs[index] as SignedReceipt['proof'],
    signature,
    delegation: session.delegation,
  }))
  return { signed, tip: { nextSequence, lastReceipt } }
}

/** True when the session key signed a batch that holds this receipt. Does not look at the delegation. */
export function verifyReceiptSignature(signed: SignedReceipt, verifySession: VerifySession): boolean {
  const { receipt, proof, signature } = signed
  try {
    const root = merkleRootFromProof(receiptType.hash(receipt), proof)
    return verifySession(
      receipt.sessionKey,
      batchDigest(receipt.chainId, receipt.sessionKey, root, proof.count),
      signature,
    )
  } catch {
    return false
  }
}

function batchDigest(chainId: number, sessionKey: Hex, root: Hex, count: number): Uint8Array {
  return hexToBytes(receiptBatchType.hash({ chainId, sessionKey, root, count }))
}
