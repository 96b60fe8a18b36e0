import { readFileSync } from 'node:fs'
import { type Address, type Hex, zeroHash } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { yumaColumn, yumaHeader } from '../testing/yuma-column.ts'
import { aggregators } from './aggregators/index.ts'
import { columnRuleOf } from './column-rules.ts'
import { computeEpoch, countedStake } from './epoch-record.ts'
import { noRow, parseSeatWord } from './seat-words.ts'
import { keptRowHash, rowTotal, rowWords, unpackRow } from './weight-row.ts'
import { yuma2Defaults, yuma3Defaults } from './yuma/parameters.ts'
import { stakeCap } from './yuma/stake.ts'

type Case = {
  readonly label: string
  readonly aggregator: keyof typeof aggregators
  readonly specHash: Hex
  readonly cap: string
  readonly validators: readonly { hotkey: Address; stake: string; age: number; row: Hex | null }[]
  readonly seats: readonly {
    uid: number
    holder: Address
    tenure: number
    consensus: string
    rank: string
    own: string
  }[]
  readonly validatorWords: readonly Hex[]
  readonly rowHashes: readonly Hex[]
  readonly rowWords: readonly Hex[]
  readonly seatWords: readonly Hex[]
}
const file = new URL('../../../../specs/vectors/seat-columns.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] }
const [startsAtSeconds, epochSeconds] = [1_000_000, 1_000]

const permittedOf = ({ hotkey, stake, age, row }: Case['validators'][number]) => ({
  hotkey,
  stake: BigInt(stake),
  packedRow: row ?? undefined,
  rowAge: age === noRow ? 0 : age,
})
const computed = (given: Case) =>
  computeEpoch(
    {
      netuid: 1,
      epoch: 300,
      startsAtSeconds,
      epochSeconds,
      specHash: zeroHash,
      seats: given.seats.map(({ uid, holder, tenure }) => ({
        uid,
        hotkey: holder,
        sinceSeconds: startsAtSeconds - tenure * epochSeconds,
      })),
      validators: given.validators.map(permittedOf),
      accruedBefore: { miners: 0n, dividends: 0n },
      accruedAfter: { miners: 1n, dividends: 1n },
      previous: undefined,
    },
    aggregators[given.aggregator],
  )

describe.each(cases)('a column of Yuma: $label', (given) => {
  it('is posted as the vector has it', () => {
    const { posting } = computed(given)
    expect(posting.validators).toEqual(given.validatorWords)
    const withoutDividend = (word: Hex): bigint => BigInt(word) & ~(((1n << 40n) - 1n) << 128n)
    expect(posting.seats.map(withoutDividend)).toEqual(given.seatWords.map(BigInt))
    const kept = given.validators.map(({ row }) => (row === null ? zeroHash : keptRowHash(row)))
    expect(kept).toEqual(given.rowHashes)
    const dense = given.validators.flatMap(({ row }) => (row === null ? Array(16).fill(zeroHash) : rowWords(row)))
    expect(dense).toEqual(given.rowWords)
    const rule = columnRuleOf(given.specHash)
    expect(rule?.aggregator).toBe(aggregators[given.aggregator])
    const stakes = given.validators.map((validator) => countedStake(permittedOf(validator)))
    const percent = rule?.stakeCapPercent
    expect(String((percent === undefined ? undefined : stakeCap(stakes, percent)) ?? 0n)).toBe(given.cap)
  })

  it('follows from the chapter, computed apart from the engine', () => {
    const validators = given.validators.map((validator) => ({
      hotkey: validator.hotkey,
      uid: given.seats.find(({ holder }) => holder === validator.hotkey)?.uid,
      stake: countedStake(permittedOf(validator)),
      row: validator.row === null ? undefined : unpackRow(validator.row),
    }))
    const parameters = {
      ...(given.aggregator === 'yuma2' ? yuma2Defaults : yuma3Defaults),
      ...(given.aggregator === 'yuma3Capped' ? { stakeCapPercent: 88 } : {}),
    }
    const sum = given.seats.reduce((total, { own }) => total + BigInt(own), 0n)
    const header = yumaHeader(validators, parameters, sum)
    expect(header.rowTotals).toEqual(validators.map(({ row }) => BigInt(rowTotal(row ?? []))))
    for (const { uid, tenure, consensus, rank, own } of given.seats) {
      const entries = validators.map((validator, place) => {
        const weight = validator.row?.find((entry) => entry.uid === uid)?.weight ?? 0
        const { age } = given.validators[place] as Case['validators'][number]
        return validator.uid === uid || age > tenure ? 0n : BigInt(weight)
      })
      const column = yumaColumn(uid, header, entries, Array(entries.length).fill(0n), parameters)
      expect([column.consensus, column.rank, column.incentive].map(String)).toEqual([consensus, own, rank])
      expect(parseSeatWord(given.seatWords[uid] as Hex)).toMatchObject({ tenure, own: BigInt(own) })
    }
  })
})

describe('columnRuleOf', () => {
  it('knows the median and all of Yuma, and nothing else', () => {
    const known = Object.values(aggregators).filter(({ specHash }) => columnRuleOf(specHash) !== undefined)
    const names = ['stakeMedian', 'yuma2', 'yuma3', 'yuma3Capped', 'yuma3Liquid', 'yuma3LiquidDecaying']
    expect(known.map(({ name }) => name)).toEqual(names)
    expect(columnRuleOf(zeroHash)).toBe(undefined)
  })
})
