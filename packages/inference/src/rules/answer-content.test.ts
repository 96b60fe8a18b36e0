import { utf8ToBytes } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { answerContent } from './answer-content.ts'
import { type AnswerHead, answerBody, finishChunk, roleChunk, textChunk, usageChunk } from './openai-response.ts'
import { doneEvent, sseEvent } from './sse.ts'

const usage = { promptTokens: 1, cachedTokens: 0, outputTokens: 2 }

describe('answerContent', () => {
  it.each(['chat', 'text'] as const)('reads what the builders of %s answers wrote', (kind) => {
    const head: AnswerHead = { kind, id: 'x', createdAtSeconds: 0, model: 'm', fingerprint: 'f' }
    const body = answerBody(head, { text: 'one\ntwo', finishReason: 'stop', usage, logprobs: undefined })
    expect(answerContent(utf8ToBytes(JSON.stringify(body)))).toBe('one\ntwo')
    const chunks = [
      ...(kind === 'chat' ? [roleChunk(head)] : []),
      textChunk(head, 'one\n', undefined, 0),
      textChunk(head, 'two', undefined, 4),
      finishChunk(head, 'stop'),
      usageChunk(head, usage),
    ]
    expect(answerContent(utf8ToBytes(chunks.map(sseEvent).join('') + doneEvent))).toBe('one\ntwo')
  })

  it.each(['', 'text', '{', 'data: {'])('gives nothing for %j', (text) => {
    expect(answerContent(utf8ToBytes(text))).toBeUndefined()
  })
})
