/** Each attack does what it says, and earns what the theory of clipping and bonds says it must. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Attack } from '../attack.ts'
import { aggregatorsNamed } from '../league.ts'
import type { LeagueAggregator } from '../league-aggregator.ts'
import { playWorld, type Takings, takingsOf } from '../play.ts'
import { createScorekeeper } from '../scorekeeper.ts'
import { defaultWorld, type WorldSettings } from '../settings.ts'
import { heldPpm, holdersUpTo } from '../stakes.ts'
import { World } from '../world.ts'
import { attacks } from './index.ts'
import { nameOnly } from './under-weighter.ts'

const settings: WorldSettings = { ...defaultWorld, validators: 24, miners: 24, epochs: 60 }
const named = (name: string): Attack => attacks.find((attack) => attack.name === name) as Attack
const by = (name: string): LeagueAggregator => aggregatorsNamed([name])[0] as LeagueAggregator

/** Percent over honest play, one seed. */
function gain(attack: string, aggregator = 'yuma3', change: Partial<WorldSettings> = {}): number {
  const played = named(attack)
  const world = { ...played.world(settings), ...change }
  const ppm = createScorekeeper().gain(played.match(new World(world)), played, world, by(aggregator))
  return Number(ppm) / 10_000
}

function mended(attack: string, mend: number, aggregator = 'yuma3'): number {
  const played = named(attack)
  const change = played.mends[mend]
  if (change === undefined) throw new Error(`${attack} has no mend ${mend}`)
  return gain(attack, change.aggregator ?? aggregator, change.world(played.world(settings)))
}

describe('the weight copier', () => {
  it.each(['yuma2', 'yuma3', 'yuma3Liquid', 'yuma3Capped', 'stakeMedian'])(
    'earns more than the honest with open rows and less with sealed ones under %s',
    (aggregator) => {
      expect(gain('copier-open', aggregator)).toBeGreaterThan(0.5)
      expect(gain('copier-sealed', aggregator)).toBeLessThan(-0.3)
      expect(mended('copier-open', 0, aggregator)).toBeLessThan(0)
    },
  )

  it('gains nothing where validators do not err, because there is nothing to average out', () => {
    expect(Math.abs(gain('copier-open', 'yuma3', { noisePpm: 0 }))).toBeLessThan(0.05)
  })

  it('loses the more the longer rows stay hidden', () => {
    const losses = [0, 2, 6].map((hiddenEpochs) => gain('copier-sealed', 'yuma3', { hiddenEpochs }))
    expect(losses).toEqual([...losses].sort((a, b) => b - a))
  })
})

