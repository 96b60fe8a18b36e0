import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { convictionAfter, decayQ64 } from './conviction-math.ts'

const unit = 10n ** 18n

describe('a lock', () => {
  it('gathers conviction and loses mass with the same time constant', () => {
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

  it('never has more conviction than was ever locked', () => {
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
