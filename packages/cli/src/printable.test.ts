import { describe, expect, it } from 'vitest'
import { printable, printableAnswer, printableJson, withoutControls } from './printable.ts'

describe('what strangers wrote', () => {
  it('cannot rewrite the screen, the clipboard or the lines before', () => {
    const hostile = 'a\u001b[2J\u009b1A\u001b]52;c;AA\u0007b\r\u0008'
    for (const text of [withoutControls(hostile), printable(hostile)]) {
      expect(text).not.toMatch(/\p{Cc}/u)
      expect(text).toMatch(/^a.*b/)
    }
  })

  it('cannot turn the direction of what stands beside it', () => {
    const hostile = 'one\u202E 000,1 \u2066two'
    for (const text of [withoutControls(hostile), printable(hostile)]) expect(text).toBe('one\uFFFD 000,1 \uFFFDtwo')
  })

  it('keeps the lines and tabs of an answer, wherever its parts begin', () => {
    expect(['if (a) {\r', '\n\tb\u001b]52;c;AA\u0007', '\u009b2J}'].map(printableAnswer).join('')).toBe(
      'if (a) {\n\tb\uFFFD]52;c;AA\uFFFD\uFFFD2J}',
    )
  })

  it('is the same value in JSON, without a control character', () => {
    const value = { 'a\u007f': 'b\u009b2J\u001b[2J\u0085' }
    const json = printableJson(JSON.stringify(value))
    expect(json).not.toMatch(/\p{Cc}/u)
    expect(JSON.parse(json)).toEqual(value)
  })

  it('stays on its line in one line, and in its lines in several', () => {
    expect(withoutControls('a\tb\nc')).toBe('a b\uFFFDc')
    expect(printable('a\tb\nc')).toBe('a b\nc')
  })
})
