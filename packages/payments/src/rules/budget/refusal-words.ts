import { KoinonError } from '@koinon/base'
import type { BudgetRefusal } from './decide.ts'

/** Why a budget refuses, as one sentence. */
export const refusalWords: Readonly<Record<BudgetRefusal, string>> = {
  'not-yet-valid': 'The grant does not hold yet',
  expired: 'The grant has ended',
  revoked: 'The owner revoked the grant',
  'wrong-asset': 'The grant is for another asset',
  'contract-not-allowed': 'The grant does not name this function of this contract',
  'alert-only': 'The grant lets the agent report only, not pay',
  'receiver-not-allowed': 'The grant does not name this receiver',
  'service-not-allowed': 'The grant does not name this service',
  'method-not-allowed': 'The grant does not name this method and path',
  'over-call': 'The amount is more than one call may cost',
  'over-period': 'The amount is more than is left in this period',
  'over-total': 'The amount is more than is left in all',
}

/** The refusal as an error: `payments/budget-refused`, its `details` with code and level (0 is the owner's grant). */
export function budgetRefused(code: BudgetRefusal, level: number): KoinonError {
  return new KoinonError({
    code: 'payments/budget-refused',
    message: refusalWords[code],
    hint: 'Ask the owner for another grant (koinon budget grant), or see what is left with koinon budget explain.',
    retry: code === 'over-period' || code === 'not-yet-valid' ? 'later' : 'never',
    details: { reason: code, level },
  })
}
