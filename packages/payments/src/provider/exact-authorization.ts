/** What `exact` and `upTo` authorizations have in common for a seller: a name, a back end, and what moves for a charge. */
import { type Hex, KoinonError } from '@koinon/base'
import { exactKey, upToKey } from '../rules/exact.ts'
import { isUpTo } from '../rules/up-to.ts'
import type { PaymentAuthorization } from './settler.ts'

/** Names the payment for ever. */
export function keyOf(authorization: PaymentAuthorization): Hex {
  const { token, from, nonce } = authorization
  return isUpTo(authorization) ? upToKey(token, from, BigInt(nonce)) : exactKey(token, from, nonce)
}

/** By which an authorization moves. */
export function backEndOf(authorization: PaymentAuthorization): 'exact' | 'upTo' {
  return isUpTo(authorization) ? 'upTo' : 'exact'
}

/** What is to move for a charge: of `upTo` that much, of `exact` the price or nothing. Throws `payments/bad-amount`. */
export function askedOf(
  authorization: PaymentAuthorization,
  chargedAtomic: bigint,
  isPaid: boolean,
): PaymentAuthorization {
  const { valueAtomic } = authorization
  if (isPaid) return authorization
  if (isUpTo(authorization)) {
    if (chargedAtomic < 0n || chargedAtomic > valueAtomic) throw notThePrice(valueAtomic, 'at most')
    return { ...authorization, valueAtomic: chargedAtomic }
  }
  if (chargedAtomic !== 0n && chargedAtomic !== valueAtomic) throw notThePrice(valueAtomic, 'exactly')
  return authorization
}

function notThePrice(maximumAtomic: bigint, bound: 'at most' | 'exactly'): KoinonError {
  return new KoinonError({
    code: 'payments/bad-amount',
    message: `This payment moves ${bound} ${maximumAtomic} atomic units, or nothing`,
  })
}
