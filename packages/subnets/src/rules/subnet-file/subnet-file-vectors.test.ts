import { readFileSync } from 'node:fs'
import type { Address, Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { CombinePolicy } from '../subnet-definition.ts'
import { type ScoreAggregate, scoreAggregateOf } from './score-aggregate.ts'
import { answerBytesBounds, answerEpochs, answerOf, readTaskAnswer, taskAnswer } from './task-answer.ts'
import { type WeightPolicy, weightPolicyOf, weightRow } from './weight-policy.ts'

type Vectors = {
  readonly weights: readonly {
    readonly policy: WeightPolicy
    readonly text: string
    readonly scores: readonly (readonly [number, number])[]
    readonly row: readonly (readonly [number, number])[]
  }[]
  readonly aggregates: readonly {
    readonly aggregate: ScoreAggregate
    readonly combine: CombinePolicy
    readonly table: readonly (readonly number[])[]
    readonly scores: readonly number[]
  }[]
  readonly answers: readonly {
    readonly taskText: string
    readonly place: { netuid: number; epoch: number; hotkey: Address; task: number; taskHash: Hex }
    readonly response: string
    readonly text: string
    readonly answerHash: Hex
    readonly requestId: Hex
  }[]
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/subnet-files.json', import.meta.url), 'utf8'),
) as Vectors

describe('weights of the vectors', () => {
  it.each(vectors.weights)('$text', ({ policy, text, scores, row }) => {
    expect(weightPolicyOf(policy).text).toBe(text)
    const given = scores.map(([uid, scorePpm]) => ({ uid, scorePpm }))
    expect(weightRow(policy, given).map(({ uid, weight }) => [uid, weight])).toEqual(row)
    expect(weightRow(policy, [...given].reverse())).toEqual(weightRow(policy, given))
  })

  it('are refused for policies that do not exist', () => {
    const bad = ['best', { topk: 0 }, { topk: 257 }, { softmaxPpm: 19_999 }, { powerHalves: 2.5 }, {}, null, 5]
    for (const policy of bad)
      expect(() => weightPolicyOf(policy as WeightPolicy)).toThrow(/^The subnet's weights must be/)
  })
})

describe('aggregates of the vectors', () => {
  it.each(vectors.aggregates)('$aggregate of $table', ({ aggregate, combine, table, scores }) => {
    const policy = scoreAggregateOf(aggregate)
    expect(policy.combine).toEqual(combine)
    expect(policy.aggregate(table)).toEqual(scores)
  })

  it('are refused for policies that do not exist', () => {
    for (const policy of ['best', { ewmaPpm: 0 }, { ewmaPpm: 1_000_001 }, {}, null]) {
      expect(() => scoreAggregateOf(policy as ScoreAggregate)).toThrow(/^The subnet's aggregate must be/)
    }
  })
})

const { most } = answerBytesBounds

describe('answers', () => {
  it.each(vectors.answers)(
    'have the text and hash of the vectors',
    ({ place, response, text, answerHash, requestId }) => {
      expect(taskAnswer(place, response)).toEqual({ text, answerHash, requestId })
      expect(answerOf(text).answerHash).toBe(answerHash)
      expect(readTaskAnswer(text, place, most)).toBe(response)
    },
  )

  it('have at most as many bytes as their file allows', () => {
    const { place } = vectors.answers[0] as Vectors['answers'][number]
    const { text } = taskAnswer(place, `"${'ä'.repeat(500)}"`)
    const bytes = Buffer.byteLength(text)
    expect(readTaskAnswer(text, place, bytes)).toHaveLength(502)
    expect(() => readTaskAnswer(text, place, bytes - 1)).toThrow(`longer than ${bytes - 1} bytes`)
  })

  it.each([
    [12, 200],
    [60, 200],
    [3_600, 24],
    [7_000, 13],
    [86_400, 8],
    [604_800, 8],
  ])('of epochs of %d s are kept for %d epochs', (epochSeconds, epochs) => {
    expect(answerEpochs(epochSeconds)).toBe(epochs)
  })

  it('are nested at most 64 deep, whatever stands in their strings', () => {
    const { place } = vectors.answers[0] as Vectors['answers'][number]
    const nested = (depth: number) => `${'['.repeat(depth)}"[[\\"{"${']'.repeat(depth)}`
    const read = (depth: number) => readTaskAnswer(taskAnswer(place, nested(depth)).text, place, most)
    expect(read(63)).toBe(nested(63))
    for (const depth of [64, 100_000]) expect(() => read(depth)).toThrow(/nested more than 64 deep/)
    expect(() => readTaskAnswer(`"${'\\"'.repeat(100_000)}`, place, most)).toThrow(/not JSON/)
  })

  it('serve no other miner, epoch, question or subnet, and are nothing else than answers', () => {
    const { place, text } = vectors.answers[0] as Vectors['answers'][number]
    const others = [
      { netuid: 4 },
      { epoch: 42 },
      { task: 3 },
      { hotkey: `0x${'cd'.repeat(20)}` },
      { taskHash: `0x${'00'.repeat(32)}` },
    ]
    for (const change of others) {
      expect(() => readTaskAnswer(text, { ...place, ...change } as typeof place, most)).toThrow(
        Object.keys(change)[0] as string,
      )
    }
    for (const bad of [
      '',
      'null',
      '[]',
      '{"v":2}',
      text.replace('"response":', '"other":'),
      '"'.padEnd(most + 1, 'x'),
    ]) {
      expect(() => readTaskAnswer(bad, place, most)).toThrow(/does not fit its question/)
    }
  })
})
