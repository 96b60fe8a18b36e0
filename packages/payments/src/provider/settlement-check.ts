/** Looks at a move before it is sent (specs/0022-machine-payments.md section 9). */
import type { Clock } from '@koinon/base'
import { timeObjection } from '../rules/exact.ts'
import type { AuthorizedMove } from './authorized-move.ts'
import type { SettlementBook } from './settlement-book.ts'
import type { SettlementProbe } from './settlement-probe.ts'
import type { SettlementCheck, SettlementRefusal } from './settler.ts'

export type RefusedMove = Extract<SettlementCheck, { state: 'refused' }>

export type MoveChecks = {
  readonly book: SettlementBook
  readonly probe: SettlementProbe
  readonly clock: Clock
  /** As of `LedgerSettlerOptions`. */
  readonly leastCreatingAtomic?: bigint | undefined
}

/** The seller's own window is narrower; here only what cannot be mined any more is kept away. */
const window = { leastAheadSeconds: 3n, mostAheadSeconds: 1n << 64n }

/** Signature, times, nonce, balance, and a dry run that shows what the payee would gain. */
export async function checkMove(parts: MoveChecks, move: AuthorizedMove): Promise<SettlementCheck> {
  const { probe, clock } = parts
  const isCreated = move.prepare !== undefined && !(await probe.isContract(move.from))
  const refusal = isCreated ? await creationRefusal(parts, move) : undefined
  if (refusal !== undefined) return refusal
  const nowSeconds = BigInt(Math.floor(clock.nowMs() / 1000))
  const run = await probe.dryRun(isCreated ? move : withoutCreation(move))
  if (run.isNonceUsed) return refused('nonce-used', 'the authorization was used or cancelled')
  const expected = move.from === move.gains ? 0n : move.valueAtomic
  if (run.isAccepted && run.gainedAtomic === expected && move.valueAtomic > 0n) {
    const late = timeObjection(move, nowSeconds, window) === 'expired'
    return late ? refused('expired', `it ends at ${move.validBefore}, too soon to be mined`) : { state: 'payable' }
  }
  const times = timeObjection(move, nowSeconds, window)
  if (times === 'expired') return refused('expired', `it ended at ${move.validBefore}, or is about to`)
  if (times === 'not-yet-valid') return refused('not-yet-valid', `it begins after ${move.validAfter}`)
  if (run.payerBalanceAtomic < move.valueAtomic)
    return refused('insufficient-funds', `the payer has ${run.payerBalanceAtomic} of ${move.valueAtomic}`)
  if (run.allowanceAtomic < move.valueAtomic && move.isKeySigned)
    return refused('allowance-missing', `the payer allows Permit2 ${run.allowanceAtomic} of ${move.valueAtomic}`)
  if (run.isAccepted) return refused('reverted', `the payee would gain ${run.gainedAtomic} of ${move.valueAtomic}`)
  return move.isKeySigned
    ? refused('reverted', 'the token refuses it')
    : refused('bad-signature', 'neither the payer nor a contract of it signed this')
}

/** A factory that the payer names runs at our expense: only for what is worth it, and once for each wallet that never came to be. */
async function creationRefusal(
  { book, leastCreatingAtomic = 0n }: MoveChecks,
  move: AuthorizedMove,
): Promise<RefusedMove | undefined> {
  if (move.valueAtomic < leastCreatingAtomic)
    return refused(
      'wallet-missing',
      `the payer's wallet is created for payments from ${leastCreatingAtomic} atomic units on`,
    )
  return (await book.failuresOf(move.from, 0)) > 0
    ? refused('wallet-missing', "creating the payer's wallet failed before")
    : undefined
}

/** An account that exists is not created again at our expense. */
export function withoutCreation(move: AuthorizedMove): AuthorizedMove {
  const { prepare: _created, ...existing } = move
  return existing
}

/** The refusal of a settlement, with words for people. */
export function refused(reason: SettlementRefusal, detail: string): RefusedMove {
  return { state: 'refused', reason, detail }
}

/** Refused for good: the nonce went with another transfer. */
export function otherUse(): RefusedMove {
  return refused('nonce-used', 'its nonce was used for something else')
}

/** Tells a refusal from what would have been sent. */
export function isRefusedMove(value: AuthorizedMove | RefusedMove): value is RefusedMove {
  return 'state' in value
}
