import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exactBits, exactOut } from '../../testing/exact-pool.ts'
import {
  buyInputToPrice,
  injectIntoPool,
  maximumPoolAmount,
  minimumPoolWeight,
  type Pool,
  poolPrice,
  quoteBuy,
  quoteSell,
  sellInputToPrice,
  wad,
} from './weighted-pool.ts'

const token = 10n ** 18n
const cap = 21_000_000n * token
const amount = fc.bigInt({ min: 1n, max: cap })
const weight = fc.bigInt({ min: minimumPoolWeight, max: wad - minimumPoolWeight })
const anyPool: fc.Arbitrary<Pool> = fc.record({ alpha: amount, koin: amount, weightKoin: weight })
/** An input that the pool takes: up to 1,000 x the reserve that it joins. */
const inputInto = (reserve: bigint, seed: bigint) => 1n + (seed % (1000n * reserve))

const least = (a: bigint, b: bigint) => (a < b ? a : b)

describe('quotes', () => {
  it('are at most the exact value and less than 2 units below it', () => {
    fc.assert(
      fc.property(anyPool, amount, (pool, seed) => {
        const { input, fee, output } = quoteBuy(pool, inputInto(pool.koin, seed))
        const exact = exactOut(pool.koin, pool.weightKoin, pool.alpha, wad - pool.weightKoin, input - fee)
        const missing = exact - (output << exactBits)
        expect(missing > -(1n << 100n) && missing < 2n << exactBits).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('give no free round trip, either way round', () => {
    fc.assert(
      fc.property(anyPool, amount, (pool, seed) => {
        const bought = quoteBuy(pool, inputInto(pool.koin, seed))
        const back = least(bought.output, 1000n * bought.pool.alpha)
        if (back > 0n) expect(quoteSell(bought.pool, back).output <= bought.input).toBe(true)
        const sold = quoteSell(pool, inputInto(pool.alpha, seed))
        const again = least(sold.output, 1000n * sold.pool.koin)
        if (again > 0n) expect(quoteBuy(sold.pool, again).output <= sold.input).toBe(true)
      }),
    )
  })

  it('give a trade in parts no more than the trade at once', () => {
    fc.assert(
      fc.property(anyPool, amount, fc.integer({ min: 2, max: 8 }), (start, seed, parts) => {
        const whole = inputInto(start.koin, seed)
        const part = whole / BigInt(parts)
        if (part === 0n) return
        let pool = start
        let got = 0n
        for (let index = 0; index < parts; index++) {
          const quote = quoteBuy(pool, part)
          pool = quote.pool
          got += quote.output
        }
        expect(got <= quoteBuy(start, whole).output + 1n).toBe(true)
      }),
    )
  })

  it('raise the price by buying, lower it by selling, and never empty a reserve', () => {
    fc.assert(
      fc.property(anyPool, amount, (pool, seed) => {
        const price = poolPrice(pool)
        const bought = quoteBuy(pool, inputInto(pool.koin, seed))
        const sold = quoteSell(pool, inputInto(pool.alpha, seed))
        expect(bought.priceAfter >= price && sold.priceAfter <= price).toBe(true)
        expect(bought.pool.alpha > 0n && sold.pool.koin > 0n).toBe(true)
      }),
    )
  })

  it('take 5 in 10,000 of the input, rounded up', () => {
    const pool = { alpha: 1000n * token, koin: 1000n * token, weightKoin: wad / 2n }
    expect(quoteBuy(pool, 10_000n).fee).toBe(5n)
    expect(quoteBuy(pool, 10_001n).fee).toBe(6n)
    expect(quoteBuy(pool, 1n)).toMatchObject({ fee: 1n, output: 0n, impactPpm: 0n })
    expect(quoteSell(pool, 1000n * token).impactPpm).toBe(749_874n)
  })

  it('refuse nothing, too much, and more than can be counted', () => {
    const pool = { alpha: token, koin: token, weightKoin: wad / 2n }
    expect(() => quoteBuy(pool, 0n)).toThrow(/brings something in/)
    expect(() => quoteSell(pool, -1n)).toThrow(/brings something in/)
    expect(() => quoteBuy(pool, 1002n * token)).toThrow(/too large/)
    expect(() => quoteBuy({ ...pool, koin: maximumPoolAmount - 5n }, 100n)).toThrow(/too large/)
  })
})

describe('trades to a limit price', () => {
  it('stop at the limit, and one in a million of the reserve more would pass it', () => {
    const sane = fc.bigInt({ min: token, max: cap })
    const pools = fc.record({ alpha: sane, koin: sane, weightKoin: weight })
    fc.assert(
      fc.property(pools, fc.bigInt({ min: 1n, max: 1_000_000n }), (pool, ppm) => {
        const up = poolPrice(pool) + (poolPrice(pool) * ppm) / 1_000_000n
        const bought = buyInputToPrice(pool, up)
        if (bought > 0n && bought < 1000n * pool.koin) {
          expect(quoteBuy(pool, bought).priceAfter <= up).toBe(true)
          expect(quoteBuy(pool, bought + pool.koin / 1_000_000n).priceAfter >= up).toBe(true)
        }
        const down = (poolPrice(pool) * 1_000_000n) / (1_000_000n + ppm) + 1n
        const sold = sellInputToPrice(pool, down)
        if (sold > 0n && sold < 1000n * pool.alpha) {
          expect(quoteSell(pool, sold).priceAfter + 1n >= down).toBe(true)
          expect(quoteSell(pool, sold + pool.alpha / 1_000_000n).priceAfter <= down).toBe(true)
        }
      }),
    )
  })

  it('are nothing when the price is there already, and all that may come in when the limit is far', () => {
    const pool = { alpha: token, koin: token, weightKoin: wad / 2n }
    expect([buyInputToPrice(pool, wad), buyInputToPrice(pool, 1n), sellInputToPrice(pool, wad)]).toEqual([0n, 0n, 0n])
    expect(buyInputToPrice(pool, 1n << 250n)).toBe((1000n * token * 10_000n) / 9_995n)
    expect(() => quoteBuy(pool, buyInputToPrice(pool, 1n << 250n))).not.toThrow()
    expect(() => sellInputToPrice(pool, 0n)).toThrow(/limit price/)
  })
})

describe('injections', () => {
  it('keep the price within a relative 0.5e-18 / (w1 * w2), or do not fit', () => {
    fc.assert(
      fc.property(anyPool, amount, amount, (pool, alpha, koin) => {
        const after = injectIntoPool(pool, alpha, koin)
        if (after === undefined) return
        const before = (wad - pool.weightKoin) * pool.koin * after.weightKoin * after.alpha
        const then = (wad - after.weightKoin) * after.koin * pool.weightKoin * pool.alpha
        const moved = then > before ? then - before : before - then
        const bound = (before * (wad + 1n)) / (2n * after.weightKoin * (wad - after.weightKoin))
        expect(moved <= bound).toBe(true)
      }),
    )
  })

  it('leave weights alone when both sides grow alike, and stay out at the limits', () => {
    const pool = { alpha: 10n * token, koin: 10n * token, weightKoin: wad / 2n }
    expect(injectIntoPool(pool, token, token)).toEqual({ alpha: 11n * token, koin: 11n * token, weightKoin: wad / 2n })
    expect(injectIntoPool(pool, 0n, 10_000n * token)).toBeUndefined()
    expect(injectIntoPool(pool, 10_000n * token, 0n)).toBeUndefined()
    expect(injectIntoPool(pool, maximumPoolAmount, 1n)).toBeUndefined()
  })
})
