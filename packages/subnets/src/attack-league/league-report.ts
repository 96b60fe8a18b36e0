/** What a league tells: of each attack, of copied rows by age, and of a subnet file's own functions. */
import type { Gain, Verdict } from './gain.ts'
import type { WorldSettings } from './settings.ts'

/** An attack under one aggregator; `gain` is undefined where honest play earns nothing. */
export type Cell = { readonly aggregator: string; readonly gain: Gain | undefined; readonly verdict: Verdict }

export type MendResult = {
  readonly title: string
  /** Under which the attack paid, and under which it was played again. */
  readonly aggregator: string
  readonly mendedAggregator: string
  readonly before: Gain
  readonly after: Gain | undefined
  /** Mended when the attack no longer pays. */
  readonly verdict: Verdict
  /** What it does not mend; empty when nothing is known. */
  readonly but: string
}

export type AttackResult = {
  readonly name: string
  readonly title: string
  readonly hope: string
  /** Part of the stake that the player's validators hold in the first world, millionths; and how many miners it has. */
  readonly stakePpm: number
  readonly miners: number
  readonly cells: readonly Cell[]
  readonly mends: readonly MendResult[]
  /** Said where it pays somewhere, and where it fails somewhere. */
  readonly reason: string
  readonly failure: string
}

/** What copying rows of a certain age earns, for one pace of change of the miners. */
export type AgeCurve = {
  readonly driftPpm: number
  readonly points: readonly { readonly ageEpochs: number; readonly gain: Gain }[]
}

/** What a subnet file's own functions make of a kind of answers. */
export type Behaviour = {
  readonly name: string
  readonly title: string
  /** How such answers are made. */
  readonly about: string
  /** Mean score, millionths. */
  readonly scorePpm: number
}

export type LeagueReport = {
  readonly v: 2
  readonly world: WorldSettings
  readonly seeds: number
  readonly aggregators: readonly { readonly name: string; readonly title: string; readonly about: string }[]
  readonly attacks: readonly AttackResult[]
  /** Empty unless a copier was played. */
  readonly copierAges: { readonly aggregator: string; readonly noisePpm: number; readonly curves: readonly AgeCurve[] }
  /** Empty unless a subnet file was given. */
  readonly behaviours: readonly Behaviour[]
  /** Worlds' epochs that were played for all of it. */
  readonly epochsPlayed: number
}

export type LeagueProgress = {
  readonly text: string
  readonly epochsPlayed: number
  readonly donePpm: number
  /** A report of the attacks that are played to their end, without the curve of a copier. */
  soFar(): LeagueReport
}
