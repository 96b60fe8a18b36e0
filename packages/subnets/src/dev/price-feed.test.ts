import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readSubnetFile } from '../verifier/sandbox/sandbox.ts'
import { runSubnetDev } from './dev-run.ts'
import { readPriceFeed, withPriceFeed } from './price-feed.ts'

const subnets = new URL('../../../../subnets/', import.meta.url)
const example = readFileSync(new URL('example-feed.csv', subnets), 'utf8')
const forecast = readSubnetFile(fileURLToPath(new URL('forecast.ts', subnets)))
const row = (index: number, price = '100.5') => `${1_700_000_000 + 60 * index},${price}`
const feedOf = (change: Readonly<Record<number, string>> = {}, count = 200) =>
  ['time,price', ...Array.from({ length: count }, (_, index) => change[index] ?? row(index))].join('\n')

describe('a feed of prices', () => {
  it('becomes moves in millionths, exactly, from either form of time', () => {
    const moves = readPriceFeed(feedOf({ 1: row(1, '101.505'), 2: row(2, '0100.48994999'), 3: row(3, '100.48994999') }))
    expect(moves).toHaveLength(199)
    expect(moves.slice(0, 5)).toEqual([10_000, -10_000, 0, 100, 0])
    const zoned = example.split('\n').slice(0, 202)
    expect(readPriceFeed(`\uFEFF${zoned.join('\r\n')}\r\n\r\n`)).toHaveLength(200)
  })

  it.each([
    ['another header', `date,close\n${feedOf()}`, /Line 1 of the feed is not "time,price"/],
    ['too little', feedOf({}, 199), /199 rows; a feed has 200 to 5000/],
    ['too much', feedOf({}, 5_001), /5001 rows/],
    ['a gap', feedOf({ 7: row(8) }), /Line 9 of the feed comes 120 s after/],
    ['a time that goes back', feedOf({ 1: row(0) }), /Line 3 of the feed comes 0 s after/],
    ['a time without a zone', feedOf({ 4: '2026-01-01T00:00:00,1' }), /Line 6 .*not ISO 8601/],
    ['a price below zero', feedOf({ 4: row(4, '-1') }), /Line 6 .*price "-1"/],
    ['a price of nothing', feedOf({ 4: row(4, '0.00') }), /Line 6 .*price 0/],
    ['a price in letters', feedOf({ 4: row(4, '1e3') }), /Line 6 .*price "1e3"/],
    ['a price that is code', feedOf({ 4: row(4, '1];x(') }), /Line 6/],
    ['three fields', feedOf({ 4: `${row(4)},7` }), /Line 6 of the feed does not have two/],
    ['a jump', feedOf({ 4: row(4, '150') }), /Line 6 of the feed moves the price by 492537 millionths/],
  ])('is refused with %s, naming the line', (_, csv, problem) => {
    expect(() => readPriceFeed(csv)).toThrow(problem)
  })

  it('stands in a copy of the template, which then asks by it and pays the honest', async () => {
    const moves = readPriceFeed(example)
    const file = withPriceFeed(forecast, moves)
    expect(withPriceFeed(file, []).source).toBe(forecast.source)
    const report = await runSubnetDev({ file, epochs: 3, seed: 'feed' })
    expect(report.problems).toEqual([])
    const seeded = await runSubnetDev({ file: forecast, epochs: 3, seed: 'feed' })
    expect(report.specHash).not.toBe(seeded.specHash)
  })

  it('is not for files that take none', () => {
    const other = { fileName: 'other.ts', source: 'export const x = 1' }
    expect(() => withPriceFeed(other, [1])).toThrow(/other\.ts takes no feed/)
  })
})
