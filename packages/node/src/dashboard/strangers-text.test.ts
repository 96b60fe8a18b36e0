import { expect, it } from 'vitest'
import { shownLine, shownText } from './strangers-text.ts'

it.each([
  ['plain', 20, 'plain'],
  ['two\n  lines', 20, 'two lines'],
  ['a\u202Eb\u0007', 40, 'a\\u{202e}b\\u{7}'],
  ['x'.repeat(9), 4, 'xxxx …'],
  ['\u0007'.repeat(4), 4, '\\u{7 …'],
])('%j in %d characters is %j', (text, most, shown) => {
  expect(shownLine(text, most)).toBe(shown)
})

it('keeps lines where it may', () => {
  expect(shownText('a\nb', 9)).toBe('a\nb')
})
