import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sharesForAmount, virtualShares, worthOfShares } from './share-worth.ts'

const empty = { assets: 0n, shares: 0n }

describe('shares of stake', () => {
  it('begin as a millionth of a unit', () => {
    expect(sharesForAmount(empty, 5n)).toBe(5n * virtualShares)
    expect(worthOfShares({ assets: 5n, shares: 5n * virtualShares }, 5n * virtualShares)).toBe(5n)
    expect(worthOfShares(empty, 0n)).toBe(0n)
  })

  it('are never worth more than was paid for them, nor all together more than there is', () => {
    const amount = fc.bigInt(1n, 1n << 90n)
    fc.assert(
      fc.property(amount, amount, amount, (first, raised, second) => {
        const shares = sharesForAmount(empty, first)
        const pool = { assets: first + raised, shares }
        const more = sharesForAmount(pool, second)
        const then = { assets: pool.assets + second, shares: pool.shares + more }
        expect(worthOfShares(then, more) <= second).toBe(true)
        expect(worthOfShares(then, shares) + worthOfShares(then, more) <= then.assets).toBe(true)
      }),
    )
  })
})
