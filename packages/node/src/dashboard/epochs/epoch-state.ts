/** What an epoch and an audit came to, in one word each. Pure. */
import type { EpochWindow } from '@koinon/subnets'
import type { Check, CheckState } from '@koinon/work'

/** The result that was submitted for an epoch; time is the ledger's. */
export type SubmittedResult = { readonly activatesAtSeconds: number; readonly isDisabled: boolean }

/**
 * `open` while there is time left for a result, `noResult` when the root phase is over: it ends with the epoch that follows
 * (specs/0007-epochs.md section 6).
 */
export function stateWithoutResult(window: EpochWindow, nowSeconds: number): 'open' | 'noResult' {
  return nowSeconds < window.endsAtSeconds + (window.endsAtSeconds - window.startsAtSeconds) ? 'open' : 'noResult'
}

export function submittedState(result: SubmittedResult, nowSeconds: number): 'pending' | 'active' | 'disabled' {
  if (result.isDisabled) return 'disabled'
  return result.activatesAtSeconds <= nowSeconds ? 'active' : 'pending'
}

/** What a validator's checks of one receipt came to: a pass needs one that passed, because nobody looked where all are `notChecked`. */
export function auditState(checks: readonly Check[]): CheckState {
  if (checks.some(({ state }) => state === 'fail')) return 'fail'
  return checks.some(({ state }) => state === 'pass') ? 'pass' : 'notChecked'
}
