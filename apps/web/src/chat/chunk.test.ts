import { describe, expect, test } from 'vitest'
import { readChunk } from './chunk.ts'

describe('readChunk', () => {
  test('reads a word', () => {
    expect(readChunk('{"choices":[{"delta":{"content":" league"},"finish_reason":null}]}')).toMatchObject({
      text: ' league',
      finishReason: undefined,
      unsure: false,
      error: undefined,
    })
  })

  test('reads the last chunk with its usage and the mark of an unsure answer', () => {
    const last = readChunk(
      '{"choices":[{"delta":{},"finish_reason":"length"}],"usage":{"prompt_tokens":12,"completion_tokens":3},"koinon":{"unsure":true}}',
    )
    expect(last).toEqual({
      text: '',
      finishReason: 'length',
      promptTokens: 12,
      outputTokens: 3,
      unsure: true,
      error: undefined,
    })
  })

  test('takes only a true true for unsure', () => {
    expect(readChunk('{"koinon":{"unsure":"yes"}}')?.unsure).toBe(false)
    expect(readChunk('{"koinon":null}')?.unsure).toBe(false)
  })

  test('reads an error that came in the middle of the stream', () => {
    expect(readChunk('{"error":{"message":"The provider went away","code":"inference/provider-lost"}}')?.error).toEqual(
      {
        message: 'The provider went away',
        code: 'inference/provider-lost',
      },
    )
  })

  test.each([
    ['text that is no JSON', '{"choices'],
    ['null', 'null'],
    ['a number', '7'],
  ])('has nothing for %s', (_, data) => {
    expect(readChunk(data)).toBeUndefined()
  })

  test.each([
    ['choices that are no list', '{"choices":{"0":1}}'],
    ['an empty list', '{"choices":[]}'],
    ['a choice of null', '{"choices":[null]}'],
    ['content that is no text', '{"choices":[{"delta":{"content":{"x":1}}}]}'],
    ['counts that are no counts', '{"choices":[],"usage":{"prompt_tokens":-1,"completion_tokens":"3"}}'],
  ])('takes %s for an empty chunk', (_, data) => {
    expect(readChunk(data)).toMatchObject({ text: '', promptTokens: undefined, outputTokens: undefined })
  })
})
