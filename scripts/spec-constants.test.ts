/** The numbers of specs/0010 are those of the contracts. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8')
const chapter = read('specs/0010-seats-stake-emission.md')

const sources = [
  'token/KoinonToken',
  ...['Subnets', 'SubnetRegistry', 'SubnetTerms', 'Earnings', 'Staking', 'Emission', 'Epochs'].map(
    (name) => `subnets/${name}`,
  ),
]

/** Named numbers of the contracts: `uint256 public constant MAX_NEURONS = 256;` */
const constants = new Map(
  sources
    .map((name) => read(`contracts/src/${name}.sol`))
    .flatMap((source) => [
      ...source.matchAll(/\buint\d+ (?:public |private |internal )?constant ([A-Z_]+) = ([^;]+);/g),
    ])
    .map(([, name, value]) => [name as string, value as string]),
)

/** Rows of the table, which may give several: "| `A`, `B` | 10, 30 days |". */
const rows = new Map(
  [...chapter.matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \| ([^|]+) \|/gm)].flatMap(([, names = '', values = '']) => {
    const each = values.split(/, | and /)
    return [...names.matchAll(/[A-Z_]+/g)].map(([name], index) => [name, each[index]] as const)
  }),
)

describe('the table of specs/0010', () => {
  it('has all of the constants and no others', () => {
    expect([...rows.keys()].sort()).toEqual([...constants.keys()].sort())
  })

  it.each([...constants])('gives %s as %s', (name, value) => {
    const [, number = '', unit = ''] = /^([\d_.]+)(?:e18)?(?: (days))?$/.exec(value) ?? []
    const shown = Number(number.replaceAll('_', '')).toLocaleString('en', { maximumFractionDigits: 18 })
    expect(`${rows.get(name)} `).toMatch(new RegExp(`^${shown}${unit === '' ? '' : ' days?'}\\b`))
  })
})
