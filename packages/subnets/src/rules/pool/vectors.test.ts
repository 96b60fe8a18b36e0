import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { expDown, expNegUp, lnDown } from './fixed-point.ts'
import { movePriceAverage } from './price-average.ts'
import {
  buyInputToPrice,
  injectIntoPool,
  koinToPrice,
  type Pool,
  poolPrice,
  quoteBuy,
  quoteSell,
  sellInputToPrice,
  wad,
} from './weighted-pool.ts'

type Row = Record<string, bigint>
const columns = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/pools.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, string[]>>

/** Rows of one group of the vectors. */
function rows(group: string): Row[] {
  const entries = Object.entries(columns[group] ?? {})
  const length = entries[0]?.[1].length ?? 0
  expect(length).toBeGreaterThan(20)
  return Array.from({ length }, (_, index) =>
    Object.fromEntries(entries.map(([name, values]) => [name, BigInt(values[index] ?? '-1')])),
  )
}

const pool = (row: Row) => ({ alpha: row.alpha, koin: row.koin, weightKoin: row.weightKoin }) as Pool

describe('specs/vectors/pools.json', () => {
  it('holds logarithms and exponents', () => {
    for (const { n, d, result } of rows('ln')) expect(lnDown(n as bigint, d as bigint)).toBe(result)
    for (const { z, mantissa, k, inverse } of rows('exp')) {
      expect(expDown(z as bigint)).toEqual({ mantissa, k })
      expect(expNegUp(z as bigint)).toBe(inverse)
    }
  })

  it.each([
    ['buys', quoteBuy],
    ['sells', quoteSell],
  ] as const)('holds %s', (group, quote) => {
    for (const row of rows(group)) {
      const { fee, output, priceAfter } = quote(pool(row), row.input as bigint)
      expect({ fee, output, priceAfter, price: poolPrice(pool(row)) }).toEqual({
        fee: row.fee,
        output: row.output,
        priceAfter: row.priceAfter,
        price: row.price,
      })
    }
  })

  it('holds inputs to a limit price, injections and averages', () => {
    for (const row of rows('limits')) {
      expect(buyInputToPrice(pool(row), row.limit as bigint)).toBe(row.buyInput)
      expect(sellInputToPrice(pool(row), row.limit as bigint)).toBe(row.sellInput)
    }
    for (const row of rows('injections')) {
      const after = injectIntoPool(pool(row), row.alphaIn as bigint, row.koinIn as bigint)
      expect(after?.weightKoin ?? 0n).toBe(row.weightKoinAfter)
    }
    for (const { average, spot, from, to, result } of rows('averages') as Record<string, bigint>[]) {
      expect(movePriceAverage(average as bigint, spot as bigint, from as bigint, to as bigint)).toBe(result)
    }
  })
})

describe('specs/vectors/incentives.json', () => {
  const { vectors } = JSON.parse(
    readFileSync(new URL('../../../../../specs/vectors/incentives.json', import.meta.url), 'utf8'),
  ) as { vectors: { label: string }[] }
  const given = <shape>(label: string): shape => vectors.find((vector) => vector.label === label) as shape
  const parts = (value: number) => BigInt(Math.round(value * 1e18))

  it('holds prices', () => {
    const { rows, tol } = given<{ rows: [number, number | string, number | string, number][]; tol: number }>(
      'pool.price',
    )
    expect(rows.length).toBe(5)
    for (const [weight, alpha, koin, price] of rows) {
      const computed = poolPrice({ alpha: BigInt(alpha), koin: BigInt(koin), weightKoin: parts(weight) })
      expect(Math.abs(Number(computed) / 1e18 - price)).toBeLessThanOrEqual(tol)
    }
  })

  it('holds how fast the average of a price moves by the age of its pool', () => {
    const { base_alpha, halving_blocks, spot, start_block, rows, tol } = given<{
      base_alpha: number
      halving_blocks: number
      spot: number
      start_block: number
      rows: [number, number | string][]
      tol: number
    }>('price_ema.age')
    // Blocks of 12 s there, and a rate of its own for a block; here 3 millionths a block, in closed form.
    const seconds = 12n
    expect(BigInt(halving_blocks) * seconds).toBe(2_419_200n)
    for (const [block, expected] of rows) {
      const age = BigInt(block - start_block) * seconds
      const moved = movePriceAverage(0n, parts(spot), age, age + seconds)
      const average = (Number(moved) / 1e18) * (base_alpha / 3e-6)
      if (typeof expected === 'string') expect(average).toBeLessThan(Number(expected.replace('<', '')))
      else expect(Math.abs(average - expected)).toBeLessThanOrEqual(tol)
    }
  })

  it('holds the input, before the fee, to a target price', () => {
    const vector = given<Record<string, number>>('pool.quote_delta_in') as {
      w_quote: number
      price: number
      target: number
      tao_reserve: number
      delta: number
      impossible_target: number
      impossible_delta: number
    }
    const koin = BigInt(vector.tao_reserve)
    const weightKoin = parts(vector.w_quote)
    const alpha = ((wad - weightKoin) * koin * wad) / (weightKoin * parts(vector.price))
    const start = { alpha, koin, weightKoin }
    expect(poolPrice(start)).toBe(parts(vector.price))
    expect(koinToPrice(start, parts(vector.target))).toBe(BigInt(vector.delta))
    expect(koinToPrice(start, parts(vector.impossible_target))).toBe(BigInt(vector.impossible_delta))
  })
})
