/** Holds an exact payment against the terms of the request that brought it (specs/0022-machine-payments.md section 4). */
import { KoinonError } from '@koinon/base'
import { authorizationObjection, timeObjection } from './exact.ts'
import type { PaymentTerms, TransferAuthorization, UpToAuthorization } from './terms.ts'
import { isUpTo, upToObjection } from './up-to.ts'

/**
 * Of `upTo` the amount is the ceiling. Throws `payments/commitment-mismatch` (asset, payee, amount) or `payments/authorization-expired`, `payments/authorization-early`,
 * `payments/authorization-too-long`.
 */
export function checkAuthorization(
  authorization: TransferAuthorization | UpToAuthorization,
  terms: PaymentTerms,
  nowSeconds: number,
): void {
  const { asset, payTo, maximumAtomic } = terms
  const { token } = asset
  const difference = isUpTo(authorization)
    ? upToObjection(authorization, { token, payTo, maximumAtomic })
    : authorizationObjection(authorization, { token, payTo, amountAtomic: maximumAtomic })
  if (difference === 'token') throw commitmentMismatch('asset', authorization.token, token)
  if (difference === 'payee') throw commitmentMismatch('payTo', authorization.to, payTo)
  if (difference === 'amount') {
    throw commitmentMismatch('amount', authorization.valueAtomic.toString(), maximumAtomic.toString())
  }
  const times = timeObjection(authorization, BigInt(nowSeconds))
  if (times === undefined) return
  const [code, message] = {
    'not-yet-valid': ['payments/authorization-early', `It holds only after second ${authorization.validAfter}`],
    expired: ['payments/authorization-expired', `It ends at second ${authorization.validBefore}, it is ${nowSeconds}`],
    far: ['payments/authorization-too-long', `It holds until second ${authorization.validBefore}, it is ${nowSeconds}`],
  }[times] as [string, string]
  throw new KoinonError({ code, message, hint: 'Sign a new authorization.', details: { status: 402 } })
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
