import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aggregatorNames } from '../rules/aggregators/index.ts'
import { aggregators, usualAggregators } from './aggregators.ts'
import { honestPlay } from './attack.ts'
import { playWorld, takingsOf } from './play.ts'
import { defaultWorld, type WorldSettings } from './settings.ts'
import { ownerPart, pot, World } from './world.ts'

const settings: WorldSettings = { ...defaultWorld, validators: 8, miners: 16, epochs: 40 }
const sum = (values: Float64Array): number => values.reduce((left, right) => left + right, 0)

const named = (name: string) => aggregators.find((each) => each.name === name) as (typeof aggregators)[number]

describe.each([...usualAggregators, named('yuma3LiquidDecaying')])('a world under $title', (aggregator) => {
  it('pays honest miners in proportion to their quality and validators to their stake', () => {
    const world = playWorld(settings, aggregator, honestPlay)
    const meanQuality = new Float64Array(16)
    const twin = new World(settings)
    for (let epoch = 0; epoch < 40; epoch++) {
      twin.beginEpoch(epoch)
      for (let miner = 0; miner < 16; miner++)
        meanQuality[miner] = (meanQuality[miner] as number) + (twin.quality[miner] as number)
    }
    for (let miner = 0; miner < 16; miner++) {
      const fair = (meanQuality[miner] as number) / sum(meanQuality)
      expect((world.paidMiners[miner] as number) / sum(world.paidMiners) / fair).toBeGreaterThan(0.97)
      expect((world.paidMiners[miner] as number) / sum(world.paidMiners) / fair).toBeLessThan(1.03)
    }
    // Bonds of yuma2 and a cap shift pay between stakes; otherwise a unit is a unit.
    if (aggregator.name === 'yuma3Capped') return
    for (let validator = 0; validator < 8; validator++) {
      const fair = (world.stake[validator] as number) / sum(world.stake)
      expect((world.paidValidators[validator] as number) / sum(world.paidValidators) / fair).toBeGreaterThan(0.95)
      expect((world.paidValidators[validator] as number) / sum(world.paidValidators) / fair).toBeLessThan(1.05)
    }
  })

  it('never pays more than the pots, and nearly all of them', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 300_000 }), (seed, noisePpm) => {
        const world = playWorld({ ...settings, epochs: 10, seed, noisePpm }, aggregator, honestPlay)
        for (const paid of [sum(world.paidMiners), sum(world.paidValidators)]) {
          expect(paid).toBeLessThanOrEqual(10 * pot)
          expect(paid).toBeGreaterThan(10 * (pot - 64))
        }
        expect(world.paidOwner).toBe(10 * ownerPart)
      }),
      { numRuns: 10 },
    )
  })

  it('is the same world every time', () => {
    const [first, second] = [1, 2].map(() => playWorld({ ...settings, epochs: 12 }, aggregator, honestPlay))
    expect(second?.paidMiners).toEqual(first?.paidMiners)
    expect(second?.paidValidators).toEqual(first?.paidValidators)
    expect(second?.rows).toEqual(first?.rows)
  })
})

