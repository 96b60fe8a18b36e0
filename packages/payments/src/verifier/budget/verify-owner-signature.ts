import { type Address, bytesToHex, type Hex, isKoinonError, recoverAddress } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { reachable } from '../../core/escrow.ts'

export type OwnerSignature = {
  readonly account: Address
  /** 32-byte EIP-712 digest. */
  readonly digest: Uint8Array
  readonly signature: Hex
  /** Asked only when the signature is not the account's own key's. Without one contracts' signatures do not count. */
  readonly reader?: LedgerReader | undefined
}

/** Longest signature that is looked at, in bytes: what ERC-6492 adds to deploy an account fits. */
const maximumSignatureBytes = 8_192

/**
 * True when the account signed: with its own key (no call to the ledger), as a contract (ERC-1271), or as one that is not deployed yet
 * (ERC-6492, by the universal validator of viem, in one `eth_call` that changes nothing). Throws `payments/ledger-unreachable`.
 */
export async function verifyOwnerSignature(input: OwnerSignature): Promise<boolean> {
  const { account, digest, signature, reader } = input
  if (!/^0x(?:[0-9a-fA-F]{2})+$/.test(signature) || signature.length > 2 + 2 * maximumSignatureBytes) return false
  if (isOwnKey(input)) return true
  if (reader === undefined) return false
  // viem answers false for a node that is away: find that out first.
  await reachable(reader.getCode({ address: account }))
  return reachable(reader.verifyHash({ address: account, hash: bytesToHex(digest), signature }))
}

function isOwnKey({ account, digest, signature }: OwnerSignature): boolean {
  if (signature.length !== 132) return false
  try {
    return recoverAddress(digest, signature) === account
  } catch (error) {
    if (isKoinonError(error)) return false
    throw error
  }
}
