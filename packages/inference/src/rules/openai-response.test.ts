import { describe, expect, it } from 'vitest'
import {
  type AnswerHead,
  answerBody,
  answerId,
  finishChunk,
  roleChunk,
  textChunk,
  usageChunk,
} from './openai-response.ts'

const chat: AnswerHead = { kind: 'chat', id: 'chatcmpl-1', createdAtSeconds: 5, model: 'm', fingerprint: 'fp' }
const text: AnswerHead = { ...chat, kind: 'text', id: 'cmpl-1' }
const usage = { promptTokens: 3, cachedTokens: 1, outputTokens: 2 }
const logprobs = [
  { token: 'ab', bytes: [97, 98], logprob: -0.5, top: [{ token: 'ab', bytes: [97, 98], logprob: -0.5 }] },
  { token: 'c', bytes: [99], logprob: -1, top: [] },
]

describe('answerId', () => {
  it('carries the request id, so that a client can find the receipt', () => {
    expect([answerId('chat', '0x00ff'), answerId('text', '0x00ff')]).toEqual(['chatcmpl-00ff', 'cmpl-00ff'])
  })
})

describe('answerBody', () => {
  it('is a chat completion', () => {
    expect(answerBody(chat, { text: 'abc', finishReason: 'stop', usage, logprobs })).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 5,
      model: 'm',
      system_fingerprint: 'fp',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          message: { role: 'assistant', content: 'abc', refusal: null },
          logprobs: {
            content: [
              {
                token: 'ab',
                bytes: [97, 98],
                logprob: -0.5,
                top_logprobs: [{ token: 'ab', bytes: [97, 98], logprob: -0.5 }],
              },
              { token: 'c', bytes: [99], logprob: -1, top_logprobs: [] },
            ],
            refusal: null,
          },
        },
      ],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        prompt_tokens_details: { cached_tokens: 1 },
      },
    })
  })

  it('is a text completion with the legacy form of logprobs', () => {
    const body = answerBody(text, { text: 'abc', finishReason: 'length', usage, logprobs })
    expect(body).toMatchObject({
      object: 'text_completion',
      choices: [
        {
          text: 'abc',
          finish_reason: 'length',
          logprobs: {
            tokens: ['ab', 'c'],
            token_logprobs: [-0.5, -1],
            top_logprobs: [{ ab: -0.5 }, {}],
            text_offset: [0, 2],
          },
        },
      ],
    })
  })
})

describe('chunks', () => {
  it('stream a chat: role, text, finish, usage', () => {
    const choices = [
      roleChunk(chat),
      textChunk(chat, 'abc', undefined, 0),
      finishChunk(chat, 'abort'),
      usageChunk(chat, usage),
    ]
    expect(choices.map((chunk) => chunk['object'])).toEqual(Array(4).fill('chat.completion.chunk'))
    expect(choices.map((chunk) => chunk['choices'])).toEqual([
      [{ index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }],
      [{ index: 0, delta: { content: 'abc' }, logprobs: null, finish_reason: null }],
      [{ index: 0, delta: {}, logprobs: null, finish_reason: 'length' }],
      [],
    ])
    expect(choices[3]?.['usage']).toMatchObject({ total_tokens: 5 })
  })

  it('stream a text completion with offsets that go on', () => {
    expect(textChunk(text, 'abc', logprobs, 10)['choices']).toMatchObject([
      { text: 'abc', logprobs: { text_offset: [10, 12] } },
    ])
    expect(finishChunk(text, 'length')['choices']).toMatchObject([{ text: '', finish_reason: 'length' }])
  })
})
