import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256Hex } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { epochWindow } from '../rules/index.ts'
import { readTaskAnswer } from '../rules/subnet-file/task-answer.ts'
import { doubleFile } from '../testing/double-file.ts'
import { startTestLedger, type TestLedger, testPhases } from '../testing/test-ledger.ts'
import { connect } from '../testing/test-peers.ts'
import { SubnetSandbox } from '../verifier/index.ts'
import { TaskAnswerStore, taskAnswerStoreSchema } from './task-answer-store.ts'
import { type AnsweringFile, TaskAnswerer } from './task-answerer.ts'

let ledger: TestLedger
let folder: string
let sandbox: SubnetSandbox
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-answerer-'))
  ledger = await startTestLedger()
  sandbox = await SubnetSandbox.open(doubleFile)
})
afterAll(async () => {
  await sandbox.close()
  await ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('TaskAnswerer on the real contracts', () => {
  it('draws the first beacon when nobody has a permit yet, and answers its questions', async () => {
    const miner = await setup('first')
    await ledger.moveTo(epochWindow(miner.clock, 0).startsAtSeconds + 10)
    await miner.answerer.tick()
    await ledger.moveTo(epochWindow(miner.clock, 0).endsAtSeconds + 10)
    await miner.answerer.tick()
    expect(await miner.chain.beacon(miner.netuid, 0)).toBeUndefined()
    await ledger.moveTo(epochWindow(miner.clock, 0).workCommitEndsAtSeconds + 1)
    await miner.answerer.tick()
    const beacon = (await miner.chain.beacon(miner.netuid, 0)) as `0x${string}`
    expect(miner.answered).toEqual([[1, 3, 3]])
    const taskTexts = await sandbox.tasks({ epoch: 1, beacon })
    const items = await miner.answerer.workOf(epochWindow(miner.clock, 1))
    const answers = await miner.store.answers(miner.netuid, 1)
    expect(items).toEqual(answers.map(({ requestId, answerHash }) => ({ requestId, receiptHash: answerHash })))
    for (const [task, { text, answerHash }] of answers.entries()) {
      expect(answerHash).toBe(sha256Hex(text))
      const taskText = taskTexts[task] as string
      const place = { netuid: miner.netuid, epoch: 1, hotkey: miner.hotkey, task, taskHash: sha256Hex(taskText) }
      expect(JSON.parse(readTaskAnswer(text, place, 1_024))).toEqual({ twice: 2 * JSON.parse(taskText).number })
    }
    await miner.close()
  })

  it('waits in later epochs for a beacon that validators draw, and never answers twice', async () => {
    const miner = await setup('later')
    const second = epochWindow(miner.clock, 2)
    await ledger.moveTo(epochWindow(miner.clock, 1).workCommitEndsAtSeconds + 1)
    await miner.answerer.tick()
    expect(miner.answered).toEqual([])
    expect(second.startsAtSeconds).toBeLessThan(await ledger.nowSeconds())
    await miner.writer.drawBeacon(miner.netuid, 1)
    await miner.answerer.tick()
    const before = await miner.store.answers(miner.netuid, 2)
    // Started again: another answer to a committed question would not be the committed one.
    const again = miner.answererWith({ tasks: (input) => sandbox.tasks(input), serve: async () => '{"twice":1}' })
    await again.tick()
    expect(miner.answered).toEqual([[2, 3, 3]])
    expect(await miner.store.answers(miner.netuid, 2)).toEqual(before)
    await miner.close()
  })

  it('leaves out the question that its file fails on, says so, and answers the others', async () => {
    const miner = await setup('failing')
    const failing = miner.answererWith({
      tasks: (input) => sandbox.tasks(input),
      serve: (input) => (input.index === 1 ? Promise.reject(new Error('no idea')) : sandbox.serve(input)),
    })
    await ledger.moveTo(epochWindow(miner.clock, 0).workCommitEndsAtSeconds + 1)
    await failing.tick()
    expect(miner.answered).toEqual([[1, 2, 3]])
    expect((await miner.store.answers(miner.netuid, 1)).map(({ task }) => task)).toEqual([0, 2])
    expect(miner.errors.map(String)).toEqual(['Error: no idea'])
    await miner.close()
  })

  it('leaves out an answer that is longer than the subnet takes, which would cost it the epoch', async () => {
    const miner = await setup('long')
    const long = miner.answererWith({
      tasks: (input) => sandbox.tasks(input),
      serve: async ({ index }) => (index === 0 ? JSON.stringify('ä'.repeat(600)) : '{"twice":1}'),
    })
    await ledger.moveTo(epochWindow(miner.clock, 0).workCommitEndsAtSeconds + 1)
    await long.tick()
    expect((await miner.store.answers(miner.netuid, 1)).map(({ task }) => task)).toEqual([1, 2])
    expect(miner.errors.map(String)).toEqual([
      expect.stringMatching(/question 0 has 1\d{3} bytes; the subnet takes 1024/),
    ])
    await miner.close()
  })

  it('goes on after a ledger that was away, and ends when it is stopped', async () => {
    const miner = await setup('away')
    await ledger.moveTo(epochWindow(miner.clock, 0).workCommitEndsAtSeconds + 1)
    let failures = 2
    const flaky = miner.answererWith({
      tasks: (input) => (failures-- > 0 ? Promise.reject(new Error('away')) : sandbox.tasks(input)),
      serve: (input) => sandbox.serve(input),
    })
    flaky.start()
    flaky.start()
    await expect.poll(() => miner.answered, { timeout: 30_000 }).toEqual([[1, 3, 3]])
    await flaky.stop()
    await flaky.stop()
    expect(miner.errors).toHaveLength(2)
    await miner.close()
  })
})

async function setup(name: string) {
  const { netuid, genesisSeconds } = await ledger.createSubnet(sha256Hex(name))
  const account = ledger.nextAccount()
  const { ledger: chain, writer, hotkey } = connect(ledger.network, account.privateKey)
  const durable = await DurableStore.open(join(folder, `${name}.db`), taskAnswerStoreSchema)
  const store = new TaskAnswerStore(durable)
  const answered: (readonly [epoch: number, answers: number, questions: number])[] = []
  const errors: unknown[] = []
  const answererWith = (file: AnsweringFile): TaskAnswerer =>
    new TaskAnswerer({
      netuid,
      hotkey,
      ledger: chain,
      writer,
      store,
      file,
      answerBytes: async () => 1_024,
      pollMs: 20,
      onError: (error) => errors.push(error),
      onAnswered: (...what) => answered.push(what),
    })
  return {
    netuid,
    clock: { genesisSeconds, ...testPhases },
    chain,
    writer,
    hotkey,
    store,
    answered,
    errors,
    answererWith,
    answerer: answererWith(sandbox),
    close: () => durable.close(),
  }
}
