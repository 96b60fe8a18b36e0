import { utf8ToBytes } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { answerByteBound, checkAnswerBytes } from './inference-request.ts'
import { parseChatRequest, parseCompletionRequest } from './openai-request.ts'
import { type AnswerHead, answerBody, type TokenLogprob, textChunk } from './openai-response.ts'
import { sseEvent } from './sse.ts'

const chat = (fields: Record<string, unknown>) =>
  parseChatRequest(utf8ToBytes(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...fields })))
const limit = 16 << 20

const tokenText = ' naturally'
const logprob = (top: number): TokenLogprob => {
  const one = { token: tokenText, bytes: [...utf8ToBytes(tokenText)], logprob: -12.345678901234567 }
  return { ...one, top: Array.from({ length: top }, () => one) }
}

describe('answerByteBound', () => {
  const head: AnswerHead = {
    kind: 'chat',
    id: `chatcmpl-${'ab'.repeat(16)}`,
    createdAtSeconds: 1_750_000_000,
    model: 'a-model-with-a-long-name-q8_0',
    fingerprint: 'fp_0123456789ab',
  }

  it.each([undefined, 0, 5, 20])('is not below what a stream with %s alternatives really has', (top) => {
    const request = chat({
      stream: true,
      max_tokens: 100,
      ...(top === undefined ? {} : { logprobs: true, top_logprobs: top }),
    })
    const chunk = textChunk(head, tokenText, top === undefined ? undefined : [logprob(top)], 1_000)
    expect(answerByteBound(request, 4_096)).toBeGreaterThanOrEqual(100 * sseEvent(chunk).length)
  })

  it('is not below what a JSON answer really has', () => {
    const request = chat({ max_tokens: 200, logprobs: true, top_logprobs: 20 })
    const body = answerBody(head, {
      text: tokenText.repeat(200),
      finishReason: 'length',
      usage: { promptTokens: 5, cachedTokens: 0, outputTokens: 200 },
      logprobs: Array.from({ length: 200 }, () => logprob(20)),
    })
    expect(answerByteBound(request, 4_096)).toBeGreaterThanOrEqual(JSON.stringify(body).length)
  })
})

describe('checkAnswerBytes', () => {
  it('lets usual requests be, and counts log probabilities', () => {
    expect(() => checkAnswerBytes(chat({ logprobs: true, top_logprobs: 20 }), 131_072, limit)).not.toThrow()
    expect(() => checkAnswerBytes(chat({ max_tokens: 30_000, stream: true }), 131_072, limit)).not.toThrow()
    expect(() => checkAnswerBytes(chat({ max_tokens: 10_000 }), 131_072, limit)).not.toThrow()
    const most = { max_tokens: 10_000, logprobs: true, top_logprobs: 20 }
    expect(() => checkAnswerBytes(chat(most), 131_072, limit)).toThrow(/top_logprobs: .*fewer log probabilities/)
    // The context bounds the answer too.
    expect(() => checkAnswerBytes(chat(most), 2_048, limit)).not.toThrow()
    expect(() => checkAnswerBytes(chat({ max_tokens: 120_000, stream: true }), 131_072, limit)).toThrow(/max_tokens/)
  })

  it("holds OpenAI's limit of 20 for both kinds of completion", () => {
    expect(() => chat({ logprobs: true, top_logprobs: 21 })).toThrow(/between 0 and 20/)
    const text = (logprobs: number) =>
      parseCompletionRequest(utf8ToBytes(JSON.stringify({ model: 'm', prompt: 'x', logprobs })))
    expect(() => text(21)).toThrow(/between 0 and 20/)
    expect(text(20).topLogprobs).toBe(20)
  })
})
