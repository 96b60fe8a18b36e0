import { describe, expect, it } from 'vitest'
import { atomicToPicoUsd, formatAmount, formatUnits, parseUnits, picoUsdToAtomic, picoUsdToAtomicUp } from './money.ts'

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

describe('formatAmount', () => {
  const token = 10n ** 18n
  it.each([
    [0n, '0'],
    [1n, 'less than 0.000001'],
    [10n ** 12n - 1n, 'less than 0.000001'],
    [10n ** 12n, '0.000001'],
    [token / 5n, '0.2'],
    [21_000_000n * token, '21000000'],
    [5n * token + token / 3n, '5.333333'],
    // Cut off, never rounded up to what is not there.
    [token - 1n, '0.999999'],
    [-token / 2n, '-0.5'],
    [-1n, '0'],
  ])('shows %d as %s', (amount, text) => expect(formatAmount(amount)).toBe(text))
})

describe('picoUsdToAtomic', () => {
  it('rounds down, so nobody signs for more than is owed', () => {
    expect(picoUsdToAtomic(999_999n)).toBe(0n)
    expect(picoUsdToAtomic(1_000_000n)).toBe(1n)
    expect(picoUsdToAtomic(atomicToPicoUsd(12n) + 999_999n)).toBe(12n)
  })
})

describe('picoUsdToAtomicUp', () => {
  it('covers what is asked for, and takes nothing for nothing', () => {
    expect([-1n, 0n, 1n, 1_000_000n, 1_000_001n].map(picoUsdToAtomicUp)).toEqual([0n, 0n, 1n, 1n, 2n])
  })
})
