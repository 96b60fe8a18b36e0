/**
 * A role key (secp256k1, on the ledger) lets an ed25519 session key sign in its name, once per session, by EIP-712
 * (specs/0003-receipts.md section 2). Recovering costs about a millisecond, so callers remember delegations they have checked.
 */
import {
  type Address,
  addressWord,
  bytes32Word,
  domainSeparator,
  type Hex,
  integerWord,
  KoinonError,
  recoverAddress,
  toAddress,
  typedDigest,
  typeHash,
} from '@koinon/base'

/** Times are Unix seconds, the interval is [validFrom, validUntil). */
export type SessionDelegation = {
  readonly chainId: number
  readonly signer: Address
  readonly sessionKey: Hex
  readonly validFrom: number
  readonly validUntil: number
}

export type SignedDelegation = SessionDelegation & {
  /** 65-byte r, s, v signature of the role key over `sessionDelegationDigest`. */
  readonly signature: Hex
}

const delegationTypeHash = typeHash(
  'SessionDelegation(address signer,bytes32 sessionKey,uint64 validFrom,uint64 validUntil)',
)

/** EIP-712 digest. Throws `base/*` on values that do not fit their type. */
export function sessionDelegationDigest(delegation: SessionDelegation): Uint8Array {
  const { chainId, signer, sessionKey, validFrom, validUntil } = delegation
  return typedDigest(domainSeparator({ name: 'Koinon', version: '1', chainId }), delegationTypeHash, [
    addressWord(signer),
    bytes32Word(sessionKey),
    integerWord(validFrom, 64),
    integerWord(validUntil, 64),
  ])
}

/** True when the role key signed the delegation and `atMs` lies inside it. Never throws. */
export function verifyDelegation(delegation: SignedDelegation, atMs: number): boolean {
  const atSeconds = Math.floor(atMs / 1000)
  if (atSeconds < delegation.validFrom || atSeconds >= delegation.validUntil) return false
  try {
    return recoverAddress(sessionDelegationDigest(delegation), delegation.signature) === delegation.signer
  } catch {
    return false
  }
}

/** Checks shape and ranges of a delegation from outside. Throws `work/bad-delegation`. */
export function parseDelegation(json: unknown): SignedDelegation {
  const value = json as Partial<SignedDelegation> | null
  const isTime = (time: unknown): time is number => Number.isSafeInteger(time) && (time as number) >= 0
  if (
    typeof value !== 'object' ||
    value === null ||
    !isTime(value.chainId) ||
    !isTime(value.validFrom) ||
    !isTime(value.validUntil) ||
    !/^0x[0-9a-f]{64}$/.test(String(value.sessionKey)) ||
    !/^0x[0-9a-f]{130}$/.test(String(value.signature)) ||
    !/^0x[0-9a-f]{40}$/.test(String(value.signer))
  ) {
    throw new KoinonError({ code: 'work/bad-delegation', message: 'The session delegation is malformed' })
  }
  return {
    chainId: value.chainId,
    signer: toAddress(String(value.signer)),
    sessionKey: value.sessionKey as Hex,
    validFrom: value.validFrom,
    validUntil: value.validUntil,
    signature: value.signature as Hex,
  }
}
