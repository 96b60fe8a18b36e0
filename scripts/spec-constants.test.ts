/** The numbers of specs/0010 are those of the contracts. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8')
const chapter = read('specs/0010-seats-stake-emission.md')

const files = [
  'token/KoinonToken',
  ...'SubnetRegistry Subnets SubnetTerms PriceScore Earnings Epochs'.split(' ').map((name) => `subnets/${name}`),
]

/** Named numbers of the contracts: `uint256 public constant MAX_NEURONS = 256;` */
const constants = new Map(
  files
    .map((name) => read(`contracts/src/${name}.sol`))
    .flatMap((source) => [...source.matchAll(/\buint\d+ (?:public|private|internal) constant ([A-Z_]+) = ([^;]+);/g)])
    .map(([, name, value]) => [name as string, value as string] as const),
)

/** Value of a literal such as `1_000e18` or `7 days`, as the table has it. */
function shownValue(value: string): string {
  const [, digits, unit] = /^([\d_.]+)(?:e18)?(?: (days))?$/.exec(value) ?? []
  const shown = Number(digits?.replaceAll('_', '')).toLocaleString('en', { maximumFractionDigits: 4 })
  return unit === undefined ? shown : `${shown} days`
}

describe('the table of specs/0010', () => {
  it('has all of the constants and no others', () => {
    const rows = [...chapter.matchAll(/^\| ((?:`[A-Z_]+`(?:, )?)+) \|/gm)].flatMap(([, names]) =>
      (names as string).split(', ').map((name) => name.replaceAll('`', '')),
    )
    expect(rows.sort()).toEqual([...constants.keys()].sort())
  })

  it.each([...constants])('gives %s as %s', (name, value) => {
    const row = chapter.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${name}\``)) as string
    const [, names, values] = row.split('|') as [string, string, string]
    // Several of one kind share a row, in one order; `and` and commas are between their values.
    const place = names.split(',').findIndex((part) => part.includes(`\`${name}\``))
    const listed = names.includes(',') ? values.trim().split(/, | and /) : [values.trim()]
    expect(listed[place]).toContain(shownValue(value))
  })
})
