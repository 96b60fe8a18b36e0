import { isKoinonError } from '@koinon/base'

/** What a call ends with that was never sent: the contract says no, or, on one engine or another, it takes more gas than a transaction may. */
const codes: ReadonlySet<string> = new Set(['ledger/refused', 'ledger/rpc-failed'])

/** Whether a smaller portion of the same may go through. */
export function isRefusal(error: unknown): boolean {
  return isKoinonError(error) && codes.has(error.code)
}
