import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256Hex } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerOf } from '../rules/subnet-file/task-answer.ts'
import { TaskAnswerStore, taskAnswerStoreSchema } from './task-answer-store.ts'

const answer = (task: number, words: string) => ({ task, ...answerOf(JSON.stringify({ task, words })) })
let folder: string
let durable: DurableStore
let store: TaskAnswerStore
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-answers-'))
  durable = await DurableStore.open(join(folder, 'store.db'), taskAnswerStoreSchema)
  store = new TaskAnswerStore(durable)
})
afterEach(async () => {
  await durable.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('TaskAnswerStore', () => {
  it('gives answers back ascending by question after a restart, and each by its request id', async () => {
    await store.save(2, 7, [answer(1, 'b'), answer(0, 'a')], 0)
    await durable.close()
    durable = await DurableStore.open(join(folder, 'store.db'), taskAnswerStoreSchema)
    store = new TaskAnswerStore(durable)
    expect(await store.hasAnswered(2, 7)).toBe(true)
    expect((await store.answers(2, 7)).map(({ task, text }) => [task, JSON.parse(text).words])).toEqual([
      [0, 'a'],
      [1, 'b'],
    ])
    const { requestId, text } = answer(1, 'b')
    expect(await store.find(2, requestId)).toEqual({ epoch: 7, text })
    expect(await store.find(3, requestId)).toBeUndefined()
    expect(await store.find(2, sha256Hex('other').slice(0, 34) as `0x${string}`)).toBeUndefined()
  })

  it('never replaces an answer: its hash may be committed already', async () => {
    await store.save(2, 7, [answer(0, 'first')], 0)
    await store.save(2, 7, [answer(0, 'second'), answer(1, 'new')], 0)
    expect((await store.answers(2, 7)).map(({ text }) => JSON.parse(text).words)).toEqual(['first', 'new'])
  })

  it('knows an epoch without answers as done, keeps subnets apart and drops what is old', async () => {
    await store.save(2, 7, [], 0)
    expect([await store.hasAnswered(2, 7), await store.hasAnswered(2, 8), await store.hasAnswered(3, 7)]).toEqual([
      true,
      false,
      false,
    ])
    await store.save(3, 7, [answer(0, 'three')], 0)
    await store.save(2, 300, [answer(0, 'late')], 100)
    expect([await store.hasAnswered(2, 7), await store.hasAnswered(2, 300)]).toEqual([false, true])
    expect(await store.answers(3, 7)).toHaveLength(1)
  })
})
