import { type Address, type Hex, sha256Hex } from '@koinon/base'
import { pass } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MinerEvidence, WorkEvidence } from '../rules/index.ts'
import { taskAnswer } from '../rules/subnet-file/task-answer.ts'
import { doubleFile } from '../testing/double-file.ts'
import { SandboxedJudge } from './answer-judge.ts'
import { SubnetSandbox } from './sandbox/sandbox.ts'

const [netuid, epoch] = [2, 5]
const beacons = { openingBeacon: sha256Hex('opening'), closingBeacon: sha256Hex('closing') }
const hotkeyOf = (uid: number): Address => `0x${uid.toString(16).padStart(40, '0')}`
let sandbox: SubnetSandbox
let questions: readonly string[]
beforeAll(async () => {
  sandbox = await SubnetSandbox.open(doubleFile)
  questions = await sandbox.tasks({ epoch, beacon: beacons.openingBeacon })
})
afterAll(() => sandbox.close())

const right = (task: number): string => JSON.stringify({ twice: 2 * JSON.parse(questions[task] as string).number })
const textOf = (uid: number, task: number, response = right(task)): string =>
  taskAnswer({ netuid, epoch, hotkey: hotkeyOf(uid), task, taskHash: sha256Hex(questions[task] ?? '') }, response).text

const shown = (text: string): WorkEvidence => ({
  source: 'sample',
  requestId: sha256Hex(text).slice(0, 34) as Hex,
  receiptHash: sha256Hex(text),
  checks: [pass('receipt', 'the answer is the one that was committed')],
  facts: {},
})
const hidden = (text: string): WorkEvidence => ({
  ...shown(text),
  checks: [{ name: 'evidence', state: 'fail', detail: 'the miner says that it does not have it' }],
})
const miner = (uid: number, work: readonly WorkEvidence[], committedCount: number | undefined = work.length) =>
  ({ uid, hotkey: hotkeyOf(uid), committedCount, checks: [], work, probesAsked: 0, probesAnswered: 0 }) as MinerEvidence

/** A judge that has read these texts. */
function judgeOf(texts: readonly string[]): SandboxedJudge {
  const judge = new SandboxedJudge(() => SubnetSandbox.open(doubleFile), sandbox)
  for (const text of texts) judge.keep(sha256Hex(text), text)
  return judge
}
const judge = (
  texts: readonly string[],
  miners: readonly MinerEvidence[],
  given: { readonly openingBeacon?: undefined; readonly timeMs?: number } = {},
) => judgeOf(texts).judge({ netuid, epoch, ...beacons, timeMs: 60_000, ...given, miners })
const verdicts = ({ work }: MinerEvidence) =>
  work.map(({ facts, checks }) => [facts['task'], facts['scorePpm'] ?? facts['isFault'], checks.at(-1)?.name])

