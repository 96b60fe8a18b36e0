/** The numbers in the tables of the chapters are those of the contracts, and those that TypeScript reckons with. */
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seatRuleBounds } from '../packages/ledger/src/seat-market.ts'
import { mostOwnerHotkeys } from '../packages/subnets/src/client/announcements.ts'
import { convictionRules } from '../packages/subnets/src/rules/conviction.ts'
import { flowMemorySeconds } from '../packages/subnets/src/rules/emission/averages.ts'
import * as emissionConstants from '../packages/subnets/src/rules/emission/constants.ts'
import { updateDelayEpochs } from '../packages/subnets/src/rules/epoch-clock.ts'
import * as poolConstants from '../packages/subnets/src/rules/pool/constants.ts'
import { poolFeeBps } from '../packages/subnets/src/rules/pool/weighted-pool.ts'

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
    constants: {
      updateDelayEpochs,
      minBurn: seatRuleBounds.minBurn[0],
      maxBurn: seatRuleBounds.maxBurn[1],
      minHalfLifeSeconds: seatRuleBounds.burnHalfLifeSeconds[0],
      maxHalfLifeSeconds: seatRuleBounds.burnHalfLifeSeconds[1],
      maxImmunitySeconds: seatRuleBounds.immunitySeconds[1],
      minNoticeSeconds: seatRuleBounds.noticeSeconds[0],
      maxNoticeSeconds: seatRuleBounds.noticeSeconds[1],
      maxNeurons: seatRuleBounds.maxRegistrationsPerEpoch[1],
      maxOwnerHotkeys: mostOwnerHotkeys(1_000),
    },
  },
  {
    file: 'specs/0014-pools.md',
    contracts: inFolder(
      'subnets/pool',
      'Pools SharePool WeightedPool Delegation StakeLedger ChildKeys AlphaStaking IAlphaStaking',
    ),
    constants: { ...poolConstants, feeBps: poolFeeBps },
  },
  {
    file: 'specs/0020-pool-emission.md',
    contracts: inFolder('subnets/emission', 'PoolEmission EmissionAccounts'),
    constants: { ...emissionConstants, flowMemorySeconds },
  },
  {
    file: 'specs/0021-conviction.md',
    contracts: ['subnets/Conviction'],
    constants: convictionRules,
  },
]

/** Named numbers of a contract, as written: `uint256 public constant MAX_NEURONS = 256;` */
function numbersOf(contract: string): readonly (readonly [name: string, value: string])[] {
  const all = read(contract).matchAll(/\buint\d+ (?:(?:public|private|internal) )?constant ([A-Z_]+) = ([^;]+);/g)
  return [...all].map(([, name, value]) => [name as string, value as string])
}

function constantsOf(contracts: readonly string[]): ReadonlyMap<string, string> {
  const found = contracts.flatMap((name) => numbersOf(`contracts/src/${name}.sol`))
  return new Map(found.filter(([name]) => !notInTables.includes(name)))
}

/** Value of a literal such as `1_000e18` or `7 days`, as the tables have it. */
function shownValue(value: string): string {
  if (value === 'type(uint96).max') return '2^96 - 1'
  const product = /^(\d+) \* ([A-Z_]+)$/.exec(value)
  if (product !== null) return `${product[1]} x \`${product[2]}\``
  const power = /^1e(\d+)$/.exec(value)
  if (power !== null && power[1] !== '18') return `10^${power[1]}`
  const [, digits, unit] = /^([\d_.]+)(?:e18)?(?: (days))?$/.exec(value) ?? []
  const shown = Number(digits?.replaceAll('_', '')).toLocaleString('en', { maximumFractionDigits: 4 })
  return unit === undefined ? shown : `${shown} ${shown === '1' ? 'day' : unit}`
}

/** Value of a literal, days in seconds, or of a number times another constant. */
function numberOf(value: string, named: ReadonlyMap<string, string>): number {
  const product = /^(\d+) \* ([A-Z_]+)$/.exec(value)
  if (product !== null) return Number(product[1]) * numberOf(named.get(product[2] as string) as string, named)
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
        .replace('minimum', 'min')
        .replaceAll(/[A-Z]/g, (letter) => `_${letter}`)
        .toUpperCase()
      expect([name, Number(value)]).toEqual([name, numberOf(named.get(solidity) ?? '', named)])
    }
  })
})

/** Each library's own one of its fixed-point numbers. */
const ownOfEach = ['ONE']

describe('constants of the contracts', () => {
  it('have one value wherever they stand', () => {
    const values = new Map<string, Set<number | string>>()
    for (const path of globSync('contracts/src/{token,subnets}/**/*.sol', { cwd: root })) {
      const own = numbersOf(path)
      for (const [name, value] of own) {
        if (ownOfEach.includes(name)) continue
        const number = numberOf(value, new Map(own))
        values.set(name, (values.get(name) ?? new Set()).add(Number.isNaN(number) ? value : number))
      }
    }
    expect(values.size).toBeGreaterThan(60)
    expect([...values].filter(([, found]) => found.size > 1).map(([name]) => name)).toEqual([])
  })
})
