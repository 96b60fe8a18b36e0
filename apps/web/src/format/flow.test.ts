import { describe, expect, test } from 'vitest'
import { formatAge, formatFlow, formatSince } from './flow.ts'

describe('formatFlow', () => {
  test.each([
    ['0', '0 KOIN'],
    ['1500000000000000000', '+1.5 KOIN'],
    ['-250000000000000000', '−0.25 KOIN'],
    ['-1', '−< 0.0001 KOIN'],
  ])('%s is %s', (atomic, text) => {
    expect(formatFlow(atomic)).toBe(text)
  })
})

describe('formatAge', () => {
  test.each([
    [-3, '0 s'],
    [59, '59 s'],
    [3_599, '59 min'],
    [11_100, '3 h 05 min'],
    [360_000, '4 d 4 h'],
  ])('%d is %s', (seconds, text) => {
    expect(formatAge(seconds)).toBe(text)
  })
})

test('formatSince names the second', () => {
  expect(formatSince(1_700_000_000)).toMatch(/^since 2023-11-1[45] \d\d:\d\d:\d\d$/)
})
