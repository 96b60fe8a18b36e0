import { describe, expect, test } from 'vitest'
import { count, formatBytes, formatPpm, humanise, shortHex } from './text.ts'

describe('shortHex', () => {
  test('shortens what is long', () => {
    expect(shortHex('0x1234567890abcdef1234567890abcdef12345678')).toBe('0x1234…5678')
    expect(shortHex('0x1234')).toBe('0x1234')
  })
})

describe('count', () => {
  test.each([
    [0, '0 checks'],
    [1, '1 check'],
    [1200, '1,200 checks'],
  ] as const)('%d is %s', (amount, text) => {
    expect(count(amount, 'check')).toBe(text)
  })
})

describe('formatPpm', () => {
  test.each([
    [0, '0.0 %'],
    [1, '< 0.001 %'],
    [500, '0.050 %'],
    [417_000, '41.7 %'],
    [1_000_000, '100.0 %'],
  ] as const)('%d is %s', (ppm, text) => {
    expect(formatPpm(ppm)).toBe(text)
  })
})

describe('formatBytes', () => {
  test.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1536, '1.5 KiB'],
    [412 * 1024 * 1024, '412 MiB'],
    [3 * 2 ** 40, '3.0 TiB'],
  ] as const)('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
})

describe('humanise', () => {
  test.each([
    ['weightCommit', 'Weight commit'],
    ['topUp', 'Top up'],
    ['work-commit', 'Work commit'],
    ['', ''],
  ] as const)('%s is %s', (name, text) => {
    expect(humanise(name)).toBe(text)
  })
})
