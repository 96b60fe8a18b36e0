import { describe, expect, it } from 'vitest'
import { AnswerRecord } from './answer.ts'

const prompt = { tokenIds: [1, 2, 3], droppedMessages: 2 }
const token = (tokenId: number) => ({ kind: 'token', tokenId, text: '' }) as const

describe('AnswerRecord', () => {
  it('reports counts, ids and the time of each stage', () => {
    const record = new AnswerRecord(prompt, 9, 100)
    record.started(130)
    record.promptRead(150)
    record.token(token(7), 0.5)
    record.token(token(8), 0.9)
    expect(record.end('stop', 'held', 190)).toEqual({
      kind: 'end',
      text: 'held',
      finishReason: 'stop',
      promptTokens: 3,
      outputTokens: 2,
      promptTokenIds: [1, 2, 3],
      outputTokenIds: [7, 8],
      maxTokens: 9,
      leastProbableOfFirst10: 0.5,
      droppedMessages: 2,
      queuedMs: 30,
      promptMs: 20,
      generationMs: 40,
    })
  })

  it('looks at the first ten tokens only for the least probable one', () => {
    const record = new AnswerRecord(prompt, 99, 0)
    for (let i = 0; i < 10; i++) record.token(token(i), 0.8 - i / 100)
    record.token(token(10), 0.01)
    expect(record.end('length', '', 1).leastProbableOfFirst10).toBeCloseTo(0.71)
  })

  it('says 1 for an answer without tokens, and counts waiting for one that never started', () => {
    const end = new AnswerRecord(prompt, 9, 100).end('abort', '', 160)
    expect(end).toMatchObject({
      leastProbableOfFirst10: 1,
      outputTokens: 0,
      queuedMs: 60,
      promptMs: 0,
      generationMs: 0,
    })
  })
})
