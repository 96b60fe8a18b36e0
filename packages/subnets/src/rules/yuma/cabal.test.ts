/** What a cabal with less than kappa of the stake can and cannot do (specs/0011-yuma.md section 6, "What holds"). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { notListed, settleColumns, type YumaShares } from './columns.ts'
import { yuma2Defaults, yuma3Defaults, yumaRates } from './parameters.ts'
import { stakeShares } from './stake.ts'

const seats = 6
/** Rounding of 32-bit shares, and of bonds to 16 bits where columns are scaled up to store them. */
const tolerance = { yuma2: 1e-4, yuma3: 1e-7 }

type Row = readonly number[]
type World = {
  /** Per validator; the first `cabal` of them belong together. */
  readonly stakes: readonly bigint[]
  readonly cabal: number
  /** Per epoch what the others all say, and what each of the cabal says. */
  readonly epochs: readonly { readonly honest: Row; readonly hostile: readonly Row[] }[]
}

function play(world: World, defaults: typeof yuma3Defaults): readonly YumaShares[] {
  const rows = world.stakes.length
  const { kappa, bonds: rates } = yumaRates(defaults)
  let bonds = new Uint16Array(rows * seats)
  return world.epochs.map(({ honest, hostile }) => {
    const weights = new Float64Array(rows * seats)
    for (let row = 0; row < rows; row++) {
      const said = row < world.cabal ? (hostile[row] as Row) : honest
      said.forEach((weight, seat) => {
        weights[seat * rows + row] = weight === 0 ? notListed : weight
      })
    }
    const activeStake = stakeShares(world.stakes)
    const shares = settleColumns({ rows, columns: seats, activeStake, weights, bonds }, kappa, rates)
    bonds = new Uint16Array(shares.bonds)
    return shares
  })
}

const row = fc.array(fc.oneof(fc.constant(0), fc.nat(65_535)), { minLength: seats, maxLength: seats })
const named = row.filter((weights) => weights.some((weight) => weight > 0))
/** Cabals of 1 to 3 with less than kappa of the stake, against 1 to 4 others. */
const worlds: fc.Arbitrary<World> = fc
  .record({ cabal: fc.integer({ min: 1, max: 3 }), others: fc.integer({ min: 1, max: 4 }) })
  .chain(({ cabal, others }) =>
    fc.record({
      cabal: fc.constant(cabal),
      stakes: fc
        .array(fc.bigInt(1n, 1_000n), { minLength: cabal + others, maxLength: cabal + others })
        .filter((stakes) => 1_000n * sum(stakes.slice(0, cabal)) < 499n * sum(stakes)),
      epochs: fc.array(fc.record({ honest: named, hostile: fc.array(row, { minLength: cabal, maxLength: cabal }) }), {
        minLength: 1,
        maxLength: 8,
      }),
    }),
  )

describe.each([yuma2Defaults, yuma3Defaults])('a cabal below kappa against unanimous others: $rule', (defaults) => {
  const slack = tolerance[defaults.rule]

  it('moves no consensus and raises no rank', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const agreed = play(
          { ...world, epochs: world.epochs.map(({ honest }) => ({ honest, hostile: world.stakes.map(() => honest) })) },
          defaults,
        )
        play(world, defaults).forEach(({ consensus, ranks }, epoch) => {
          expect([...consensus]).toEqual([...(agreed[epoch] as YumaShares).consensus])
          ranks.forEach((rank, seat) => {
            expect(rank).toBeLessThanOrEqual((agreed[epoch] as YumaShares).ranks[seat] as number)
          })
        })
      }),
    )
  })

  it('never has more of the dividends than of the stake', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const stake = Number(sum(world.stakes.slice(0, world.cabal))) / Number(sum(world.stakes))
        for (const { dividends } of play(world, defaults)) {
          const share = dividends.slice(0, world.cabal).reduce((left, right) => left + right, 0) / 2 ** 32
          expect(share).toBeLessThanOrEqual(stake + slack)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('gives its seats y at most y / (1 - x + x y) of the incentive, which is more than y', () => {
    fc.assert(
      fc.property(worlds, fc.integer({ min: 1, max: seats - 1 }), (world, own) => {
        const stake = Number(sum(world.stakes.slice(0, world.cabal))) / Number(sum(world.stakes))
        play(world, defaults).forEach(({ incentive, consensus }) => {
          const fair = part(consensus, own)
          expect(part(incentive, own)).toBeLessThanOrEqual(fair / (1 - stake + stake * fair) + 1e-7)
        })
      }),
    )
    const [epoch] = play(
      {
        stakes: [400n, 600n],
        cabal: 1,
        epochs: [{ honest: [1, 1, 1, 1, 1, 1], hostile: [[1, 1, 0, 0, 0, 0]] }],
      },
      defaults,
    )
    // Two of six seats: a third by right, 0.4545 by leaving the other four out.
    expect(part((epoch as YumaShares).incentive, 2)).toBeCloseTo(1 / 3 / (0.6 + 0.4 / 3), 6)
  })
})

describe('a cabal above kappa', () => {
  it('takes the miners’ part whole', () => {
    const epochs = [{ honest: [0, 1, 1, 1, 1, 1], hostile: [[1, 0, 0, 0, 0, 0]] }]
    const [epoch] = play({ stakes: [502n, 498n], cabal: 1, epochs }, yuma3Defaults)
    expect((epoch as YumaShares).incentive[0]).toBe(2 ** 32)
  })
})

function part(values: Float64Array, count: number): number {
  return (
    values.slice(0, count).reduce((left, right) => left + right, 0) / values.reduce((left, right) => left + right, 0)
  )
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((left, right) => left + right, 0n)
}
