import { describe, expect, it } from 'vitest'
import { atomicToPicoUsd, formatUnits, parseUnits, picoUsdToAtomic } from './money.ts'

describe('formatUnits and parseUnits', () => {
  it.each([
    ['0', 0n],
    ['1.5', 1_500_000n],
    ['0.000001', 1n],
    ['21000000', 21_000_000_000_000n],
  ])('%s dollars', (text, atomic) => {
    expect(formatUnits(atomic, 6)).toBe(text)
    expect(parseUnits(text, 6)).toBe(atomic)
  })
  it('keeps the sign of a negative amount', () => expect(formatUnits(-1n, 6)).toBe('-0.000001'))
  it.each(['-1', '1e3', '0.0000001', '', ' ', '1.', '.5', '0x10', 'NaN'])('refuses %j', (text) => {
    expect(() => parseUnits(text, 6)).toThrow(/not an amount/)
  })
})

describe('picoUsdToAtomic', () => {
  it('rounds down, so nobody signs for more than is owed', () => {
    expect(picoUsdToAtomic(999_999n)).toBe(0n)
    expect(picoUsdToAtomic(1_000_000n)).toBe(1n)
    expect(picoUsdToAtomic(atomicToPicoUsd(12n) + 999_999n)).toBe(12n)
  })
})
