import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { burnPriceAfter, burnPriceBumped, decayFactorQ32, lockPriceAfter } from './prices.ts'

const unit = 10n ** 18n

describe('the price of a seat', () => {
  const rules = {
    bumpBps: 12_600n,
    halfLifeSeconds: 4320n,
    decayQ32: decayFactorQ32(4320n),
    minimum: unit / 2000n,
    maximum: 100n * unit,
  }

  it('halves every half-life, rises by 1.26, and keeps its clamps', () => {
    expect(burnPriceAfter(rules, 8n * unit, 3n * 4320n)).toBe(unit)
    expect(Number(burnPriceAfter(rules, 8n * unit, 2160n)) / 8e18).toBeCloseTo(Math.SQRT1_2, 5)
    expect(burnPriceBumped(rules, unit)).toBe((unit * 126n) / 100n)
    expect(burnPriceBumped(rules, 99n * unit)).toBe(100n * unit)
    expect(burnPriceAfter(rules, unit, 1n << 40n)).toBe(unit / 2000n)
    expect(burnPriceAfter({ ...rules, halfLifeSeconds: 0n }, unit, 1n << 40n)).toBe(unit)
    expect(decayFactorQ32(0n)).toBe(1n << 32n)
  })

  it('never rises by waiting', () => {
    const time = fc.bigInt(0n, 100_000n)
    fc.assert(
      fc.property(fc.bigInt(0n, 100n * unit), time, time, (price, first, more) => {
        // Within a unit of rounding: whole half-lives are shifts, the rest a factor.
        expect(
          burnPriceAfter(rules, price, first + more) <= burnPriceAfter(rules, price, first) + price / 10n ** 6n,
        ).toBe(true)
      }),
    )
  })

  it('refuses what is out of range', () => {
    expect(() => burnPriceAfter(rules, -1n, 0n)).toThrow(/range/)
    expect(() => burnPriceAfter(rules, 1n, -1n)).toThrow(/range/)
    expect(() => burnPriceBumped(rules, 1n << 128n)).toThrow(/range/)
    expect(() => decayFactorQ32(-1n)).toThrow(/range/)
  })
})

describe('the lock of a new subnet', () => {
  it('starts at twice the last lock and falls in a straight line to the minimum', () => {
    const rules = { intervalSeconds: 1000n, minimum: unit }
    const price = (seconds: bigint): bigint => lockPriceAfter(rules, 100n * unit, seconds)
    expect([0n, 500n, 1000n, 1999n, 2000n, 1n << 100n].map(price)).toEqual([
      200n * unit,
      150n * unit,
      100n * unit,
      unit,
      unit,
      unit,
    ])
    expect(() => lockPriceAfter(rules, 1n, -1n)).toThrow(/range/)
    expect(() => lockPriceAfter({ ...rules, intervalSeconds: 0n }, 1n, 1n)).toThrow(/range/)
  })
})
