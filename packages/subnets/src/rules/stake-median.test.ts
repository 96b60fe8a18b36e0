import { readFileSync } from 'node:fs'
import type { Address, Hex } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RankingValidator } from './aggregator.ts'
import { columnMedian } from './aggregators/ballots.ts'
import { oneQ32 } from './shares.ts'
import { stakeMedian } from './stake-median.ts'

type Case = {
  label: string
  uids: number[]
  validators: { hotkey: Address; uid: number | null; stake: string; row: [number, number][] | null }[]
  incentive: string[]
  dividends: string[]
  consensus: string[]
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/stake-median.json', import.meta.url), 'utf8'),
) as {
  aggregator: { specHash: Hex }
  cases: Case[]
}

describe('stakeMedian', () => {
  it('has the spec hash of the vectors', () => {
    expect(stakeMedian.specHash).toBe(vectors.aggregator.specHash)
  })

  it.each(vectors.cases)('follows the vector: $label', ({ uids, validators, incentive, dividends, consensus }) => {
    const out = stakeMedian.aggregate({
      uids,
      hotkeys: hotkeysOf(uids),
      carried: '0x',
      validators: validators.map(({ hotkey, uid, stake, row }) => ({
        hotkey,
        uid: uid ?? undefined,
        stake: BigInt(stake),
        row: row?.map(([seat, weight]) => ({ uid: seat, weight })),
      })),
    })
    expect(out.incentive.map(String)).toEqual(incentive)
    expect(out.dividends.map(String)).toEqual(dividends)
    expect(out.consensus.map(String)).toEqual(consensus)
  })

  it('shares out at most one, and nothing without a turnout', () => {
    fc.assert(
      fc.property(worlds, ({ uids, validators }) => {
        const out = stakeMedian.aggregate({ uids, hotkeys: hotkeysOf(uids), validators, carried: '0x' })
        const voting = validators.filter(({ row, stake }) => (row ?? []).length > 0 && stake > 0n)
        const hasTurnout = 2n * total(voting.map(({ stake }) => stake)) > total(validators.map(({ stake }) => stake))
        expect(total(out.incentive)).toBeLessThanOrEqual(hasTurnout ? oneQ32 : 0n)
        expect(total(out.dividends)).toBeLessThanOrEqual(hasTurnout ? oneQ32 : 0n)
        expect(out.incentive).toHaveLength(uids.length)
        expect(out.dividends).toHaveLength(validators.length)
      }),
    )
  })

  it('gives a minority of the stake no say in what a seat gets at least', () => {
    // Any rows of the minority: a seat that the majority agrees to give nothing earns nothing.
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), fc.bigInt(1n, 49n), (hostile, stake) => {
        const row = distinct(hostile)
        const out = stakeMedian.aggregate({
          uids: [0, 1, 2, 3],
          hotkeys: hotkeysOf([0, 1, 2, 3]),
          carried: '0x',
          validators: [
            { hotkey: `0x${'11'.repeat(20)}`, uid: undefined, stake: 100n - stake, row: [{ uid: 0, weight: 65_535 }] },
            { hotkey: `0x${'22'.repeat(20)}`, uid: undefined, stake, row },
          ],
        })
        expect(out.incentive.slice(1)).toEqual([0n, 0n, 0n])
        expect(out.incentive[0]).toBeGreaterThan(oneQ32 / 2n)
      }),
    )
  })
})

describe('columnMedian', () => {
  it('is the only value with at most half of the stake above and more than half at or above it', () => {
    const votes = fc.array(fc.record({ stake: fc.bigInt(1n, 1000n), value: fc.bigInt(0n, 20n) }), {
      minLength: 1,
      maxLength: 20,
    })
    fc.assert(
      fc.property(votes, (list) => {
        const ballots = list.map(({ stake, value }) => ({ stake, valueOf: new Map([[5, value]]) }))
        const all = total(list.map(({ stake }) => stake))
        const median = columnMedian(ballots, 5, all)
        const support = (holds: (value: bigint) => boolean): bigint =>
          total(list.filter(({ value }) => holds(value)).map(({ stake }) => stake))
        expect(2n * support((value) => value > median)).toBeLessThanOrEqual(all)
        expect(2n * support((value) => value >= median)).toBeGreaterThan(all)
      }),
    )
  })
})

const entry = fc.record({ uid: fc.integer({ min: 1, max: 3 }), weight: fc.integer({ min: 1, max: 65_535 }) })
const distinct = <item extends { uid: number }>(row: readonly item[]): item[] => [
  ...new Map(row.map((item) => [item.uid, item])).values(),
]
const worlds = fc.record({
  uids: fc.uniqueArray(fc.nat(20), { maxLength: 12 }).map((uids) => uids.sort((a, b) => a - b)),
  validators: fc.array(
    fc.record({
      hotkey: fc.constant<Address>(`0x${'33'.repeat(20)}`),
      uid: fc.option(fc.nat(20), { nil: undefined }),
      stake: fc.bigInt(0n, 10n ** 27n),
      row: fc.option(
        fc
          .uniqueArray(fc.record({ uid: fc.nat(25), weight: fc.integer({ min: 1, max: 65_535 }) }), {
            selector: ({ uid }) => uid,
          })
          .map((row) => row.sort((a, b) => a.uid - b.uid)),
        { nil: undefined },
      ),
    }),
    { maxLength: 8 },
  ) as fc.Arbitrary<RankingValidator[]>,
})

function hotkeysOf(uids: readonly number[]): Address[] {
  return uids.map((uid): Address => `0x${uid.toString(16).padStart(40, '0')}`)
}

function total(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n)
}
