/** The numbers of specs/0010 are those of the contracts. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8')
const chapter = read('specs/0010-seats-stake-emission.md')

/** Named numbers of a contract: `uint256 public constant MAX_NEURONS = 256;` */
const constants = ['token/KoinonToken', 'subnets/Subnets', 'subnets/Staking', 'subnets/Emission', 'subnets/Epochs']
  .map((name) => read(`contracts/src/${name}.sol`))
  .flatMap((source) => [...source.matchAll(/\buint\d+ (?:public|private) constant ([A-Z_]+) = ([^;]+);/g)])
  .map(([, name, value]) => [name as string, value as string] as const)

describe('the table of specs/0010', () => {
  it('has all of the constants and no others', () => {
    const rows = [...chapter.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name)
    expect(rows.sort()).toEqual(constants.map(([name]) => name).sort())
  })

  it.each(constants)('gives %s as %s', (name, value) => {
    const row = chapter.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))
    const [, number, unit] = /^([\d_]+)(?:e18)?(?: (days))?$/.exec(value) ?? []
    const shown = Number(number?.replaceAll('_', '')).toLocaleString('en')
    expect(row).toContain(`| ${shown}${unit === undefined ? '' : shown === '1' ? ' day' : ' days'}`)
  })
})
