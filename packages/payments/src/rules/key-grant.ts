/** Registration and revocation of API keys by the payer's account (specs/0005-money.md section 2). */
import {
  type Address,
  bytes32Word,
  domainSeparator,
  type Hex,
  integerWord,
  isKoinonError,
  KoinonError,
  recoverAddress,
  textWord,
  typedDigest,
  typeHash,
} from '@koinon/base'

/** Ties a key to a channel. `validUntil` is Unix seconds; the grant holds before it. */
export type KeyGrant = {
  readonly keyHash: Hex
  readonly channelId: Hex
  readonly label: string
  readonly validUntil: number
}

export type KeyRevocation = { readonly keyHash: Hex }

const grantTypeHash = typeHash('KeyGrant(bytes32 keyHash,bytes32 channelId,string label,uint64 validUntil)')
const revocationTypeHash = typeHash('KeyRevocation(bytes32 keyHash)')

/** Longest label in characters. */
const maximumLabelLength = 80

const koinonDomain = (chainId: number) => ({ name: 'Koinon', version: '1', chainId }) as const

/** Digest of a grant under domain {name "Koinon", version "1", chainId}. */
export function keyGrantDigest(grant: KeyGrant, chainId: number): Uint8Array {
  return typedDigest(domainSeparator(koinonDomain(chainId)), grantTypeHash, [
    bytes32Word(grant.keyHash),
    bytes32Word(grant.channelId),
    textWord(grant.label),
    integerWord(BigInt(grant.validUntil), 64),
  ])
}

/** Digest of a revocation. */
export function keyRevocationDigest(revocation: KeyRevocation, chainId: number): Uint8Array {
  return typedDigest(domainSeparator(koinonDomain(chainId)), revocationTypeHash, [bytes32Word(revocation.keyHash)])
}

/** Checks shape and ranges of a grant from outside. Throws `payments/bad-grant`. */
export function parseKeyGrant(json: unknown): KeyGrant {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Partial<KeyGrant>
  const { keyHash, channelId, label, validUntil } = value
  const isHash = (text: unknown): text is Hex => typeof text === 'string' && /^0x[0-9a-f]{64}$/.test(text)
  if (
    !isHash(keyHash) ||
    !isHash(channelId) ||
    typeof label !== 'string' ||
    !label.isWellFormed() ||
    label.length > maximumLabelLength ||
    !Number.isSafeInteger(validUntil) ||
    (validUntil as number) < 0
  ) {
    throw new KoinonError({ code: 'payments/bad-grant', message: 'The key grant is malformed' })
  }
  return { keyHash, channelId, label, validUntil: validUntil as number }
}

/** True when `payer` signed the grant and it holds at `atSeconds`. Never throws. */
export function verifyKeyGrant(input: {
  readonly grant: KeyGrant
  readonly signature: Hex
  readonly payer: Address
  readonly chainId: number
  readonly atSeconds: number
}): boolean {
  if (input.atSeconds >= input.grant.validUntil) return false
  return signedBy(() => keyGrantDigest(input.grant, input.chainId), input.signature, input.payer)
}

/** True when `payer` signed the revocation. Never throws. */
export function verifyKeyRevocation(input: {
  readonly revocation: KeyRevocation
  readonly signature: Hex
  readonly payer: Address
  readonly chainId: number
}): boolean {
  return signedBy(() => keyRevocationDigest(input.revocation, input.chainId), input.signature, input.payer)
}

function signedBy(digest: () => Uint8Array, signature: Hex, account: Address): boolean {
  try {
    return recoverAddress(digest(), signature) === account
  } catch (error) {
    if (isKoinonError(error)) return false
    throw error
  }
}
