import { describe, expect, it } from 'vitest'
import { oneQ64 } from '../fixed/q64.ts'
import { capitalKeepQ64, flowEmaAfter, flowKeepQ64, flowMemorySeconds, keptCapital } from './averages.ts'

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
