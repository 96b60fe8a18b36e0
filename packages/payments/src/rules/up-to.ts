/** Permit2 payments of at most what was signed (specs/0022-machine-payments.md section 4.1). Times in Unix seconds. */
import {
  type Address,
  addressWord,
  bytes32Word,
  bytesToHex,
  concatBytes,
  domainSeparator,
  type Hex,
  integerWord,
  keccak256,
  textWord,
  typedDigest,
  typeHash,
} from '@koinon/base'
import type { AllowancePermit, Asset, TransferAuthorization, UpToAuthorization } from './terms.ts'

/** Permit2, at the same address of every chain. */
export const permit2Address: Address = '0x000000000022d473030f116ddee9f6b43ac78ba3'
/** The spender of `upto` payments: moves money to the witness's payee only, and at the word of its facilitator only. */
export const upToProxyAddress: Address = '0x4020a4f3b7b90cca423b9fabcc0ce57c6c240002'

const permitType = typeHash(
  'PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Witness witness)TokenPermissions(address token,uint256 amount)Witness(address to,address facilitator,uint256 validAfter)',
)
const permissionsType = typeHash('TokenPermissions(address token,uint256 amount)')
const witnessType = typeHash('Witness(address to,address facilitator,uint256 validAfter)')
const allowanceType = typeHash('Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)')
const domainType = typeHash('EIP712Domain(string name,uint256 chainId,address verifyingContract)')
const domainName = textWord('Permit2')

/** What a payer signs for `upto`. */
export type UnsignedUpTo = Omit<UpToAuthorization, 'signature' | 'allowance'>

/** Whether an authorization is one of `upTo`. */
export function isUpTo(authorization: TransferAuthorization | UpToAuthorization): authorization is UpToAuthorization {
  return 'facilitator' in authorization
}

/** EIP-712 digest under Permit2's domain, which has no version. What it comes to (`valueAtomic`) is no part of it. */
export function upToDigest(authorization: UnsignedUpTo, chainId: number): Uint8Array {
  const { token, maximumAtomic, to, facilitator, validAfter, nonce, validBefore } = authorization
  const permitted = keccak256(concatBytes(permissionsType, addressWord(token), integerWord(maximumAtomic)))
  const witness = keccak256(
    concatBytes(witnessType, addressWord(to), addressWord(facilitator), integerWord(validAfter)),
  )
  const separator = keccak256(concatBytes(domainType, domainName, integerWord(chainId), addressWord(permit2Address)))
  return typedDigest(separator, permitType, [
    permitted,
    addressWord(upToProxyAddress),
    bytes32Word(nonce),
    integerWord(validBefore),
    witness,
  ])
}

/** EIP-712 digest of the EIP-2612 permit that lets Permit2 move exactly `maximumAtomic`, under the token's own domain. */
export function allowanceDigest(
  authorization: Pick<UpToAuthorization, 'token' | 'from' | 'maximumAtomic'>,
  permit: Pick<AllowancePermit, 'nonce' | 'deadline'>,
  asset: Pick<Asset, 'name' | 'version'>,
  chainId: number,
): Uint8Array {
  const { token, from, maximumAtomic } = authorization
  const { name, version } = asset
  return typedDigest(domainSeparator({ name, version, chainId, verifyingContract: token }), allowanceType, [
    addressWord(from),
    addressWord(permit2Address),
    integerWord(maximumAtomic),
    integerWord(permit.nonce),
    integerWord(permit.deadline),
  ])
}

/** Names a payment of a certain amount: one permit settled for two amounts is two things, of which the ledger lets one through. */
export function settlementDigest(permitDigest: Uint8Array, valueAtomic: bigint): Hex {
  return bytesToHex(keccak256(concatBytes(permitDigest, integerWord(valueAtomic))))
}

/** Where Permit2 keeps a nonce: bit `bit` of word `word` of the owner. */
export function nonceBit(nonce: Hex): { readonly word: bigint; readonly bit: bigint } {
  return { word: BigInt(nonce) >> 8n, bit: BigInt(nonce) & 0xffn }
}

/** What of an authorization differs from what was asked, or undefined: a ceiling of exactly this amount of this token for this payee. */
export function upToObjection(
  authorization: UnsignedUpTo,
  asked: { readonly token: Address; readonly payTo: Address; readonly maximumAtomic: bigint },
): 'token' | 'payee' | 'amount' | undefined {
  if (authorization.token !== asked.token) return 'token'
  if (authorization.to !== asked.payTo) return 'payee'
  return authorization.maximumAtomic === asked.maximumAtomic ? undefined : 'amount'
}
