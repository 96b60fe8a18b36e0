import { readFileSync } from 'node:fs'
import type { Address, Hex } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Aggregator, AggregatorInput, RankingValidator } from '../aggregator.ts'
import { oneQ32 } from '../shares.ts'
import { sum } from './ballots.ts'
import { aggregators } from './index.ts'

const { cappedMedian, winnerTakeAll, openskill, properScoring, alloraRegret, refereed } = aggregators
const own: readonly Aggregator[] = [cappedMedian, winnerTakeAll, openskill, properScoring, alloraRegret, refereed]
const key = (number: number): Address => `0x${number.toString(16).padStart(40, '0')}`

/** Seats 0 to n - 1 held by miners; rows list a weight per seat, 0 for none. */
const world = (
  seats: number,
  rows: readonly (readonly [bigint, readonly number[] | undefined])[],
): AggregatorInput => ({
  uids: Array.from({ length: seats }, (_, uid) => uid),
  hotkeys: Array.from({ length: seats }, (_, uid) => key(uid + 1)),
  validators: rows.map(
    ([stake, weights], index): RankingValidator => ({
      hotkey: key(1000 + index),
      uid: undefined,
      stake,
      row: weights?.flatMap((weight, uid) => (weight > 0 ? [{ uid, weight }] : [])),
    }),
  ),
  carried: '0x',
})
const weight = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 65_535 }))
const worlds = fc
  .record({
    seats: fc.nat(12),
    rows: fc.array(fc.tuple(fc.bigInt(0n, 1n << 100n), fc.option(fc.array(weight, { minLength: 14, maxLength: 14 }))), {
      maxLength: 10,
    }),
  })
  .map(({ seats, rows }) =>
    world(
      seats,
      rows.map(([stake, weights]) => [stake, weights ?? undefined] as const),
    ),
  )

describe.each(own)('aggregator $name', (aggregator) => {
  it('shares out one or nothing, with one number for each seat and validator, and takes its own carry', () => {
    fc.assert(
      fc.property(worlds, (input) => {
        let carried: Hex = '0x'
        for (let epoch = 0; epoch < 2; epoch++) {
          const out = aggregator.aggregate({ ...input, carried })
          expect(out.incentive).toHaveLength(input.uids.length)
          expect(out.consensus).toHaveLength(input.uids.length)
          expect(out.dividends).toHaveLength(input.validators.length)
          for (const shares of [out.incentive, out.dividends]) {
            expect([0n, oneQ32]).toContain(sum(shares))
            expect(shares.every((share) => share >= 0n)).toBe(true)
          }
          carried = out.carry
        }
      }),
    )
  })

  it('does not care how validators are ordered, nor in what unit stake is counted', () => {
    fc.assert(
      fc.property(worlds, fc.bigInt(1n, 1000n), (input, factor) => {
        // Distinct odd stakes: then no two proposals of `refereed` weigh the same.
        const validators = input.validators.map((validator, index) => ({
          ...validator,
          stake: validator.stake * 64n + (1n << BigInt(index)),
        }))
        const straight = aggregator.aggregate({ ...input, validators })
        const backwards = aggregator.aggregate({ ...input, validators: [...validators].reverse() })
        expect(backwards.incentive).toEqual(straight.incentive)
        expect(backwards.carry).toEqual(straight.carry)
        const scaled = validators.map((validator) => ({ ...validator, stake: validator.stake * factor }))
        expect(aggregator.aggregate({ ...input, validators: scaled })).toEqual(straight)
      }),
    )
  })

  it('does not care which numbers seats have, but for the last unit and for ties of winners', () => {
    fc.assert(
      fc.property(worlds, (input) => {
        const last = input.uids.length - 1
        const validators = input.validators.map((validator) => {
          const row = validator.row
            ?.filter(({ uid }) => uid <= last)
            .map(({ uid, weight: given }) => ({ uid: last - uid, weight: given }))
            .reverse()
          return { ...validator, row }
        })
        const straight = aggregator.aggregate(input)
        const turned = aggregator.aggregate({ ...input, hotkeys: [...input.hotkeys].reverse(), validators })
        const best = straight.consensus.reduce((most, value) => (value > most ? value : most), 0n)
        fc.pre(aggregator !== winnerTakeAll || straight.consensus.filter((value) => value === best).length < 2)
        straight.incentive.forEach((share, column) => {
          const distance = share - (turned.incentive[last - column] as bigint)
          expect(distance <= 1n && distance >= -1n).toBe(true)
        })
      }),
    )
  })

  it('pays nobody for nothing', () => {
    for (const input of [
      world(0, []),
      world(3, []),
      world(3, [[5n, undefined]]),
      world(3, [[5n, [0, 0, 0]]]),
      world(3, [[0n, [1, 2, 3]]]),
    ]) {
      const out = aggregator.aggregate(input)
      expect([...out.incentive, ...out.dividends].every((share) => share === 0n)).toBe(true)
    }
  })

  it('has 256 equal seats earn the same, or one of them all', () => {
    const { incentive } = aggregator.aggregate(world(256, [[9n, Array(256).fill(65_535)]]))
    expect([1n, 256n]).toContain(oneQ32 / (incentive.find((share) => share > 0n) as bigint))
    expect(sum(incentive)).toBe(oneQ32)
  })
})