describe('SandboxedJudge', () => {
  it('scores what was shown, and gives the texts for whoever replays', async () => {
    const own = [textOf(1, 0), textOf(1, 2, '{"twice":1}'), textOf(1, 1, '{"twice":-1}')]
    const { miners, tasks, answers } = await judge(own, [miner(1, own.map(shown)), miner(2, [], undefined)])
    expect(miners.map(verdicts)).toEqual([
      [
        [0, 1_000_000, 'score'],
        [2, 0, 'score'],
        [1, 0, 'verify'],
      ],
      [],
    ])
    expect(tasks).toEqual({
      openingBeacon: beacons.openingBeacon,
      taskHashes: questions.map((question) => sha256Hex(question)),
    })
    expect([...answers].sort()).toEqual(own.map((text) => [sha256Hex(text), text]).sort())
  })

  it('does not judge an answer that was not shown, and keeps what is wrong with it', async () => {
    const [first, second] = [textOf(1, 0), textOf(1, 1)]
    const { miners, answers } = await judge([first], [miner(1, [shown(first), hidden(second)])])
    expect(verdicts(miners[0] as MinerEvidence)).toEqual([
      [0, 1_000_000, 'score'],
      [undefined, undefined, 'evidence'],
    ])
    expect([...answers.keys()]).toEqual([sha256Hex(first)])
  })

  it('judges no text that was never read, whatever its evidence says', async () => {
    const { miners } = await judge([], [miner(1, [shown(textOf(1, 0))])])
    expect(verdicts(miners[0] as MinerEvidence)).toEqual([[undefined, undefined, 'receipt']])
  })

  it('counts the first of two answers to a question, and none for a question that is not there', async () => {
    const texts = [textOf(1, 0, '{"twice":1}'), textOf(1, 0), textOf(1, 3, '{"twice":1}'), 'no JSON', '{"task":0.5}']
    const { miners } = await judge(texts, [miner(1, texts.map(shown))])
    const { work } = miners[0] as MinerEvidence
    expect(work.map(({ receiptHash, checks }) => [receiptHash, checks[0]?.name, checks[0]?.state])).toEqual([
      [sha256Hex(texts[0] as string), 'score', 'pass'],
      ...texts.slice(1).map((text) => [sha256Hex(text), 'answer', 'fail']),
    ])
    expect(work[0]?.facts).toMatchObject({ task: 0, scorePpm: 0 })
  })

  it('pays nothing for an answer made for another miner, epoch or question', async () => {
    const stolen = textOf(1, 0)
    const old = taskAnswer(
      { netuid, epoch: 4, hotkey: hotkeyOf(2), task: 1, taskHash: sha256Hex(questions[1] as string) },
      right(1),
    )
    const { miners } = await judge(
      [stolen, old.text],
      [miner(1, [shown(stolen)]), miner(2, [shown(stolen), shown(old.text)])],
    )
    expect(verdicts(miners[0] as MinerEvidence)).toEqual([[0, 1_000_000, 'score']])
    expect(verdicts(miners[1] as MinerEvidence)).toEqual([
      [0, 0, 'answer'],
      [1, 0, 'answer'],
    ])
  })

  it('has no questions where the opening beacon was never drawn', async () => {
    const text = textOf(1, 0)
    const judged = await judge([text], [miner(1, [shown(text)])], { openingBeacon: undefined })
    expect(judged).toMatchObject({ miners: [{ uid: 1, work: [] }], tasks: undefined })
    expect(judged.answers.size).toBe(0)
  })

  it('forgets the texts of an epoch that it judged', async () => {
    const text = textOf(1, 0)
    const one = judgeOf([text])
    const given = { netuid, epoch, ...beacons, timeMs: 60_000, miners: [miner(1, [shown(text)])] }
    expect((await one.judge(given)).answers.size).toBe(1)
    expect((await one.judge(given)).answers.size).toBe(0)
  })

  it('opens a sandbox anew when one is lost, and has the texts still', async () => {
    const text = textOf(1, 0)
    let opened = 0
    const fragile = new SandboxedJudge(async () => {
      const fresh = await SubnetSandbox.open(doubleFile)
      if (opened++ === 0) await fresh.close()
      return fresh
    })
    fragile.keep(sha256Hex(text), text)
    const given = { netuid, epoch, ...beacons, timeMs: 60_000, miners: [miner(1, [shown(text)])] }
    await expect(fragile.judge(given)).rejects.toMatchObject({ code: 'subnets/file-failed' })
    expect(verdicts((await fragile.judge(given)).miners[0] as MinerEvidence)).toEqual([[0, 1_000_000, 'score']])
    await fragile.close()
    await fragile.close()
    expect(opened).toBe(2)
  })

  it('waits for nobody beyond its share of the time', async () => {
    const [slow, first, second] = [textOf(1, 0, '{"twice":408}'), textOf(1, 1), textOf(2, 1)]
    const { miners } = await judge(
      [slow, first, second],
      [miner(1, [shown(slow), shown(first)]), miner(2, [shown(second)])],
      { timeMs: 200 },
    )
    expect(miners.map(verdicts)[0]).toEqual([
      [0, 2, 'score'],
      [1, 2, 'score'],
    ])
    expect(miners[0]?.work.map(({ checks }) => checks[0]?.detail).join()).toMatch(/longer than the 100 ms/)
    expect(miners.map(verdicts)[1]).toEqual([[1, 1_000_000, 'score']])
  })

  it('says of an answer that breaks the scorer or never ends that it was the scorer, and of the others their score', async () => {
    const texts = [textOf(1, 0, '{"twice":404}'), textOf(2, 0, '{"twice":408}'), textOf(3, 0)]
    const { miners } = await judge(
      texts,
      texts.map((text, index) => miner(index + 1, [shown(text)])),
    )
    expect(miners.map(verdicts)).toEqual([[[0, 1, 'score']], [[0, 2, 'score']], [[0, 1_000_000, 'score']]])
  })
})
