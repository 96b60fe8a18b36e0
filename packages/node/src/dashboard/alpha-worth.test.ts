import { describe, expect, it } from 'vitest'
import { koinWorth } from './alpha-worth.ts'

const unit = 10n ** 18n

describe('what alpha is worth', () => {
  it('is its price in the pool', () => {
    const pool = { alpha: 100n * unit, koin: 50n * unit, weightKoin: unit / 2n }
    const market = { netuid: 1, pool, price: unit / 2n, averagePrice: 0n, supply: 200n * unit, openedAtSeconds: 1 }
    expect(koinWorth(market, 4n * unit)).toBe(2n * unit)
  })

  it('is a part of the pot after the end, and nothing where there is no market', () => {
    expect(koinWorth({ netuid: 1, pot: 30n, outstanding: 90n }, 9n)).toBe(3n)
    expect(koinWorth({ netuid: 1, pot: 0n, outstanding: 0n }, 9n)).toBe(0n)
    expect(koinWorth(undefined, 9n)).toBe(0n)
  })
})