describe('the other aggregators of subnet files', () => {
  it('are all there, each by its name', () => {
    expect(aggregators.map(({ name }) => name).sort()).toEqual([...aggregatorNames].sort())
  })

  it.each([
    ['cappedMedian', false],
    ['properScoring', false],
    ['openskill', true],
    ['alloraRegret', true],
  ])('%s pays all of the pots, the same every time, and carries what it carries: %s', (name, carries) => {
    const small = { ...settings, epochs: 10 }
    const [first, second] = [1, 2].map(() => playWorld(small, named(name), honestPlay)) as [World, World]
    expect(second.paidMiners).toEqual(first.paidMiners)
    for (const paid of [sum(first.paidMiners), sum(first.paidValidators)]) {
      expect(paid).toBeLessThanOrEqual(10 * pot)
      expect(paid).toBeGreaterThan(10 * (pot - 64))
    }
    const world = new World(small)
    const run = named(name).start(8, 16)
    const last = Array.from({ length: 4 }, (_, epoch) => {
      world.beginEpoch(epoch)
      world.work(() => undefined)
      return Array.from(run.settle(world).incentive)
    }).at(-1)
    const fresh = Array.from(named(name).start(8, 16).settle(world).incentive)
    if (carries) expect(fresh).not.toEqual(last)
    else expect(fresh).toEqual(last)
  })

  it('winnerTakeAll pays one, and goes on paying it while nobody is clearly better', () => {
    const world = playWorld({ ...settings, epochs: 10, driftPpm: 0 }, named('winnerTakeAll'), honestPlay)
    expect(Array.from(world.paidMiners).filter((paid) => paid > 0)).toEqual([10 * pot])
  })

  it('know a newcomer in a seat from who held it before', () => {
    const world = new World({ ...settings, epochs: 10 })
    const [run, other] = [named('alloraRegret').start(8, 16), named('alloraRegret').start(8, 16)]
    for (let epoch = 0; epoch < 4; epoch++) {
      world.beginEpoch(epoch)
      world.work(() => undefined)
      run.settle(world)
      other.settle(world)
    }
    const registeredEpoch = world.registeredEpoch.slice()
    registeredEpoch[3] = 4
    expect(run.settle(world).incentive[3]).not.toBe(other.settle({ ...world, registeredEpoch }).incentive[3])
  })
})

describe('public rows', () => {
  const yuma3 = aggregators.find(({ name }) => name === 'yuma3') as (typeof aggregators)[number]

  it.each([
    ['open', 0, 0],
    ['sealed', 0, 1],
    ['sealed', 3, 4],
  ] as const)('%s rows hidden for %s more epochs can be read at the age of %s', (rows, hiddenEpochs, newest) => {
    let read = 0
    playWorld({ ...settings, epochs: 10, rows, hiddenEpochs }, yuma3, {
      vote: (world, publicRows) => {
        expect(publicRows.newestAge).toBe(newest)
        if (newest > 0) expect(() => publicRows.consensusAt(newest - 1, [])).toThrow(/sealed/)
        const seen = publicRows.consensusAt(newest, [])
        if (world.epoch < newest) expect(seen).toBeUndefined()
        else {
          expect(seen?.length).toBe(16)
          read += 1
        }
      },
    })
    expect(read).toBe(10 - newest)
  })

  it('leave out what their reader says itself', () => {
    playWorld({ ...settings, epochs: 10, rows: 'open' }, yuma3, {
      vote: (world, publicRows) => {
        const before = publicRows.consensusAt(0, [0])
        world.leaveOut(0)
        expect(publicRows.consensusAt(0, [0])).toEqual(before)
      },
    })
  })
})

describe('burned incentive', () => {
  const yuma3 = aggregators.find(({ name }) => name === 'yuma3') as (typeof aggregators)[number]
  const idle = { prepare: (world: World) => void (world.epoch === 0 && world.holder.fill(-1, 0, 4)) }
  // Validators who pay idle keys as much as anybody.
  const vote = (world: World): void => {
    for (let validator = 0; validator < 8; validator++) world.writeRow(validator, new Float64Array(16).fill(1))
  }

  it('goes to nobody, and the next pots lack it', () => {
    const paid = playWorld({ ...settings, ownerKeys: 'paid' }, yuma3, { ...idle, vote })
    const burned = playWorld({ ...settings, ownerKeys: 'burned' }, yuma3, { ...idle, vote })
    expect(sum(paid.paidMiners) / (40 * pot)).toBeCloseTo(0.75, 2)
    expect(paid.paidOwner / (40 * pot)).toBeCloseTo(18 / 41 + 0.25, 2)
    // A quarter is burned, so from the second epoch on pots are three quarters: 0.75 * 0.75.
    expect(sum(burned.paidMiners) / (40 * pot)).toBeCloseTo((0.75 * (1 + 39 * 0.75)) / 40, 2)
    expect(burned.paidOwner / (40 * pot)).toBeLessThan(18 / 41)
    const takings = takingsOf({ validators: [0], miners: [5], isOwner: true }, burned)
    expect(takings.earned).toBe(
      (burned.paidValidators[0] as number) + (burned.paidMiners[5] as number) + burned.paidOwner,
    )
  })
})
