import { describe, expect, test } from 'vitest'
import { formatAgo, formatCountdown, formatDateTime, formatDuration } from './time.ts'

describe('formatDuration', () => {
  test.each([
    [0, '0 ms'],
    [840.4, '840 ms'],
    [2449, '2.4 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_600_000, '1 h 00 min'],
    [-1, 'unknown'],
    [Number.NaN, 'unknown'],
  ])('%d is %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text)
  })
})

describe('formatCountdown', () => {
  test.each([
    [65_000, '1:05'],
    [64_001, '1:05'],
    [999, '0:01'],
    [0, '0:00'],
    [-5000, '0:00'],
    [3_720_000, '1:02:00'],
  ])('%d is %s', (leftMs, text) => {
    expect(formatCountdown(leftMs)).toBe(text)
  })
})

describe('formatAgo', () => {
  test.each([
    [0, 'just now'],
    [-5000, 'just now'],
    [12_500, '12 s ago'],
    [300_000, '5 min ago'],
    [7_200_000, '2 h ago'],
  ])('%d ms is %s', (elapsedMs, text) => {
    expect(formatAgo(1_000_000_000_000, 1_000_000_000_000 + elapsedMs)).toBe(text)
  })

  test('shows the date after a day', () => {
    expect(formatAgo(0, 90_000_000)).toBe(formatDateTime(0))
  })
})

describe('formatDateTime', () => {
  test('has a fixed shape, and a word for what is no time', () => {
    expect(formatDateTime(1_700_000_000_000)).toMatch(/^2023-11-1[45] \d\d:\d\d:\d\d$/)
    expect(formatDateTime(Number.NaN)).toBe('unknown')
  })
})
