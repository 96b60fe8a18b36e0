import { readFileSync } from 'node:fs'
import type { Address, Hex } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countedRow, yumaColumn, yumaHeader } from '../../testing/yuma-column.ts'
import type { AggregatorInput } from '../aggregator.ts'
import { aggregators } from '../aggregators/index.ts'
import { untagged } from '../carry-tag.ts'
import { computeEpoch } from '../epoch-record.ts'
import { packRow } from '../weight-row.ts'
import { yuma3, yumaAggregator } from './aggregator.ts'
import { bondsBetween, unpackBonds } from './carry.ts'
import { yuma2Defaults, yuma3Defaults } from './parameters.ts'

type Case = {
  label: string
  aggregator: keyof typeof aggregators
  uids: number[]
  hotkeys: Address[]
  validators: { hotkey: Address; uid: number | null; stake: string; row: [number, number][] | null }[]
  carried: Hex
  incentive: string[]
  dividends: string[]
  consensus: string[]
  own: string[]
  carry: Hex
  header?: { activeStake: string[]; voterStake: string[]; minority: string; rowTotals: string[]; rankTotal: string }
  columns?: Record<string, unknown>[]
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/yuma.json', import.meta.url), 'utf8'),
) as { specHashes: Record<string, Hex>; cases: Case[] }
const inputOf = ({ uids, hotkeys, validators, carried }: Case): AggregatorInput => ({
  uids,
  hotkeys,
  carried,
  validators: validators.map(({ hotkey, uid, stake, row }) => ({
    hotkey,
    uid: uid ?? undefined,
    stake: BigInt(stake),
    row: row?.map(([seat, weight]) => ({ uid: seat, weight })),
  })),
})
const inStrings = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? String(item) : item)))