describe('a minority of the stake', () => {
  it.each(own)('cannot make $name pay a seat that the majority gives nothing', (aggregator) => {
    fc.assert(
      fc.property(fc.array(weight, { minLength: 4, maxLength: 4 }), fc.bigInt(1n, 49n), (row, stake) => {
        const { incentive } = aggregator.aggregate(
          world(4, [
            [100n - stake, [65_535, 0, 0, 0]],
            [stake, row],
          ]),
        )
        expect(incentive.slice(1)).toEqual([0n, 0n, 0n])
      }),
    )
  })
})

describe('cappedMedian', () => {
  it('takes the majority from one stake larger than all others', () => {
    const small = Array.from({ length: 9 }, () => [10n, [0, 1]] as const)
    const input = world(2, [[1_000n, [1, 0]], ...small])
    expect(cappedMedian.aggregate(input).incentive).toEqual([0n, oneQ32])
    const uncapped = aggregators.stakeMedian.aggregate(input).incentive
    expect([(uncapped[0] as bigint) > 0n, uncapped[1]]).toEqual([true, 0n])
  })
})

describe('winnerTakeAll', () => {
  it('leaves the winner in place until another is more than a fiftieth better', () => {
    const first = winnerTakeAll.aggregate(world(3, [[1n, [100, 101, 0]]]))
    expect(first.incentive).toEqual([0n, oneQ32, 0n])
    const winnerAfter = (row: number[]): number =>
      winnerTakeAll.aggregate({ ...world(3, [[1n, row]]), carried: first.carry }).incentive.indexOf(oneQ32)
    expect(winnerAfter([50_000, 50_000, 50_000])).toBe(1)
    expect(winnerAfter([50_999, 50_000, 0])).toBe(1)
    expect(winnerAfter([51_001, 50_000, 0])).toBe(0)
    expect(winnerAfter([7, 0, 7])).toBe(0)
    expect(winnerTakeAll.aggregate({ ...world(3, [[1n, [0, 0, 0]]]), carried: first.carry }).carry).toBe(first.carry)
  })
})

describe('properScoring', () => {
  it('pays more for less loss, and a validator less the farther it is from the agreed marks', () => {
    const rows = [
      [10n, [65_535, 60_000, 0]],
      [10n, [65_535, 60_000, 0]],
      [9n, [20_000, 60_000, 500]],
    ] as const
    const { incentive, dividends, consensus } = properScoring.aggregate(world(3, rows))
    expect(consensus).toEqual([oneQ32, (60_000n * oneQ32) / 65_535n, 0n])
    // e^(-10 * 5535 / 65535)
    expect(Number(incentive[1]) / Number(incentive[0])).toBeCloseTo(Math.exp(-55_350 / 65_535), 6)
    expect(dividends[0]).toBe(dividends[1])
    expect(Number(dividends[2]) / Number(dividends[0])).toBeCloseTo((0.9 * (20_000 + 60_000)) / 125_535, 6)
  })
})

describe('alloraRegret', () => {
  it('moves shares to those who keep losing less, and follows hotkeys, not seats', () => {
    const rows = [[1n, [65_000, 50_000, 10_000]]] as const
    let out = alloraRegret.aggregate(world(3, rows))
    const first = out.incentive[0] as bigint
    for (let epoch = 0; epoch < 30; epoch++) out = alloraRegret.aggregate({ ...world(3, rows), carried: out.carry })
    expect(out.incentive[0]).toBeGreaterThan(first)
    expect(
      (out.incentive[0] as bigint) > (out.incentive[1] as bigint) &&
        (out.incentive[1] as bigint) > (out.incentive[2] as bigint),
    ).toBe(true)
    // The best miner's seat is taken over by a newcomer: it begins without the regret of the one before.
    const replaced = {
      ...world(3, [[1n, [50_000, 50_000, 10_000]]]),
      hotkeys: [key(77), key(2), key(3)],
      carried: out.carry,
    }
    const after = alloraRegret.aggregate(replaced)
    expect(after.incentive[0] as bigint).toBeLessThan(out.incentive[0] as bigint)
    expect(after.carry).not.toContain(key(1).slice(2))
  })

  it('gives nobody a better start for coming back under a new key', () => {
    const bad = [[1n, [65_000, 65_000, 10_000]]] as const
    const out = alloraRegret.aggregate(world(3, bad))
    const stayed = alloraRegret.aggregate({ ...world(3, bad), carried: out.carry })
    const returned = alloraRegret.aggregate({
      ...world(3, bad),
      hotkeys: [key(1), key(2), key(88)],
      carried: out.carry,
    })
    expect(returned.incentive[2] as bigint).toBeLessThanOrEqual(stayed.incentive[2] as bigint)
  })
})

