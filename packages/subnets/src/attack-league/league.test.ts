import { describe, expect, it } from 'vitest'
import { aggregatorsNamed, attacksNamed, type LeagueOptions, runLeague } from './league.ts'
import type { LeagueReport } from './league-report.ts'
import { createScorekeeper, seedsOf } from './scorekeeper.ts'
import { defaultWorld } from './settings.ts'
import { World } from './world.ts'

const options = (change: Partial<LeagueOptions> = {}): LeagueOptions => ({
  world: { ...defaultWorld, validators: 12, miners: 16, epochs: 20 },
  seeds: 2,
  attacks: attacksNamed(['copier-open', 'burn-key', 'collusion-below']),
  aggregators: aggregatorsNamed(['yuma2', 'yuma3']),
  ...change,
})

function play(given: LeagueOptions): { readonly report: LeagueReport; readonly steps: readonly number[] } {
  const run = runLeague(given)
  const steps: number[] = []
  for (;;) {
    const step = run.next()
    if (step.done === true) return { report: step.value, steps }
    steps.push(step.value.donePpm)
  }
}

describe('the league', () => {
  it('gives the same bytes for the same seed, and others for another', () => {
    const [first, second] = [play(options()), play(options())].map(({ report }) => JSON.stringify(report))
    expect(second).toBe(first)
    const other = play(options({ world: { ...options().world, seed: 'other' } }))
    expect(other.report.attacks).not.toEqual(JSON.parse(first as string).attacks)
  })

  it('gives each cell its gain and verdict, and progress that only grows', () => {
    const { report, steps } = play(options())
    expect(report.attacks.map(({ name }) => name)).toEqual(['copier-open', 'burn-key', 'collusion-below'])
    for (const { cells } of report.attacks) {
      expect(cells.map(({ aggregator }) => aggregator)).toEqual(['yuma2', 'yuma3'])
      for (const { gain } of cells) expect(gain?.seeds).toBe(2)
    }
    expect(steps).toEqual([...steps].sort((a, b) => a - b))
    expect(report.epochsPlayed).toBeGreaterThan(20 * 2 * 2 * 3)
  })

  it('has a report of what is played to its end at every step', () => {
    const run = runLeague(options())
    const counts: number[] = []
    let last: LeagueReport | undefined
    for (;;) {
      const step = run.next()
      if (step.done === true) {
        expect(step.value.attacks.slice(0, 2)).toEqual(last?.attacks.slice(0, 2))
        break
      }
      last = step.value.soFar()
      counts.push(last.attacks.length)
    }
    expect([...new Set(counts)]).toEqual([0, 1, 2, 3])
  })

  it('does not depend on which other attacks are played', () => {
    const alone = play(options({ attacks: attacksNamed(['burn-key']) })).report
    expect(alone.attacks[0]).toEqual(play(options()).report.attacks[1])
  })

  it('tries mends on what pays only', () => {
    const { report } = play(options())
    const [, burnKey, collusion] = report.attacks
    expect(burnKey?.mends.map(({ aggregator, mendedAggregator }) => [aggregator, mendedAggregator])).toEqual([
      ['yuma3', 'yuma3'],
      ['yuma3', 'yuma3Capped'],
    ])
    expect(collusion?.mends).toEqual([])
  })

  it('adds the curve of a copier when one is played', () => {
    const { curves } = play(options()).report.copierAges
    expect(curves.map(({ points }) => points.map(({ ageEpochs }) => ageEpochs))).toEqual(
      [1, 2, 3].map(() => [0, 1, 2, 4, 8]),
    )
    expect(play(options({ attacks: attacksNamed(['burn-key']) })).report.copierAges.curves).toEqual([])
  })

  it('plays an honest world once for all attacks that share it', () => {
    const scorekeeper = createScorekeeper()
    const { world } = options()
    const seeded = { ...world, seed: seedsOf(world.seed, 1)[0] as string }
    const [aggregator] = aggregatorsNamed(['yuma3'])
    for (const attack of attacksNamed(['copier-open', 'copier-sealed', 'sybil', 'score-gaming'])) {
      const settings = attack.world(seeded)
      scorekeeper.gain(
        attack.match(new World(settings)),
        attack,
        settings,
        aggregator as NonNullable<typeof aggregator>,
      )
    }
    expect(scorekeeper.epochsPlayed).toBe(20 * (1 + 4))
  })

  it.each(['attack', 'aggregator'] as const)('names the known ones when an %s is unknown', (kind) => {
    const ask = kind === 'attack' ? attacksNamed : aggregatorsNamed
    expect(() => ask(['yuma9'])).toThrow(/yuma9/)
    expect(ask(undefined).length).toBe(kind === 'attack' ? 13 : 5)
  })

  it("plays the file's own aggregator beside the usual ones, unless others are named", () => {
    const names = (asked: readonly string[] | undefined, own: string): readonly string[] =>
      aggregatorsNamed(asked, own).map(({ name }) => name)
    expect(names(undefined, 'openskill')).toEqual([...names(undefined, 'yuma3'), 'openskill'])
    expect(names(undefined, 'yuma3')).toHaveLength(5)
    expect(names(['yuma2'], 'openskill')).toEqual(['yuma2'])
  })
})
