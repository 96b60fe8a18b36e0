import { describe, expect, it } from 'vitest'
import { errorFromJson, errorToJson, isKoinonError, KoinonError } from './errors.ts'

describe('errorToJson', () => {
  it('keeps code, sentence, hint, retry and details across a process', () => {
    const error = new KoinonError({
      code: 'a/b',
      message: 'It broke.',
      hint: 'Mend it.',
      retry: 'later',
      details: { n: 1 },
    })
    const copy = errorFromJson(JSON.parse(JSON.stringify(errorToJson(error))))
    expect(errorToJson(copy)).toEqual({
      code: 'a/b',
      message: 'It broke.',
      hint: 'Mend it.',
      retry: 'later',
      details: { n: 1 },
    })
    expect(isKoinonError(copy)).toBe(true)
  })
  it('calls what is not ours internal, with unknown outcome', () => {
    expect(errorToJson(new TypeError('x'))).toEqual({ code: 'internal', message: 'x', retry: 'unknown' })
    expect(errorToJson('text')).toEqual({ code: 'internal', message: 'text', retry: 'unknown' })
    expect(isKoinonError(new Error('x'))).toBe(false)
  })
})
