import { describe, expect, it } from 'vitest'
import { AnswerText, answerText } from './determinism-text.ts'

const bytes = (...values: (string | number[])[]) =>
  values.map((value) => (typeof value === 'string' ? new TextEncoder().encode(value) : Uint8Array.from(value)))
const pieces = (table: readonly Uint8Array[], stops: readonly string[]) => {
  const answer = new AnswerText(table, stops)
  const texts = table.map((_, id) => answer.push(id).text)
  return [...texts, answer.end()]
}

describe('AnswerText', () => {
  it('holds back half characters and never gives out half of one', () => {
    const table = bytes('a', [0xe2], [0x82], [0xac], 'b', [0xf0, 0x9f], [0x99, 0x82])
    expect(pieces(table, [])).toEqual(['a', '', '', '€', 'b', '', '🙂', ''])
  })

  it('replaces bytes that are not UTF-8 and drops an unfinished character at the end', () => {
    expect(pieces(bytes([0xff], 'x', [0xe2, 0x28], 'y', [0xf0, 0x9f]), [])).toEqual([
      '\ufffd',
      'x',
      '\ufffd(',
      'y',
      '',
      '',
    ])
  })

  it('keeps a byte order mark, which is text like any other', () => {
    expect(pieces(bytes([0xef, 0xbb, 0xbf], 'x'), [])).toEqual(['\ufeff', 'x', ''])
  })

  it('never leaks a stop text, even across pieces', () => {
    const table = bytes('one <', '|e', 'nd|', '> two')
    const answer = new AnswerText(table, ['<|end|>'])
    expect([0, 1, 2, 3].map((id) => answer.push(id))).toEqual([
      { text: 'one ', isStopped: false },
      { text: '', isStopped: false },
      { text: '', isStopped: false },
      { text: '', isStopped: true },
    ])
    expect(answer.push(0)).toEqual({ text: '', isStopped: true })
    expect(answer.end()).toBe('')
  })

  it('gives out what only looked like a stop text', () => {
    expect(pieces(bytes('a<', '|e', 'x', '<|'), ['<|end|>'])).toEqual(['a', '', '<|ex', '', '<|'])
  })

  it('stops at the earliest of several stop texts and handles repeated beginnings', () => {
    expect(answerText([0, 1], bytes('aab', 'aaac-d'), ['aaac', '-'])).toEqual({ text: 'aab', stoppedAfter: 2 })
    expect(answerText([0, 1, 2], bytes('a', 'a', 'ab'), ['aab'])).toEqual({ text: 'a', stoppedAfter: 3 })
    expect(answerText([0], bytes('abc'), ['', 'z'])).toEqual({ text: 'abc', stoppedAfter: undefined })
  })

  it('gives the same text whole or in pieces, with ids outside the table adding nothing', () => {
    const table = bytes('x', [0xc3], [0xa9], 'stop', ' y')
    const ids = [0, 99, 1, 2, 4, 0]
    const answer = new AnswerText(table, ['stop'])
    const streamed = ids.map((id) => answer.push(id).text).join('') + answer.end()
    expect(streamed).toBe('xé yx')
    expect(answerText(ids, table, ['stop'])).toEqual({ text: streamed, stoppedAfter: undefined })
  })
})
