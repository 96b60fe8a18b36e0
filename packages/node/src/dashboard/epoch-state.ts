/** What an epoch and an audit came to, in one word each. Pure. */
import { type EpochWindow, type Subnet, unpackRow } from '@koinon/subnets'
import type { Check, CheckState } from '@koinon/work'

/**
 * `open`: no result yet and time left for one. Without a result when its root phase is over, an epoch is `nobodyEarned` where its
 * rows give nobody a share (specs/0007-epochs.md section 6: there was nothing to sign) and `noQuorum` where they do.
 */
export type EpochState = 'open' | 'pending' | 'active' | 'disabled' | 'noQuorum' | 'nobodyEarned'

/** The result that was submitted for an epoch; times are Unix seconds of the ledger. */
export type SubmittedResult = { readonly activatesAt: number; readonly isDisabled: boolean }

/** True when the root phase of an epoch is over: it ends with the epoch that follows. */
export function isJudged(window: EpochWindow, nowSeconds: number): boolean {
  return nowSeconds >= window.endsAtSeconds + (window.endsAtSeconds - window.startsAtSeconds)
}

export function submittedState(result: SubmittedResult, nowSeconds: number): 'pending' | 'active' | 'disabled' {
  if (result.isDisabled) return 'disabled'
  return result.activatesAt <= nowSeconds ? 'active' : 'pending'
}

type Reads = {
  readonly seats: readonly { readonly uid: number; readonly hotkey: `0x${string}` }[]
  readonly permitted: readonly { readonly hotkey: `0x${string}`; readonly stake: bigint }[]
  readonly reveals: readonly { readonly hotkey: string; readonly row: `0x${string}` }[]
}

/** Whether the revealed rows give any miner a share, by the rule that validators sign by. */
export function hasEarners({ seats, permitted, reveals }: Reads, aggregator: Subnet['aggregator']): boolean {
  const ascending = [...seats].sort((a, b) => a.uid - b.uid)
  const uidOf = new Map(seats.map(({ uid, hotkey }) => [hotkey, uid]))
  const rowOf = new Map(reveals.map(({ hotkey, row }) => [hotkey, unpackRow(row)]))
  const { incentive } = aggregator.aggregate({
    uids: ascending.map(({ uid }) => uid),
    hotkeys: ascending.map(({ hotkey }) => hotkey),
    validators: permitted.map(({ hotkey, stake }) => ({
      hotkey,
      stake,
      uid: uidOf.get(hotkey),
      row: rowOf.get(hotkey),
    })),
    carried: '0x',
  })
  return incentive.some((share) => share > 0n)
}

/** What a validator's checks of one receipt came to: a pass needs one that passed, because nobody looked where all are `notChecked`. */
export function auditState(checks: readonly Check[]): CheckState {
  if (checks.some(({ state }) => state === 'fail')) return 'fail'
  return checks.some(({ state }) => state === 'pass') ? 'pass' : 'notChecked'
}
