/** An attack: who plays it, what the player does, and what is said to mend it. */
import type { Play, Player } from './play.ts'
import type { WorldSettings } from './settings.ts'
import type { World } from './world.ts'

/** A change of rules that is said to make an attack worthless; the league plays the attack again with it. */
export type Mend = {
  /** What changes, as the report says it. */
  readonly title: string
  /** The world with the change; the same world when only the aggregator changes. */
  world(settings: WorldSettings): WorldSettings
  /** Aggregator to settle by instead, by name. */
  readonly aggregator?: string
  /** What it does not mend, a sentence. */
  readonly but?: string
}

/** The cap as a mend, with what it opens. */
export const stakeCap: Mend = {
  title: 'stake capped at the 88th percentile',
  world: asItIs,
  aggregator: 'yuma3Capped',
  but: 'But a cap counts keys, not people: who splits a stake evades it, and many small keys become a majority (see both attacks).',
}

/** What one player of one world may do: the attack, and the honest play that it is measured against. */
export type Match = {
  readonly player: Player
  /** Fresh hooks a run, because a play may remember. */
  honest(): Play
  attack(): Play
}

export type Attack = {
  /** As typed after `--attacks`. */
  readonly name: string
  /** As shown in a report. */
  readonly title: string
  /** What it does and what it hopes to gain, one or two sentences. */
  readonly hope: string
  /** Why it pays where it does. */
  readonly reason: string
  /** Why it fails where it does. */
  readonly failure: string
  readonly mends: readonly Mend[]
  /** What the world of both twins must have for the attack to be possible. */
  world(settings: WorldSettings): WorldSettings
  /** Casts the player into a world of these settings that has not begun. */
  match(world: World): Match
}

/** Honest play: no hook at all. */
export const honestPlay: Play = {}

/** A world that needs nothing special. */
export function asItIs(settings: WorldSettings): WorldSettings {
  return settings
}

/** A validator of middling rank: the larger stakes are ahead of it, most validators behind. */
export function middlingValidator({ settings }: World): number {
  return Math.floor(settings.validators / 8)
}

/** The miner whose quality has as many above it as below. */
export function medianMiner(world: World): number {
  const order = Array.from(world.quality, (_, miner) => miner).sort(
    (a, b) => (world.quality[a] as number) - (world.quality[b] as number) || a - b,
  )
  return order[Math.floor(order.length / 2)] as number
}

/** The first eighth of the miners, at least two: a circle whose quality is that of any other. */
export function circleOfMiners({ settings }: World): readonly number[] {
  return Array.from({ length: Math.max(2, Math.floor(settings.miners / 8)) }, (_, miner) => miner)
}