describe('under-weighting and collusion', () => {
  it('leave everybody outside the circle out of the row', () => {
    const world = new World(settings)
    world.beginEpoch(0)
    world.work(() => undefined)
    nameOnly([3], [0, 1]).vote?.(world, { newestAge: 0, consensusAt: () => undefined })
    const row = Array.from({ length: 24 }, (_, seat) => world.rows[seat * 24 + 3] as number)
    expect(row.slice(0, 2).every((weight) => weight > 0)).toBe(true)
    expect(row.slice(2).every((weight) => weight === -1)).toBe(true)
  })

  it('cost a small validator more than they bring its miners', () => {
    for (const aggregator of ['yuma2', 'yuma3', 'stakeMedian'])
      expect(gain('under-weighter', aggregator)).toBeLessThan(0)
  })

  it('well below kappa never earn the circle a hundredth more than its honest share, whoever is in it', () => {
    const aggregator = by('yuma3')
    fc.assert(
      fc.property(
        fc.string({ maxLength: 6 }),
        fc.integer({ min: 20_000, max: 400_000 }),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom('largest' as const, 'smallest' as const),
        (seed, stakePpm, circle, first) => {
          const seeded = { ...settings, seed, epochs: 20 }
          const validators = holdersUpTo(new World(seeded).stake, stakePpm, first)
          const miners = Array.from({ length: circle }, (_, miner) => miner)
          const player = { validators, miners, isOwner: false }
          const play = (hooks: Parameters<typeof playWorld>[2]): Takings =>
            takingsOf(player, playWorld(seeded, aggregator, hooks))
          // Close to kappa it can: what it takes from others' columns then outweighs its bonds (specs/0011-yuma.md section 6).
          expect(play(nameOnly(validators, miners)).earned).toBeLessThanOrEqual(1.01 * play({}).earned)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('above kappa take everything, unless the cap leaves less than half of the votes', () => {
    expect(gain('collusion-above')).toBeGreaterThan(100)
    expect(mended('collusion-above', 0)).toBeLessThan(0)
    expect(gain('collusion-above', 'yuma3Capped')).toBe(mended('collusion-above', 0))
  })

  it('of many small keys pay under a cap and nowhere else', () => {
    const { player } = named('collusion-small').match(new World(settings))
    expect(heldPpm(new World(settings).stake, player.validators)).toBeLessThan(450_000)
    expect(gain('collusion-small')).toBeLessThan(0)
    expect(gain('collusion-small', 'yuma3Capped')).toBeGreaterThan(50)
  })
})

describe('the owner who farms burn keys', () => {
  it('is paid for nothing, until what falls on its keys is burned or its stake is capped', () => {
    expect(gain('burn-key')).toBeGreaterThan(20)
    expect(mended('burn-key', 0)).toBeLessThan(0)
    expect(mended('burn-key', 1)).toBeLessThan(0)
  })

  it('takes three eighths of what miners earn: half of its own rows, nothing of the rows of others', () => {
    const attack = named('burn-key')
    const world = attack.world(settings)
    const match = attack.match(new World(world))
    const [taken, given] = [match.attack(), match.honest()].map((play) => playWorld(world, by('yuma3'), play))
    const minersOf = (played: World | undefined): number =>
      Array.from(played?.paidMiners ?? []).reduce((sum, paid) => sum + paid, 0)
    // 0.6 * 0.5 on idle keys, 0.5 on the rest, to which the others' rows are clipped: 0.3 of 0.8.
    expect(minersOf(taken) / minersOf(given)).toBeCloseTo(5 / 8, 1)
  })
})

describe('whales', () => {
  it('that come late earn less per unit of stake where bonds have to grow', () => {
    expect(gain('late-whale', 'yuma2')).toBeLessThan(-5)
    expect(gain('late-whale', 'yuma3')).toBeLessThan(-5)
    expect(gain('late-whale', 'yuma3Liquid')).toBeGreaterThan(-5)
    expect(Math.abs(gain('late-whale', 'stakeMedian'))).toBeLessThan(0.5)
  })

  it('with a warm key lose nothing where bonds are not weighted by stake', () => {
    expect(gain('late-whale-warm', 'yuma2')).toBeLessThan(-5)
    expect(Math.abs(gain('late-whale-warm', 'yuma3'))).toBeLessThan(0.5)
  })

  it('that split evade a cap, and gain nothing where there is none', () => {
    expect(gain('cap-split', 'yuma3Capped')).toBeGreaterThan(20)
    for (const aggregator of ['yuma2', 'yuma3', 'stakeMedian']) expect(gain('cap-split', aggregator)).toBeLessThan(0.5)
  })
})

describe('token weights instead of omission', () => {
  it('pay under sparse liquid alpha, and nowhere else', () => {
    expect(gain('bond-omission', 'yuma3Liquid')).toBeGreaterThan(1)
    for (const aggregator of ['yuma2', 'yuma3', 'yuma3Capped', 'stakeMedian']) {
      expect(Math.abs(gain('bond-omission', aggregator))).toBeLessThan(0.1)
    }
    expect(Math.abs(mended('bond-omission', 0, 'yuma3Liquid'))).toBeLessThan(0.1)
  })
})

describe('miners who cheat the score', () => {
  it('are paid once a seat for one machine, until work is scored', () => {
    expect(gain('sybil')).toBeGreaterThan(200)
    expect(mended('sybil', 0)).toBeLessThan(0)
    expect(mended('sybil', 1)).toBeLessThan(mended('sybil', 0))
  })

  it('earn more than the honest while probes can be told from users, and less when they cannot', () => {
    expect(gain('score-gaming')).toBeGreaterThan(10)
    expect(mended('score-gaming', 0)).toBeLessThan(-50)
  })
})

describe('every attack', () => {
  it.each(attacks)('$name says what it does, and both twins play the same world', (attack) => {
    expect(attack.name).toMatch(/^[a-z-]+$/)
    for (const text of [attack.title, attack.hope, attack.reason, attack.failure])
      expect(text.length).toBeGreaterThan(10)
    const world = attack.world(settings)
    const match = attack.match(new World(world))
    const [honest, attacked] = [match.honest(), match.attack()].map((play) =>
      playWorld({ ...world, epochs: 10 }, by('yuma3'), play),
    )
    expect(attacked?.quality).toEqual(honest?.quality)
    // A play may be used for one run only, and two runs of it are alike.
    const again = playWorld({ ...world, epochs: 10 }, by('yuma3'), match.attack())
    expect(again.paidMiners).toEqual(attacked?.paidMiners)
  })
})
