import { describe, expect, test } from 'vitest'
import {
  formatDollarAtomic,
  formatDollarExact,
  formatPicoUsd,
  formatPricePerMillion,
  formatTokenAtomic,
  readAmount,
} from './money.ts'

describe('formatPicoUsd', () => {
  test.each([
    [0n, '$0.00'],
    [1n, '$0.000000000001'],
    [999n, '$0.000000000999'],
    [14_025_000n, '$0.000014'],
    [11_850_000n, '$0.0000119'],
    [11_849_999n, '$0.0000118'],
    [9_999_999_999n, '$0.01'],
    [10_000_000_000n, '$0.01'],
    [14_999_999_999n, '$0.01'],
    [15_000_000_000n, '$0.02'],
    [1_000_000_000_000n, '$1.00'],
    [1_234_567_890_000_000_000n, '$1,234,567.89'],
    [-14_025_000n, '-$0.000014'],
  ])('%s is %s', (amount, text) => {
    expect(formatPicoUsd(amount)).toBe(text)
  })

  test('never shows an amount above zero as zero', () => {
    for (let exponent = 0n; exponent < 20n; exponent++) {
      for (const digit of [1n, 4n, 5n, 9n]) {
        expect(formatPicoUsd(digit * 10n ** exponent)).not.toMatch(/^\$0\.0*$/)
      }
    }
  })
})

describe('formatDollarAtomic', () => {
  test.each([
    [0n, '$0.00'],
    [1n, '$0.000001'],
    [1_500_000n, '$1.50'],
    [38_000_000n, '$38.00'],
    [9_999n, '$0.01'],
    [12_345_678_900_000n, '$12,345,678.90'],
  ])('%s is %s', (amount, text) => {
    expect(formatDollarAtomic(amount)).toBe(text)
  })
})

describe('formatDollarExact', () => {
  test.each([
    [0n, '$0.00'],
    [1n, '$0.000001'],
    [2_995_000n, '$2.995'],
    [1_500_000n, '$1.50'],
    [12_345_678_999_999n, '$12,345,678.999999'],
    [-2_995_000n, '-$2.995'],
  ])('%s is %s', (amount, text) => {
    expect(formatDollarExact(amount)).toBe(text)
  })
})

describe('formatTokenAtomic', () => {
  const token = 10n ** 18n
  test.each([
    [0n, '0 KOIN'],
    [1n, '< 0.0001 KOIN'],
    [token, '1 KOIN'],
    [(1255n * token) / 10n, '125.5 KOIN'],
    [21_000_000n * token, '21,000,000 KOIN'],
    [token / 3n, '0.3333 KOIN'],
    [1_234n * token + token / 3n, '1,234.3333 KOIN'],
  ])('%s is %s', (amount, text) => {
    expect(formatTokenAtomic(amount)).toBe(text)
  })
})

describe('formatPricePerMillion', () => {
  test('multiplies the price of a token', () => {
    expect(formatPricePerMillion(50_000n)).toBe('$0.05 per million')
  })
})

describe('readAmount', () => {
  test.each([
    ['0', 0n],
    ['12', 12n],
    ['-3', -3n],
    ['', undefined],
    ['1.5', undefined],
    ['0x1', undefined],
    ['9'.repeat(79), undefined],
    [undefined, undefined],
  ])('%j is %s', (text, amount) => {
    expect(readAmount(text)).toBe(amount)
  })
})
