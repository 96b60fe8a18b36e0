/** What decides pay in a world: rows and stake in, shares out, bonds carried inside a run. */

/** What an aggregator sees of an epoch; layouts as in `World`. */
export type EpochInput = {
  readonly epoch: number
  readonly stake: Float64Array
  readonly rows: Float64Array
  readonly registeredEpoch: Int32Array
}

/** Parts of 2^32, as exact doubles: incentive and consensus by seat, dividends by validator. */
export type Shares = {
  readonly incentive: ArrayLike<number>
  readonly dividends: ArrayLike<number>
  readonly consensus: ArrayLike<number>
}

/** One run of an aggregator over epochs in order. */
export type AggregatorRun = {
  /** Settles an epoch and carries its bonds to the next. */
  settle(input: EpochInput): Shares
  /** What an epoch with these rows would agree on, by seat; carries nothing. */
  preview(input: EpochInput): ArrayLike<number>
}

export type LeagueAggregator = {
  /** As subnet files name it, and as typed after `--aggregators`. */
  readonly name: string
  /** As shown in a report. */
  readonly title: string
  /** One sentence. */
  readonly about: string
  start(validators: number, miners: number): AggregatorRun
}
