import { describe, expect, it } from 'vitest'
import { printable, withoutControls } from './printable.ts'

describe('what strangers wrote', () => {
  it('cannot rewrite the screen, the clipboard or the lines before', () => {
    const hostile = 'a\u001b[2J\u009b1A\u001b]52;c;AA\u0007b\r\u0008'
    for (const text of [withoutControls(hostile), printable(hostile)]) {
      expect(text).not.toMatch(/\p{Cc}/u)
      expect(text).toMatch(/^a.*b/)
    }
  })

  it('stays on its line in one line, and in its lines in several', () => {
    expect(withoutControls('a\tb\nc')).toBe('a b\uFFFDc')
    expect(printable('a\tb\nc')).toBe('a b\nc')
  })
})
