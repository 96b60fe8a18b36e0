import { sha256Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { answerOf, isWholeText, readTaskAnswer, taskAnswer } from './task-answer.ts'

const place = { netuid: 2, epoch: 5, hotkey: `0x${'01'.repeat(20)}`, task: 1, taskHash: sha256Hex('question') } as const

describe('an answer', () => {
  it('is read for its own place and for no other', () => {
    const { text } = taskAnswer(place, '{"word":"yes"}')
    expect(readTaskAnswer(text, place, 1_024)).toBe('{"word":"yes"}')
    for (const other of [{ netuid: 3 }, { epoch: 6 }, { hotkey: `0x${'02'.repeat(20)}` as const }, { task: 0 }]) {
      expect(() => readTaskAnswer(text, { ...place, ...other }, 1_024)).toThrow(Object.keys(other)[0])
    }
  })

  it('cannot be another text with the same hash: halves of surrogate pairs have no bytes', () => {
    const committed = taskAnswer(place, '{"word":"\ufffd"}').text
    const shown = committed.replace('\ufffd', '\ud801')
    expect(answerOf(shown).answerHash).toBe(answerOf(committed).answerHash)
    expect([isWholeText(committed), isWholeText(shown)]).toEqual([true, false])
    expect(() => readTaskAnswer(shown, place, 1_024)).toThrow('no Unicode text')
  })

  it('keeps what its own JSON escapes', () => {
    const { text } = taskAnswer(place, '{"word":"\\ud801"}')
    expect(isWholeText(text)).toBe(true)
    expect(readTaskAnswer(text, place, 1_024)).toBe('{"word":"\\ud801"}')
  })
})
