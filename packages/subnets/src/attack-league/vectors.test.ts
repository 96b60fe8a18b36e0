import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { gainPpm } from './gain.ts'
import { aggregatorsNamed, attacksNamed } from './league.ts'
import { playWorld, type Takings, takingsOf } from './play.ts'
import { createLeagueRandom } from './random.ts'
import type { WorldSettings } from './settings.ts'
import { World } from './world.ts'

type Vectors = {
  readonly streams: readonly { readonly seed: string; readonly label: string; readonly uint32: readonly number[] }[]
  readonly world: WorldSettings
  readonly games: readonly {
    readonly attack: string
    readonly aggregator: string
    readonly honest: Takings
    readonly attacked: Takings
    readonly gainPpm: string
  }[]
}
const path = new URL('../../../../specs/vectors/attack-league.json', import.meta.url)
const { streams, world, games } = JSON.parse(readFileSync(path, 'utf8')) as Vectors

describe('specs/vectors/attack-league.json', () => {
  it.each(streams)('stream of "$seed", "$label"', ({ seed, label, uint32 }) => {
    const random = createLeagueRandom(seed, label)
    expect(uint32.map(() => random.nextUint32())).toEqual(uint32)
  })

  it.each(games)('$attack under $aggregator', ({ attack, aggregator, honest, attacked, gainPpm: gain }) => {
    const [played] = attacksNamed([attack])
    const [settledBy] = aggregatorsNamed([aggregator])
    if (played === undefined || settledBy === undefined) throw new Error('the vectors name what is not there')
    const settings = played.world(world)
    const match = played.match(new World(settings))
    const [fair, foul] = [match.honest(), match.attack()].map((play) =>
      takingsOf(match.player, playWorld(settings, settledBy, play)),
    )
    expect(fair).toEqual(honest)
    expect(foul).toEqual(attacked)
    expect(String(gainPpm(foul as Takings, fair as Takings))).toBe(gain)
  })
})
