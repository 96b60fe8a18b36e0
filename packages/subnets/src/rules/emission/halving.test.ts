import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emissionRate, issuedOver } from './halving.ts'

const koin = { cap: 21_000_000n * 10n ** 18n, base: 10n ** 18n / 12n }

describe('halving', () => {
  it('halves exactly at the thresholds and not a unit before', () => {
    for (let halving = 1n; halving <= 20n; halving++) {
      const threshold = koin.cap - (koin.cap >> halving)
      expect(emissionRate(koin, threshold)).toBe(koin.base >> halving)
      expect(emissionRate(koin, threshold - 1n)).toBe(koin.base >> (halving - 1n))
    }
    expect(emissionRate(koin, koin.cap - 1n)).toBe(0n)
    expect(emissionRate(koin, koin.cap)).toBe(0n)
    expect(emissionRate(koin, koin.cap * 9n)).toBe(0n)
  })

  it('issues in closed form what second after second would', () => {
    const small = fc.record({ cap: fc.bigInt(2n, 5000n), base: fc.bigInt(1n, 300n) })
    fc.assert(
      fc.property(small, fc.bigInt(0n, 6000n), fc.integer({ min: 0, max: 300 }), ({ cap, base }, issuance, seconds) => {
        fc.pre(2n * base <= cap)
        let reached = issuance
        for (let second = 0; second < seconds; second++) reached += emissionRate({ cap, base }, reached)
        expect(issuedOver({ cap, base }, issuance, BigInt(seconds))).toBe(reached - issuance)
      }),
    )
  })

  it('does not depend on how time is cut into periods, and never passes the cap', () => {
    const time = fc.bigInt(0n, 10n ** 12n)
    fc.assert(
      fc.property(fc.bigInt(0n, koin.cap), time, time, (issuance, first, second) => {
        const whole = issuedOver(koin, issuance, first + second)
        const part = issuedOver(koin, issuance, first)
        expect(part + issuedOver(koin, issuance + part, second)).toBe(whole)
        expect(issuance + whole <= koin.cap).toBe(true)
      }),
    )
    expect(issuedOver(koin, 0n, 1n << 120n)).toBeGreaterThan(koin.cap - 10n ** 12n)
  })

  it('refuses schedules that could pass their cap, negative issuance and time', () => {
    expect(() => emissionRate({ cap: 10n, base: 6n }, 0n)).toThrow(/schedule/)
    expect(() => emissionRate({ cap: 10n, base: 0n }, 0n)).toThrow(/schedule/)
    expect(() => emissionRate({ cap: 1n << 128n, base: 1n }, 0n)).toThrow(/schedule/)
    expect(() => emissionRate(koin, -1n)).toThrow(/negative/)
    expect(() => issuedOver(koin, 0n, -1n)).toThrow(/backwards/)
  })
})
