/** Plays worlds for a league and counts what its players take. */
import { type Attack, honestPlay, type Match } from './attack.ts'
import { gainPpm } from './gain.ts'
import type { LeagueAggregator } from './league-aggregator.ts'
import { playWorld, takingsOf } from './play.ts'
import type { WorldSettings } from './settings.ts'
import type { World } from './world.ts'

/** Plays one twin of a match and gives the player's takings. */
export type Scorekeeper = {
  gain(match: Match, attack: Attack, settings: WorldSettings, aggregator: LeagueAggregator): bigint | undefined
  readonly epochsPlayed: number
}

/** The seeds of a league, one a world. */
export function seedsOf(seed: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${seed}/${index}`)
}

/** Plays twins; an honest world that several attacks share is played once. */
export function createScorekeeper(): Scorekeeper {
  const honestWorlds = new Map<string, World>()
  let epochsPlayed = 0
  const play = (settings: WorldSettings, aggregator: LeagueAggregator, hooks: ReturnType<Match['attack']>): World => {
    epochsPlayed += settings.epochs
    return playWorld(settings, aggregator, hooks)
  }
  const honestWorld = (match: Match, attack: Attack, settings: WorldSettings, aggregator: LeagueAggregator): World => {
    const hooks = match.honest()
    const isPlain = hooks === honestPlay
    // Who plays honestly sees no difference between these.
    const same = { rows: 'sealed', hiddenEpochs: 0, probes: 'blind', scored: 'answers', ownerKeys: 'paid' } as const
    const key = JSON.stringify([
      aggregator.name,
      isPlain ? '' : attack.name,
      isPlain ? { ...settings, ...same } : settings,
    ])
    const known = honestWorlds.get(key)
    if (known !== undefined) return known
    const world = play(settings, aggregator, hooks)
    honestWorlds.set(key, world)
    return world
  }
  return {
    gain: (match, attack, settings, aggregator) => {
      const honest = takingsOf(match.player, honestWorld(match, attack, settings, aggregator))
      return gainPpm(takingsOf(match.player, play(settings, aggregator, match.attack())), honest)
    },
    get epochsPlayed() {
      return epochsPlayed
    },
  }
}
