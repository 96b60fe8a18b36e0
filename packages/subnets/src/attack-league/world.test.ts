import { describe, expect, it } from 'vitest'
import { upscaleScores } from '../rules/weight-row.ts'
import { notListed } from '../rules/yuma/columns.ts'
import { defaultWorld, type WorldSettings } from './settings.ts'
import { ownerKey, World } from './world.ts'

const settings: WorldSettings = { ...defaultWorld, validators: 4, miners: 8, epochs: 10 }
const honest = (): undefined => undefined

function rowOf(world: World, validator: number): readonly number[] {
  const { validators, miners } = world.settings
  return Array.from({ length: miners }, (_, seat) => world.rows[seat * validators + validator] as number)
}

describe('a world', () => {
  it.each([
    ['epochs', 9],
    ['validators', 3],
    ['miners', 7],
    ['noisePpm', -1],
    ['exponent', 1.5],
  ] as const)('refuses %s = %s', (field, value) => {
    expect(() => new World({ ...settings, [field]: value })).toThrow(new RegExp(field))
  })

  it('has at most 256 seats', () => {
    expect(() => new World({ ...settings, validators: 64, miners: 192 })).not.toThrow()
    expect(() => new World({ ...settings, validators: 65, miners: 192 })).toThrow(/256/)
  })

  it('writes rows as the ledger packs them', () => {
    const world = new World(settings)
    const scores = [3, 0, 65_536, 1, 999_999, 500_000, 7, 8]
    world.writeRow(1, scores)
    const packed = upscaleScores(scores.map((score, uid) => ({ uid, score: BigInt(score) })))
    const expected = scores.map((_, uid) => packed.find((entry) => entry.uid === uid)?.weight ?? notListed)
    expect(rowOf(world, 1)).toEqual(expected)
  })

  it('lets honest validators see about the true quality, and the same again for the same seed', () => {
    const look = (seed: string): World => {
      const world = new World({ ...settings, seed })
      world.beginEpoch(0)
      world.work(honest)
      return world
    }
    const world = look('a')
    const best = Math.max(...world.quality)
    for (let validator = 0; validator < 4; validator++) {
      for (const [seat, weight] of rowOf(world, validator).entries()) {
        const ratio = weight / 65_535 / ((world.quality[seat] as number) / best)
        expect(ratio).toBeGreaterThan(0.8)
        expect(ratio).toBeLessThan(1.2)
      }
    }
    expect(look('a').rows).toEqual(world.rows)
    expect(look('b').rows).not.toEqual(world.rows)
  })

  it('weighs by the policy of a subnet file', () => {
    const world = new World({ ...settings, weights: { topk: 3 }, noisePpm: 0 })
    world.beginEpoch(0)
    world.work(honest)
    const row = rowOf(world, 2)
    const order = [...world.quality.keys()].sort((a, b) => (world.quality[b] as number) - (world.quality[a] as number))
    expect(row.flatMap((weight, seat) => (weight > 0 ? [seat] : [])).sort()).toEqual(order.slice(0, 3).sort())
  })

  it('moves quality without end to neither side', () => {
    const world = new World({ ...settings, driftPpm: 100_000 })
    const usual = world.quality.slice()
    let sum = 0
    for (let epoch = 0; epoch < 2_000; epoch++) {
      world.beginEpoch(epoch)
      for (const [miner, quality] of world.quality.entries()) sum += quality / (usual[miner] as number)
    }
    expect(sum / (2_000 * 8)).toBeGreaterThan(0.8)
    expect(sum / (2_000 * 8)).toBeLessThan(1.2)
  })

  it('sells the seat that was paid least, dearer by 26 % each, half as dear an epoch later', () => {
    const world = new World(settings)
    world.beginEpoch(0)
    world.lastPay.set([5, 4, 3, 3, 9, 9, 9, 9])
    expect(world.takeSeat(7, new Set([2]))).toBe(3)
    const price = world.spentMiners[7] as number
    expect(price).toBe(world.firstSeatPrice)
    expect(world.takeSeat(ownerKey, new Set())).toBe(2)
    expect(world.spentOwner).toBe(Math.floor((price * 126) / 100))
    expect([world.holder[3], world.holder[2]]).toEqual([7, ownerKey])
    // Nobody buys the same seat twice in an epoch.
    expect(world.takeSeat(0, new Set())).toBe(1)
    world.beginEpoch(1)
    world.beginEpoch(2)
    world.takeSeat(6, new Set())
    expect(world.spentMiners[6]).toBe(price)
  })

  it('charges for work: full for honest, less for who serves users cheaply', () => {
    const world = new World(settings)
    world.beginEpoch(0)
    world.work((miner) => (miner === 3 ? { probesPpm: 1_000_000, usersPpm: 0 } : undefined))
    const full = Math.floor(world.averagePay / 2)
    expect(world.spentMiners[0]).toBe(full)
    expect(world.spentMiners[3]).toBe(Math.floor(full / 20))
  })

  it('shares work among the seats of a machine where work is scored', () => {
    const weights = (scored: WorldSettings['scored']): readonly number[] => {
      const world = new World({ ...settings, scored, noisePpm: 0 })
      world.beginEpoch(0)
      world.holder.fill(0)
      world.holder[7] = 7
      world.work(honest)
      return rowOf(world, 0)
    }
    const [first = 0, , , , , , , other = 0] = weights('answers')
    const [shared = 0, , , , , , , alone = 0] = weights('work')
    expect(shared / alone / (first / other)).toBeCloseTo(1 / 7, 3)
  })
})
