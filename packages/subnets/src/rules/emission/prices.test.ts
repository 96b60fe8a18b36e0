import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneQ64 } from '../fixed/q64.ts'
import { capitalKeepQ64, flowEmaAfter, flowKeepQ64, flowMemorySeconds, keptCapital } from './averages.ts'
import { burnPriceAfter, burnPriceBumped, decayFactorQ32 } from './burn-price.ts'
import { convictionAfter, decayQ64, lockPriceAfter } from './locks.ts'

const unit = 10n ** 18n

describe('moving averages', () => {
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
    expect(() => flowEmaAfter({ ema: 0n, flow: 0n, elapsedSeconds: -1n, keepQ64: 1n })).toThrow(/elapsed/)
    expect(() => flowEmaAfter({ ema: 0n, flow: 0n, elapsedSeconds: 1n, keepQ64: oneQ64 + 1n })).toThrow(/leaves/)
  })
})

describe('the capital that people keep in a pool', () => {
  const day = 86_400n
  const quiet = { before: 0n, heldBefore: 100n * unit, held: 100n * unit, protocolFlow: 0n, elapsedSeconds: 7n * day }

  it('comes to half in a week, and goes at once', () => {
    expect(Number(keptCapital(quiet).capital) / 1e18).toBeCloseTo(50, 6)
    const gone = keptCapital({ ...quiet, before: 100n * unit, held: 3n * unit, elapsedSeconds: 12n })
    expect(gone.capital).toBe(3n * unit)
    expect(gone.average > 99n * unit).toBe(true)
  })

  it('is the lesser of two openings, nothing before the first, and without what the protocol lately brought', () => {
    expect(keptCapital({ ...quiet, held: 9_000n * unit })).toEqual(keptCapital(quiet))
    expect(keptCapital({ ...quiet, heldBefore: 0n })).toEqual({ average: 0n, capital: 0n })
    expect(keptCapital({ ...quiet, heldBefore: undefined })).toEqual({ average: 0n, capital: 0n })
    // 60 KOIN of the protocol in one second, then nothing: all of them count as its own, half of them after 30 days.
    const own = flowEmaAfter({ ema: 0n, flow: 60n * unit, elapsedSeconds: 1n, keepQ64: flowKeepQ64 })
    expect(Number(own * flowMemorySeconds) / 1e18).toBeCloseTo(60, 4)
    const later = flowEmaAfter({ ema: own, flow: 0n, elapsedSeconds: 30n * day, keepQ64: flowKeepQ64 })
    const settled = (protocolFlow: bigint): number =>
      Number(keptCapital({ ...quiet, before: 100n * unit, protocolFlow, elapsedSeconds: 10_000n * day }).capital) / 1e18
    expect(settled(own)).toBeCloseTo(40, 3)
    expect(settled(later)).toBeCloseTo(70, 3)
  })

  it('is never negative, whatever was taken out', () => {
    expect(keptCapital({ ...quiet, protocolFlow: unit }).capital).toBe(0n)
    expect(capitalKeepQ64 < oneQ64).toBe(true)
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
