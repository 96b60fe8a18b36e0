import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneQ64 } from '../fixed/q64.ts'
import { flowEmaAfter, flowKeepQ64, priceEmaAfter, priceEmaDefaults } from './averages.ts'
import { burnPriceAfter, burnPriceBumped, decayFactorQ32 } from './burn-price.ts'
import { convictionAfter, decayQ64, lockPriceAfter } from './locks.ts'

const unit = 10n ** 18n

describe('moving averages', () => {
  it('stay between the old average and the spot price, and stop at the cap', () => {
    const price = fc.bigInt(0n, oneQ64)
    fc.assert(
      fc.property(price, price, fc.bigInt(0n, 10n ** 9n), fc.bigInt(0n, 10n ** 9n), (emaQ64, spotQ64, elapsed, age) => {
        const after = priceEmaAfter(priceEmaDefaults, {
          emaQ64,
          spotQ64,
          ageSeconds: age + elapsed,
          elapsedSeconds: elapsed,
        })
        const [low, high] = emaQ64 < spotQ64 ? [emaQ64, spotQ64] : [spotQ64, emaQ64]
        expect(after >= low - 2n && after <= high).toBe(true)
      }),
    )
    const late = { emaQ64: 0n, spotQ64: 50n * oneQ64, ageSeconds: 1n << 40n, elapsedSeconds: 1n << 40n }
    expect(priceEmaAfter(priceEmaDefaults, late)).toBe(oneQ64)
  })

  it('halve a flow in 30 days, at the rate of the chain it comes from', () => {
    const quiet = { ema: unit, flow: 0n, keepQ64: flowKeepQ64 }
    expect(Number(flowEmaAfter({ ...quiet, elapsedSeconds: 2_592_000n })) / 1e18).toBeCloseTo(0.5, 9)
    // 29597889189277 / 2^63 a block of 12 seconds.
    const block = oneQ64 - 2n * 29_597_889_189_277n
    expect(Number(flowEmaAfter({ ...quiet, keepQ64: block, elapsedSeconds: 216_000n })) / 1e18).toBeCloseTo(0.5, 6)
  })

  it('count a flow once, and go to the flow per second when it lasts', () => {
    const after = flowEmaAfter({ ema: 0n, flow: -7n * unit, elapsedSeconds: 1n, keepQ64: flowKeepQ64 })
    expect(after).toBe((-7n * unit * (oneQ64 - flowKeepQ64)) / oneQ64)
    const long = { ema: 0n, flow: 3n * unit * 10n ** 9n, elapsedSeconds: 10n ** 9n, keepQ64: flowKeepQ64 }
    expect(flowEmaAfter(long)).toBe(3n * unit)
    expect(flowEmaAfter({ ...long, elapsedSeconds: 0n })).toBe(0n)
  })

  it('refuse times that cannot be', () => {
    const input = { emaQ64: 0n, spotQ64: 0n, ageSeconds: 1n, elapsedSeconds: 2n }
    expect(() => priceEmaAfter(priceEmaDefaults, input)).toThrow(/elapsed/)
    expect(() => priceEmaAfter(priceEmaDefaults, { ...input, elapsedSeconds: 0n, spotQ64: -1n })).toThrow(/price/)
    expect(() => flowEmaAfter({ ema: 0n, flow: 0n, elapsedSeconds: -1n, keepQ64: 1n })).toThrow(/elapsed/)
    expect(() => flowEmaAfter({ ema: 0n, flow: 0n, elapsedSeconds: 1n, keepQ64: oneQ64 + 1n })).toThrow(/leaves/)
  })
})

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

describe('locks', () => {
  it('start at twice the last lock and fall in a straight line to the minimum', () => {
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

  it('gather conviction and lose mass with the same time constant', () => {
    const lock = { seconds: 1000n, tauSeconds: 1000n, decays: true }
    const decaying = convictionAfter({ locked: unit, conviction: 0n }, lock)
    expect(Number(decaying.locked) / 1e18).toBeCloseTo(Math.exp(-1), 12)
    expect(Number(decaying.conviction) / 1e18).toBeCloseTo(Math.exp(-1), 12)
    const perpetual = convictionAfter({ locked: unit, conviction: 0n }, { ...lock, decays: false })
    expect(perpetual.locked).toBe(unit)
    expect(Number(perpetual.conviction) / 1e18).toBeCloseTo(1 - Math.exp(-1), 12)
    expect(convictionAfter({ locked: 5n, conviction: 7n }, { ...lock, tauSeconds: 0n })).toEqual({
      locked: 0n,
      conviction: 0n,
    })
    expect(convictionAfter({ locked: 5n, conviction: 7n }, { ...lock, seconds: 0n })).toEqual({
      locked: 5n,
      conviction: 7n,
    })
    expect(() => convictionAfter({ locked: -1n, conviction: 0n }, lock)).toThrow(/range/)
    expect(() => decayQ64(-1n, 1n)).toThrow(/range/)
  })

  it('never have more conviction than was ever locked', () => {
    const amount = fc.bigInt(0n, 1n << 100n)
    fc.assert(
      fc.property(
        amount,
        fc.bigInt(0n, 1n << 32n),
        fc.bigInt(0n, 1n << 32n),
        fc.boolean(),
        (locked, seconds, tau, decays) => {
          const after = convictionAfter({ locked, conviction: 0n }, { seconds, tauSeconds: tau, decays })
          expect(after.conviction <= locked && after.locked <= locked).toBe(true)
        },
      ),
    )
  })
})
