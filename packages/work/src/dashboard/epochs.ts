/** `GET /api/epochs` and `/api/epochs/{netuid}/{epoch}`. Amounts are alpha, decimal strings of atomic units. */
import type { Check, CheckState } from '../verdict.ts'

/** `noResult`: the time for one is over. */
export type EpochState = 'open' | 'pending' | 'active' | 'disabled' | 'noResult'

/** One epoch: the result's two totals, and what was claimed of it in both parts and in all. */
export type EpochJson = {
  readonly netuid: number
  readonly epoch: number
  readonly phase: string
  readonly startsAtSeconds: number
  readonly beacon?: string
  readonly root?: string
  readonly state: EpochState
  readonly signedStakeAtomic?: string
  readonly minersTotalAtomic?: string
  readonly dividendsTotalAtomic?: string
  /** Paid to miners, to validators and their stakers, and both together. */
  readonly minedAtomic: string
  readonly dividendsAtomic: string
  readonly paidAtomic: string
}

/** Newest first. */
export type EpochsJson = { readonly asOfBlock: number; readonly epochs: readonly EpochJson[] }

/** What one was paid as a miner, as a validator, both, and all that the seat's holder was paid so far. */
export type PayoutJson = {
  readonly account: string
  readonly uid?: number
  readonly minedAtomic: string
  readonly dividendsAtomic: string
  readonly amountAtomic: string
  readonly cumulativeAtomic: string
  readonly why: string
}

/** An epoch with its revealed rows, payouts, and what validators say that they checked. */
export type EpochDetailJson = EpochJson & {
  readonly asOfBlock: number
  readonly weights: readonly {
    readonly validatorUid: number
    /** Who opened it with the beacon, where its validator stayed silent. */
    readonly openedBy?: string
    readonly row: readonly (readonly [uid: number, weight: number])[]
  }[]
  readonly payouts: readonly PayoutJson[]
  readonly checks: readonly {
    readonly validatorUid: number
    readonly minerUid: number
    readonly receiptId: string
    readonly checks: readonly Check[]
  }[]
  /** Looks that stand in the validators' logs only. */
  readonly checksLeftOut: number
}

/** One validator's look at one receipt. */
export type AuditJson = { readonly validatorUid: number; readonly epoch: number; readonly state: CheckState }
