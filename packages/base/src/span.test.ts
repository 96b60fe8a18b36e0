import { expect, it } from 'vitest'
import { formatSpan } from './span.ts'

it.each([
  [-3, '0 s'],
  [59, '59 s'],
  [3_599, '59 min'],
  [11_100, '3 h 05 min'],
  [360_000, '4 d 4 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatSpan(seconds)).toBe(text)
})
