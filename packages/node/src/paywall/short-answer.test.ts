import { sleep } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { readShortAnswer } from './short-answer.ts'

const bounds = { bytes: 8, waitMs: 50 }

async function* body(...parts: readonly (string | number | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    if (typeof part === 'number') await sleep(part)
    else yield Buffer.from(part)
  }
}

async function text(answer: Awaited<ReturnType<typeof readShortAnswer>>): Promise<string> {
  if ('body' in answer) return `whole ${Buffer.from(answer.body)}`
  let all = ''
  for await (const chunk of answer.chunks) all += `${Buffer.from(chunk)}|`
  return all
}

describe('an answer without a length', () => {
  it.each([
    ['of nothing', [], 'whole '],
    ['that is short', ['ab', 'cd'], 'whole abcd'],
    ['as long as may be', ['abcdefgh'], 'whole abcdefgh'],
    ['too long', ['abcde', 'fghij', 'k'], 'abcde|fghij|k|'],
    ['too slow', ['a', 200, 'b'], 'a|b|'],
  ] as const)('%s', async (_, parts, expected) => {
    expect(await text(await readShortAnswer(body(...parts), bounds))).toBe(expected)
  })

  it('that breaks off is a failure, early and late', async () => {
    await expect(readShortAnswer(body('a', new Error('gone')), bounds)).rejects.toThrow('gone')
    const late = await readShortAnswer(body('abcdefghi', new Error('gone')), bounds)
    await expect(text(late)).rejects.toThrow('gone')
  })
})
