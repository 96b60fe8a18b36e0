import { describe, expect, test } from 'vitest'
import { formatFlow, formatSince } from './flow.ts'

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

test('formatSince names the second', () => {
  expect(formatSince(1_700_000_000)).toMatch(/^since 2023-11-1[45] \d\d:\d\d:\d\d$/)
})