describe('refereed', () => {
  it('has the row with the most stake stand until its backers lose the dispute', () => {
    const input = world(2, [
      [60n, [1, 0]],
      [30n, [1, 3]],
      [20n, [1, 3]],
    ])
    expect(refereed.aggregate(input)).toMatchObject({ incentive: [oneQ32, 0n], dividends: [oneQ32, 0n, 0n] })
    const disputed = refereed.aggregate({ ...input, struck: [key(1000)] })
    expect(disputed.incentive).toEqual([oneQ32 / 4n, (3n * oneQ32) / 4n])
    expect(disputed.dividends).toEqual([0n, 2_576_980_378n, 1_717_986_918n])
    expect(refereed.aggregate({ ...input, struck: [key(1000), key(2)] }).incentive).toEqual([oneQ32, 0n])
    expect(sum(refereed.aggregate({ ...input, struck: [0, 1, 2].map((index) => key(1000 + index)) }).incentive)).toBe(
      0n,
    )
  })

  it('has the lowest hotkey decide between equals', () => {
    expect(
      refereed.aggregate(
        world(2, [
          [5n, [1, 0]],
          [5n, [0, 1]],
        ]),
      ).incentive,
    ).toEqual([oneQ32, 0n])
  })
})

describe('carried state', () => {
  it('of another aggregator is no state; malformed state of the same is refused', () => {
    const input = world(2, [[1n, [2, 1]]])
    for (const aggregator of [winnerTakeAll, openskill, alloraRegret]) {
      const fresh = aggregator.aggregate(input)
      for (const other of own.filter((candidate) => candidate !== aggregator)) {
        const { carry } = other.aggregate(input)
        expect(aggregator.aggregate({ ...input, carried: carry })).toEqual(fresh)
      }
      const again = aggregator.aggregate({ ...input, carried: fresh.carry })
      expect(aggregator.aggregate({ ...input, carried: fresh.carry })).toEqual(again)
      expect(() => aggregator.aggregate({ ...input, carried: `${fresh.carry}00` })).toThrow(/malformed/)
      const entries = fresh.carry.slice(10)
      expect(() =>
        aggregator.aggregate({ ...input, carried: `0x${fresh.carry.slice(2, 10)}${entries}${entries}` }),
      ).toThrow(/malformed/)
    }
  })
})

describe('specs/vectors/aggregators.json', () => {
  type Epoch = {
    hotkeys: Address[]
    struck?: Address[]
    validators: { hotkey: Address; uid: number | null; stake: string; row: [number, number][] | null }[]
    results: Record<string, { incentive: string[]; dividends: string[]; consensus: string[]; carry: Hex }>
  }
  const vectors = JSON.parse(
    readFileSync(new URL('../../../../../specs/vectors/aggregators.json', import.meta.url), 'utf8'),
  ) as { specHashes: Record<string, Hex>; worlds: { label: string; epochs: Epoch[] }[] }

  it('spec hashes', () => {
    expect(vectors.specHashes).toEqual(Object.fromEntries(own.map(({ name, specHash }) => [name, specHash])))
  })

  it.each(vectors.worlds)('$label', ({ epochs }) => {
    for (const aggregator of own) {
      let carried: Hex = '0x'
      for (const { hotkeys, struck, validators, results } of epochs) {
        const out = aggregator.aggregate({
          uids: hotkeys.map((_, uid) => uid),
          hotkeys,
          validators: validators.map(({ hotkey, uid, stake, row }) => ({
            hotkey,
            uid: uid ?? undefined,
            stake: BigInt(stake),
            row: row?.map(([seat, given]) => ({ uid: seat, weight: given })),
          })),
          carried,
          ...(struck === undefined ? {} : { struck }),
        })
        const { incentive, dividends, consensus, carry } = out
        expect({
          incentive: incentive.map(String),
          dividends: dividends.map(String),
          consensus: consensus.map(String),
          carry,
        }).toEqual(results[aggregator.name])
        carried = carry
      }
    }
  })
})
