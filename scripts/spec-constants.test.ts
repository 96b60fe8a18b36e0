/** The numbers in the tables of the chapters are those of the contracts, and those that TypeScript reckons with. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as emissionConstants from '../packages/subnets/src/rules/emission/constants.ts'
import * as poolConstants from '../packages/subnets/src/rules/pool/constants.ts'

const root = resolve(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8')
const inFolder = (folder: string, names: string): readonly string[] =>
  names.split(' ').map((name) => `${folder}/${name}`)

/** Units, and numbers that the text of a chapter or another one has. */
const notInTables =
  'BPS WAD ONE ROOT RATE_BITS MAX_SHARES MAX_RATIO MAX_UNBONDING_SECONDS FLOW_KEEP CAPITAL_KEEP'.split(' ')

const chapters = [
  {
    file: 'specs/0010-seats-stake-emission.md',
    contracts: [
      'token/KoinonToken',
      ...inFolder('subnets', 'SubnetRegistry Subnets SubnetTerms PriceScore results/Earnings results/Epochs'),
    ],
    constants: {},
  },
  {
    file: 'specs/0014-pools.md',
    contracts: inFolder('subnets/pool', 'Pools SharePool WeightedPool Delegation StakeLedger ChildKeys AlphaStaking'),
    constants: poolConstants,
  },
  {
    file: 'specs/0020-pool-emission.md',
    contracts: inFolder('subnets/emission', 'PoolEmission EmissionAccounts'),
    constants: emissionConstants,
  },
]

/** Named numbers of the contracts: `uint256 public constant MAX_NEURONS = 256;` */
function constantsOf(contracts: readonly string[]): ReadonlyMap<string, string> {
  const found = contracts
    .map((name) => read(`contracts/src/${name}.sol`))
    .flatMap((source) => [...source.matchAll(/\buint\d+ (?:public|private|internal) constant ([A-Z_]+) = ([^;]+);/g)])
    .map(([, name, value]) => [name as string, value as string] as const)
  return new Map(found.filter(([name]) => !notInTables.includes(name)))
}

/** Value of a literal such as `1_000e18` or `7 days`, as the tables have it. */
function shownValue(value: string): string {
  if (value === 'type(uint96).max') return '2^96 - 1'
  const power = /^1e(\d+)$/.exec(value)
  if (power !== null && power[1] !== '18') return `10^${power[1]}`
  const [, digits, unit] = /^([\d_.]+)(?:e18)?(?: (days))?$/.exec(value) ?? []
  const shown = Number(digits?.replaceAll('_', '')).toLocaleString('en', { maximumFractionDigits: 4 })
  return unit === undefined ? shown : `${shown} ${shown === '1' ? 'day' : unit}`
}

/** Value of a literal, days in seconds. */
function numberOf(value: string): number {
  const [digits, unit] = value.replaceAll('_', '').split(' ')
  return Number(digits) * (unit === 'days' ? 86_400 : 1)
}

describe.each(chapters)('the table of $file', ({ file, contracts, constants }) => {
  const chapter = read(file)
  const named = constantsOf(contracts)

  it('has all of the constants and no others', () => {
    const rows = [...chapter.matchAll(/^\| ((?:`[A-Z_]+`(?:, )?)+) \|/gm)].flatMap(([, names]) =>
      (names as string).split(', ').map((name) => name.replaceAll('`', '')),
    )
    expect(rows.sort()).toEqual([...named.keys()].sort())
  })

  it.each([...named])('gives %s as %s', (name, value) => {
    const row = chapter.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${name}\``)) as string
    const [, names, values] = row.split('|') as [string, string, string]
    // Several of one kind share a row, in one order; `and` and commas are between their values.
    const place = names.split(',').findIndex((part) => part.includes(`\`${name}\``))
    const listed = names.includes(',') ? values.trim().split(/, | and /) : [values.trim()]
    expect(listed[place]).toContain(shownValue(value))
  })

  it('is what TypeScript reckons with', () => {
    for (const [name, value] of Object.entries(constants)) {
      const solidity = name
        .replace('maximum', 'max')
        .replaceAll(/[A-Z]/g, (letter) => `_${letter}`)
        .toUpperCase()
      expect([name, Number(value)]).toEqual([name, numberOf(named.get(solidity) as string)])
    }
  })
})
