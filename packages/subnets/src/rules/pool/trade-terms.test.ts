import { describe, expect, it } from 'vitest'
import { tradeTerms } from './trade-terms.ts'
import { type Pool, quoteBuy, quoteSell, wad } from './weighted-pool.ts'

const pool: Pool = { alpha: 1_000n * wad, koin: 500n * wad, weightKoin: wad / 2n }

describe('tradeTerms', () => {
  it('is the quote, the price before it, and a least output that much below', () => {
    const terms = tradeTerms(pool, 'buy', 10n * wad, 100)
    const quote = quoteBuy(pool, 10n * wad)
    expect(terms).toMatchObject({ ...quote, side: 'buy', priceBefore: wad / 2n })
    expect(terms.leastOutput).toBe((quote.output * 99n) / 100n)
    expect(terms.priceAfter).toBeGreaterThan(terms.priceBefore)
    expect(terms.averagePrice).toBe((10n * wad * wad) / terms.output)
    expect(terms.averagePrice).toBeGreaterThan(terms.priceBefore)
    const sale = tradeTerms(pool, 'sell', 10n * wad, 0)
    expect(sale.leastOutput).toBe(quoteSell(pool, 10n * wad).output)
    expect(sale.priceAfter).toBeLessThan(sale.priceBefore)
    expect(sale.averagePrice).toBe(sale.output / 10n)
  })

  it('never names a least output of nothing, which the pool would refuse', () => {
    const poor: Pool = { ...pool, alpha: 2_000n * wad }
    const terms = tradeTerms(poor, 'sell', 9n, 5_000)
    expect([terms.output, terms.leastOutput]).toEqual([1n, 1n])
  })

  it.each([-1, 0.5, 5_001, Number.NaN])('refuses a slippage of %s', (slippageBps) => {
    expect(() => tradeTerms(pool, 'buy', wad, slippageBps)).toThrow(
      expect.objectContaining({ code: 'subnets/out-of-range' }),
    )
  })

  it('refuses a trade that would bring nothing, and one larger than the pool takes', () => {
    expect(() => tradeTerms(pool, 'sell', 2n, 100)).toThrow(expect.objectContaining({ code: 'subnets/worth-nothing' }))
    expect(() => tradeTerms(pool, 'buy', 600_000n * wad, 100)).toThrow(
      expect.objectContaining({
        code: 'subnets/out-of-range',
        hint: 'It takes up to 500250.125062 at once, 1,000 times what it holds. Trade a smaller amount.',
      }),
    )
  })
})
