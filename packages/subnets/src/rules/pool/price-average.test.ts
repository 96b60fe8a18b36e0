import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { movePriceAverage } from './price-average.ts'
import { wad } from './weighted-pool.ts'

const day = 86_400n
const price = fc.bigInt({ min: 0n, max: wad })
const age = fc.bigInt({ min: 0n, max: 20n * 365n * day })

describe('movePriceAverage', () => {
  it('follows d(ema)/dt = (spot - ema) * rate(t) stepped by the minute', () => {
    let stepped = 0
    for (let t = 0; t < 60 * 86_400; t += 60) {
      const middle = t + 30
      stepped += (((1 - stepped) * (middle / (middle + 2_419_200))) / 4_000_000) * 60
    }
    const moved = Number(movePriceAverage(0n, wad, 0n, 60n * day)) / 1e18
    expect(Math.abs(moved - stepped)).toBeLessThan(2e-6)
  })

  it('is the same however often it is touched on the way', () => {
    fc.assert(
      fc.property(price, price, fc.tuple(age, age, age), (average, spot, times) => {
        const [from, middle, to] = [...times].sort((a, b) => (a < b ? -1 : 1)) as [bigint, bigint, bigint]
        const once = movePriceAverage(average, spot, from, to)
        const twice = movePriceAverage(movePriceAverage(average, spot, from, middle), spot, middle, to)
        expect(once - twice <= 2n && twice - once <= 2n).toBe(true)
      }),
    )
  })

  it('lies between where it was and the spot, which counts as one at most', () => {
    fc.assert(
      fc.property(price, price, age, age, (average, spot, from, length) => {
        const moved = movePriceAverage(average, spot, from, from + length)
        const [low, high] = average < spot ? [average, spot] : [spot, average]
        expect(moved >= low && moved <= high).toBe(true)
      }),
    )
    const years = 20n * 365n * day
    expect(movePriceAverage(0n, 5n * wad, 0n, years)).toBe(movePriceAverage(0n, wad, 0n, years))
  })

  it('gives no weight to a price that stood for no time', () => {
    expect(movePriceAverage(7n, wad, 100n, 100n)).toBe(7n)
    expect(movePriceAverage(7n, wad, 100n, 99n)).toBe(7n)
  })
})