describe('the aggregators of Yuma', () => {
  it('have the spec hashes of the vectors, all different', () => {
    const named = Object.entries(aggregators).filter(([name]) => name.startsWith('yuma'))
    expect(Object.fromEntries(named.map(([name, { specHash }]) => [name, specHash]))).toEqual(vectors.specHashes)
    expect(named.every(([name, aggregator]) => aggregator.name === name && aggregator.version === 2)).toBe(true)
    expect(new Set(Object.values(vectors.specHashes)).size).toBe(named.length)
  })

  it('have a spec hash that any parameter changes, and the order of writing does not', () => {
    const { rule, ...rest } = yuma3Defaults
    expect(yumaAggregator('yuma3', { ...rest, rule }).specHash).toBe(yuma3.specHash)
    expect(yumaAggregator('yuma3', { ...yuma3Defaults, kappaU16: 32_768 }).specHash).not.toBe(yuma3.specHash)
    expect(yumaAggregator('other', yuma3Defaults).specHash).not.toBe(yuma3.specHash)
  })

  it.each(vectors.cases)('follow the vector: $label', (vector) => {
    const { incentive, dividends, consensus, own, carry } = vector
    const output = aggregators[vector.aggregator].aggregate(inputOf(vector))
    expect(inStrings(output)).toEqual({ incentive, dividends, consensus, own, carry })
  })

  it.each(vectors.cases.filter(({ columns }) => columns !== undefined))(
    'can be recomputed column by column from the header: $label',
    (vector) => {
      const { uids, hotkeys, validators, carried } = inputOf(vector)
      const parameters = vector.aggregator === 'yuma2' ? yuma2Defaults : yuma3Defaults
      const header = yumaHeader(validators, parameters, BigInt(vector.header?.rankTotal ?? 0))
      expect(inStrings(header)).toEqual(vector.header)
      const rows = validators.map((validator) => countedRow(validator, uids))
      const bonds = bondsBetween(
        unpackBonds(untagged(aggregators[vector.aggregator].specHash, carried)),
        validators.map(({ hotkey }) => hotkey),
        hotkeys,
      )
      const columns = uids.map((uid, column) => {
        const before = [...bonds.subarray(column * rows.length, (column + 1) * rows.length)]
        const entries = rows.map((row) => row.get(uid))
        return { ...yumaColumn(uid, header, entries, before.map(BigInt), parameters), bonds: before }
      })
      expect(inStrings(columns)).toEqual(vector.columns)
      expect(columns.map(({ incentive }) => String(incentive))).toEqual(vector.incentive)
      expect(columns.map(({ rank }) => String(rank))).toEqual(vector.own)
      expect(columns.reduce((sum, { rank }) => sum + rank, 0n)).toBe(header.rankTotal)
    },
  )

  it('pay nobody where less than kappa of the stake speaks', () => {
    const [loud, silent] = [hotkey(1), hotkey(2)]
    const output = yuma3.aggregate({
      uids: [0],
      hotkeys: [hotkey(9)],
      carried: '0x',
      validators: [
        { hotkey: loud, uid: undefined, stake: 49n, row: [{ uid: 0, weight: 1 }] },
        { hotkey: silent, uid: undefined, stake: 51n, row: undefined },
      ],
    })
    expect(output).toEqual({ incentive: [0n], dividends: [0n, 0n], consensus: [0n], own: [0n], carry: '0x' })
  })

  it('give a new holder of a seat none of the bonds of the one before', () => {
    const validators = [1, 2].map((key) => ({
      hotkey: hotkey(key),
      uid: undefined,
      stake: 1n,
      row: [
        { uid: 0, weight: 9 },
        { uid: 1, weight: 9 },
      ],
    }))
    const first = yuma3.aggregate({ uids: [0, 1], hotkeys: [hotkey(8), hotkey(9)], carried: '0x', validators })
    const second = yuma3.aggregate({ uids: [0, 1], hotkeys: [hotkey(7), hotkey(9)], carried: first.carry, validators })
    const bonds = bondsBetween(
      unpackBonds(untagged(yuma3.specHash, second.carry)),
      [hotkey(1)],
      [hotkey(7), hotkey(8), hotkey(9)],
    )
    expect([...bonds]).toEqual([3_276, 0, 6_225])
  })

  it('settle real epochs, one on the carry of the other', () => {
    const seats = [0, 1, 2, 3].map((uid) => ({ uid, hotkey: hotkey(uid + 1), sinceSeconds: 1 }))
    const validators = [0, 1, 2].map((uid) => ({
      hotkey: hotkey(uid + 1),
      stake: 100n + BigInt(uid),
      packedRow: packRow([{ uid: 3, weight: 65_535 }]),
    }))
    const inputs = {
      netuid: 1,
      startsAtSeconds: 1_000,
      epochSeconds: 100,
      specHash: hash,
      seats,
      validators,
      accruedBefore: { miners: 0n, dividends: 0n },
      accruedAfter: { miners: 500_000n, dividends: 500_001n },
    }
    const first = computeEpoch({ ...inputs, epoch: 0, previous: undefined }, yuma3)
    const { minersTotal: miners, dividendsTotal: dividends } = first.result
    expect(first.payouts.reduce((sum, { asMiner, asValidator }) => sum + asMiner + asValidator, 0n)).toBe(
      miners + dividends,
    )
    // Every amount is rounded down: less than a unit a seat and part stays accrued.
    expect(1_000_001n - miners - dividends).toBeLessThan(8n)
    const previous = { epoch: 0, words: first.posting, totals: { miners, dividends }, carry: first.carry }
    const second = computeEpoch(
      {
        ...inputs,
        epoch: 1,
        startsAtSeconds: 1_100,
        previous,
        accruedBefore: inputs.accruedAfter,
        accruedAfter: { miners: 1_000_000n, dividends: 1_000_000n },
      },
      yuma3,
    )
    const bondOf = (carry: Hex): number =>
      bondsBetween(unpackBonds(untagged(yuma3.specHash, carry)), [hotkey(1)], [hotkey(4)])[0] as number
    expect([bondOf(first.carry), bondOf(second.carry)]).toEqual([6_553, 12_451])
  })

  it('leave at most a unit a part of the whole, whatever the rows, as all but the median do', () => {
    const whole = Object.values(aggregators).filter(({ name }) => name !== 'stakeMedian')
    fc.assert(
      fc.property(worlds, fc.constantFrom(...whole), (input, aggregator) => {
        const { incentive, dividends, consensus } = aggregator.aggregate(input)
        expect(incentive).toHaveLength(input.uids.length)
        expect(consensus).toHaveLength(input.uids.length)
        expect(dividends).toHaveLength(input.validators.length)
        for (const shares of [incentive, dividends]) {
          const missing = (1n << 32n) - shares.reduce((left, right) => left + right, 0n)
          expect(missing === 1n << 32n || (missing >= 0n && missing <= BigInt(shares.length))).toBe(true)
        }
      }),
    )
  })
})

const hash: Hex = `0x${'5e'.repeat(32)}`

function hotkey(index: number): Address {
  return `0x${index.toString(16).padStart(40, '0')}`
}

const worlds: fc.Arbitrary<AggregatorInput> = fc
  .record({
    uids: fc.uniqueArray(fc.nat(20), { maxLength: 12 }).map((uids) => uids.sort((a, b) => a - b)),
    validators: fc.array(
      fc.record({
        uid: fc.option(fc.nat(20), { nil: undefined }),
        stake: fc.oneof(fc.constant(0n), fc.bigInt(1n, 3n), fc.bigInt(0n, 10n ** 27n)),
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
    ),
  })
  .map(({ uids, validators }) => ({
    uids,
    hotkeys: uids.map((uid) => hotkey(uid + 100)),
    carried: '0x',
    validators: validators.map((validator, index) => ({ ...validator, hotkey: hotkey(index + 1) })),
  }))
