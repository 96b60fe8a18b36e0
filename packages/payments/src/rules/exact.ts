/** EIP-3009 authorizations and the keys of commitments (specs/0022-machine-payments.md sections 2 and 4). Times in Unix seconds. */
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
  typedDigest,
  typeHash,
  utf8ToBytes,
} from '@koinon/base'
import type { Asset, TransferAuthorization } from './terms.ts'

const members = '(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)'
const typeHashes = {
  transfer: typeHash(`TransferWithAuthorization${members}`),
  receive: typeHash(`ReceiveWithAuthorization${members}`),
} as const

/** An authorization without its signature. */
export type UnsignedTransfer = Omit<TransferAuthorization, 'signature'>

/** `transfer`: anybody may submit it. `receive`: only the payee may, as a channel's collector does. */
export type AuthorizationKind = keyof typeof typeHashes

/** EIP-712 digest that the payer signs, under the token's own domain. Throws `base/out-of-range`, `base/bad-hex`. */
export function authorizationDigest(
  authorization: UnsignedTransfer,
  asset: Pick<Asset, 'name' | 'version'>,
  chainId: number,
  kind: AuthorizationKind = 'transfer',
): Uint8Array {
  const separator = domainSeparator({
    name: asset.name,
    version: asset.version,
    chainId,
    verifyingContract: authorization.token,
  })
  return typedDigest(separator, typeHashes[kind], [
    addressWord(authorization.from),
    addressWord(authorization.to),
    integerWord(authorization.valueAtomic),
    integerWord(authorization.validAfter),
    integerWord(authorization.validBefore),
    bytes32Word(authorization.nonce),
  ])
}

/** Key of an `exact` commitment: keccak256(token | payer | nonce), whole words. */
export function exactKey(token: Address, payer: Address, nonce: Hex): Hex {
  return keyOf(addressWord(token), addressWord(payer), bytes32Word(nonce))
}

/** Key of an `upTo` commitment: keccak256("upto" | token | payer | nonce); the text is a word filled up with zeros on the right. */
export function upToKey(token: Address, payer: Address, nonce: bigint): Hex {
  return keyOf(upToWord, addressWord(token), addressWord(payer), integerWord(nonce))
}

/** Key of a `channel` commitment: keccak256(channelId | maxClaimableAmount). */
export function channelKey(channelId: Hex, maxClaimableAtomic: bigint): Hex {
  return keyOf(bytes32Word(channelId), integerWord(maxClaimableAtomic, 128))
}

/** Nonce of the authorization that fills a channel: keccak256(channelId | salt), which ties the money to the channel. */
export function depositNonceOf(channelId: Hex, salt: Hex): Hex {
  return keyOf(bytes32Word(channelId), bytes32Word(salt))
}

/** Bounds on how long before its end an authorization is taken. */
export type TimeWindow = { readonly leastAheadSeconds: bigint; readonly mostAheadSeconds: bigint }

/** Of specs/0022 section 4: at least 6 s, at most an hour. */
export const sellerWindow: TimeWindow = { leastAheadSeconds: 6n, mostAheadSeconds: 3_600n }

/** Why the times do not suit at `nowSeconds`, or undefined when they do. `far`: it would stay open longer than the window allows. */
export function timeObjection(
  times: Pick<TransferAuthorization, 'validAfter' | 'validBefore'>,
  nowSeconds: bigint,
  window: TimeWindow = sellerWindow,
): 'expired' | 'not-yet-valid' | 'far' | undefined {
  if (times.validBefore < nowSeconds + window.leastAheadSeconds) return 'expired'
  if (times.validAfter >= nowSeconds) return 'not-yet-valid'
  return times.validBefore > nowSeconds + window.mostAheadSeconds ? 'far' : undefined
}

/** What of an authorization differs from what was asked, or undefined: exactly this amount of this token to this payee. */
export function authorizationObjection(
  authorization: UnsignedTransfer,
  asked: { readonly token: Address; readonly payTo: Address; readonly amountAtomic: bigint },
): 'token' | 'payee' | 'amount' | undefined {
  if (authorization.token !== asked.token) return 'token'
  if (authorization.to !== asked.payTo) return 'payee'
  return authorization.valueAtomic === asked.amountAtomic ? undefined : 'amount'
}

const upToWord = concatBytes(utf8ToBytes('upto'), new Uint8Array(28))

function keyOf(...words: readonly Uint8Array[]): Hex {
  return bytesToHex(keccak256(concatBytes(...words)))
}
