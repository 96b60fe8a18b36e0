/** The plug point between validators' rows and shares of the emission. */
import type { Address, Hex } from '@koinon/base'
import type { WeightRow } from './weight-row.ts'

/** A validator with a permit in this epoch. `uid` is its own seat, if it still has one; `row` is undefined when not revealed. */
export type RankingValidator = {
  readonly hotkey: Address
  readonly uid: number | undefined
  /** Permitted stake at the epoch's start, atomic units (1e-18 token), halved for each epoch that its row stands in for a missing one. */
  readonly stake: bigint
  /** Without seats that changed hands since it was made. */
  readonly row: WeightRow | undefined
  /** Sum of all weights that were revealed, also of those left out of `row`; the sum of `row` when absent. */
  readonly rowTotal?: number
}

export type AggregatorInput = {
  /** Seats at the end of the epoch, ascending. */
  readonly uids: readonly number[]
  /** Who holds each of these seats, in the order of `uids`: state that is carried follows the holder, not the number. */
  readonly hotkeys: readonly Address[]
  /** All permitted validators, ascending by hotkey, whether they revealed or not. */
  readonly validators: readonly RankingValidator[]
  /** Permitted stake of all of them, whole; the sum of their stakes when absent. */
  readonly permittedStake?: bigint
  /** What this aggregator returned as `carry` in the last active result of the subnet; `0x` in the first. */
  readonly carried: Hex
  /**
   * Hotkeys that a verdict about this epoch struck out, miners or validators; none when left out. Only `refereed` looks at them, which no
   * subnet can name yet: nothing brings verdicts in this version.
   */
  readonly struck?: readonly Address[]
}

/** All arrays follow the order of the input; all numbers are Q32 (parts of 2^32). */
export type AggregatorOutput = {
  /** By which the miners' emission is divided, per uid; at most 2^32 each, all 0 when nobody earned. */
  readonly incentive: readonly bigint[]
  /** By which the validators' emission is divided, per validator; at most 2^32 each. */
  readonly dividends: readonly bigint[]
  /** Agreed value per uid. */
  readonly consensus: readonly bigint[]
  /** What the aggregator keeps of each seat in its word, per uid, below 2^128; all 0 when left out. */
  readonly own?: readonly bigint[]
  /** State for the next epoch, `0x` when the aggregator keeps none. */
  readonly carry: Hex
}

/** A versioned, pure, integer function. Two with the same `specHash` give the same bits everywhere. */
export type Aggregator = {
  readonly name: string
  readonly version: number
  readonly specHash: Hex
  aggregate(input: AggregatorInput): AggregatorOutput
}
