import { KoinonError } from '@koinon/base'
import type { SpendEntry } from './spend-ledger.ts'

/** Proposals that may wait at once. */
export const maximumProposals = 100

/** Nothing is signed for it any more. */
export function isOver({ state }: SpendEntry): boolean {
  return state === 'released' || state === 'denied'
}

export function idUsed(entry: SpendEntry): KoinonError {
  return new KoinonError({
    code: 'payments/budget-id-used',
    message: isOver(entry) ? 'This payment is over' : 'Another intent has this id already',
    hint: 'Give each payment an id of its own; ask again with the very same intent for the same signature.',
    details: { state: entry.state },
  })
}

export function full(): KoinonError {
  return new KoinonError({
    code: 'payments/budget-full',
    message: `${maximumProposals} proposals wait for the owner already`,
    hint: 'Approve or deny them (koinon budget approve).',
    retry: 'later',
  })
}

export function denied(): KoinonError {
  return new KoinonError({
    code: 'payments/budget-denied',
    message: 'The owner denied this payment',
    hint: 'Do not ask for it again.',
  })
}

export function notOwner(): KoinonError {
  return new KoinonError({
    code: 'payments/budget-not-owner',
    message: 'This is not signed by the owner of the budget',
    hint: 'Approvals and revocations are signed with the account that signed the first grant.',
  })
}

export function unknownIntent(): KoinonError {
  return new KoinonError({
    code: 'payments/budget-unknown-intent',
    message: 'No intent with this id was signed under this budget',
    hint: 'See what is open with koinon budget explain.',
  })
}
