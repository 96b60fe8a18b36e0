import { describe, expect, test } from 'vitest'
import { formatAlphaAtomic, formatPrice, worthAtPrice } from './alpha.ts'

const token = 10n ** 18n

describe('formatPrice', () => {
  test.each([
    [`${token / 20n}`, '0.05 KOIN'],
    ['12345678900000', '0.00001234 KOIN'],
    [`${12n * token + 345_678_900_000_000_000n}`, '12.3456 KOIN'],
    [`${1_000n * token}`, '1000 KOIN'],
    ['3', 'less than 0.000001 KOIN'],
    ['0', '0 KOIN'],
    ['what', '0 KOIN'],
  ])('%s', (wad, text) => {
    expect(formatPrice(wad)).toBe(text)
  })
})

test('alpha has its name and a worth in KOIN', () => {
  expect(formatAlphaAtomic(3n * token)).toBe('3 alpha')
  expect(formatAlphaAtomic(1n)).toBe('< 0.0001 alpha')
  expect(worthAtPrice(token / 20n, 30n * token)).toBe((3n * token) / 2n)
})
