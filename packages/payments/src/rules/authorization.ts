/** EIP-3009 transfers as payment for one call (specs/0022-machine-payments.md section 4): digest, key and the terms they must meet. */
import {
  addressWord,
  bytes32Word,
  bytesToHex,
  concatBytes,
  domainSeparator,
  type Hex,
  integerWord,
  KoinonError,
  keccak256,
  typedDigest,
  typeHash,
} from '@koinon/base'
import type { Asset, PaymentTerms, TransferAuthorization } from './terms.ts'

/** An authorization must hold at least this long when it comes, or the chain may never see it in time. */
export const minimumValiditySeconds = 6n
/** And no longer than this: what is signed and not settled is money that its payer cannot count on. */
export const maximumValiditySeconds = 3600n

const transferTypeHash = typeHash(
  'TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
)

/** EIP-712 digest that the payer signs, under the token's own domain. */
export function transferDigest(authorization: TransferAuthorization, chainId: number, asset: Asset): Uint8Array {
  const domain = { name: asset.name, version: asset.version, chainId, verifyingContract: asset.token }
  return typedDigest(domainSeparator(domain), transferTypeHash, [
    addressWord(authorization.from),
    addressWord(authorization.to),
    integerWord(authorization.valueAtomic),
    integerWord(authorization.validAfter),
    integerWord(authorization.validBefore),
    bytes32Word(authorization.nonce),
  ])
}

/** The commitment's key for ever: keccak256(token | from | nonce), each of whole words. */
export function authorizationKey(authorization: Pick<TransferAuthorization, 'token' | 'from' | 'nonce'>): Hex {
  const { token, from, nonce } = authorization
  return bytesToHex(keccak256(concatBytes(addressWord(token), addressWord(from), bytes32Word(nonce))))
}

/**
 * Holds an authorization against the terms of the request that brought it. Throws `payments/commitment-mismatch` (asset, payee, amount)
 * or `payments/authorization-expired`, `payments/authorization-early`, `payments/authorization-too-long`.
 */
export function checkAuthorization(authorization: TransferAuthorization, terms: PaymentTerms, nowSeconds: number): void {
  const { validAfter, validBefore } = authorization
  if (authorization.token !== terms.asset.token) throw commitmentMismatch('asset', authorization.token, terms.asset.token)
  if (authorization.to !== terms.payTo) throw commitmentMismatch('payTo', authorization.to, terms.payTo)
  if (authorization.valueAtomic !== terms.maximumAtomic) {
    throw commitmentMismatch('amount', authorization.valueAtomic.toString(), terms.maximumAtomic.toString())
  }
  const now = BigInt(nowSeconds)
  if (validAfter > now) throw refused('payments/authorization-early', `It holds only from second ${validAfter} on`)
  if (validBefore < now + minimumValiditySeconds) {
    throw refused('payments/authorization-expired', `It ends at second ${validBefore}, it is ${now}`)
  }
  if (validBefore > now + maximumValiditySeconds) {
    throw refused('payments/authorization-too-long', `It holds until second ${validBefore}, it is ${now}`)
  }
}

/** The error of a commitment that is not for what is sold. */
export function commitmentMismatch(field: string, found: string, wanted: string): KoinonError {
  return new KoinonError({
    code: 'payments/commitment-mismatch',
    message: `The payment is not for this call: its ${field} is ${found}, not ${wanted}`,
    hint: 'Ask for the terms again and pay exactly those.',
    details: { status: 402, field, found, wanted },
  })
}

function refused(code: string, message: string): KoinonError {
  return new KoinonError({ code, message, hint: 'Sign a new authorization.', details: { status: 402 } })
}
