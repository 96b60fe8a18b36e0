import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { honestPlay } from './attack.ts'
import { mechanisms } from './mechanisms.ts'
import { playWorld, takingsOf } from './play.ts'
import { defaultWorld, type WorldSettings } from './settings.ts'
import { ownerPart, pot, World } from './world.ts'

const settings: WorldSettings = { ...defaultWorld, validators: 8, miners: 16, epochs: 40 }
const sum = (values: Float64Array): number => values.reduce((left, right) => left + right, 0)

describe.each(mechanisms)('a world under $title', (mechanism) => {
  it('pays honest miners in proportion to their quality and validators to their stake', () => {
    const world = playWorld(settings, mechanism, honestPlay)
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
    if (mechanism.name === 'yuma3-capped') return
    for (let validator = 0; validator < 8; validator++) {
      const fair = (world.stake[validator] as number) / sum(world.stake)
      expect((world.paidValidators[validator] as number) / sum(world.paidValidators) / fair).toBeGreaterThan(0.95)
      expect((world.paidValidators[validator] as number) / sum(world.paidValidators) / fair).toBeLessThan(1.05)
    }
  })

  it('never pays more than the pots, and nearly all of them', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 300_000 }), (seed, noisePpm) => {
        const world = playWorld({ ...settings, epochs: 10, seed, noisePpm }, mechanism, honestPlay)
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
    const [first, second] = [1, 2].map(() => playWorld({ ...settings, epochs: 12 }, mechanism, honestPlay))
    expect(second?.paidMiners).toEqual(first?.paidMiners)
    expect(second?.paidValidators).toEqual(first?.paidValidators)
    expect(second?.rows).toEqual(first?.rows)
  })
})

describe('public rows', () => {
  const yuma3 = mechanisms.find(({ name }) => name === 'yuma3') as (typeof mechanisms)[number]

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
  const yuma3 = mechanisms.find(({ name }) => name === 'yuma3') as (typeof mechanisms)[number]
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
