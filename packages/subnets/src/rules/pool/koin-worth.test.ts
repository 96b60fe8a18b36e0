import { describe, expect, it } from 'vitest'
import { koinWorth } from './koin-worth.ts'
import { quoteSell, wad } from './weighted-pool.ts'

describe('what alpha is worth', () => {
  const pool = { alpha: 100n * wad, koin: 50n * wad, weightKoin: wad / 2n }

  it('is its price in the pool, which a sale stays below', () => {
    expect(koinWorth({ pool }, 10n * wad)).toBe(5n * wad)
    expect(koinWorth({ pool }, 10n * wad)).toBeGreaterThan(quoteSell(pool, 10n * wad).output)
    expect(koinWorth({ pool }, 0n)).toBe(0n)
  })

  it('is its part of the pot of a dissolved subnet, rounded down once, and nothing where there is no market', () => {
    expect(koinWorth({ pot: 30n, outstanding: 90n }, 9n)).toBe(3n)
    // A price in parts of 1e18 would have been rounded before.
    expect(koinWorth({ pot: 1n, outstanding: 3n }, 3n)).toBe(1n)
    expect(koinWorth({ pot: 0n, outstanding: 0n }, 9n)).toBe(0n)
    expect(koinWorth(undefined, 9n)).toBe(0n)
  })
})
