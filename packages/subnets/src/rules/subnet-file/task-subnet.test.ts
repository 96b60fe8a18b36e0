import { type Address, type Hex, zeroHash } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { MinerEvidence, WorkEvidence } from '../evidence.ts'
import { checkEvidenceLog, type EvidenceLog, evidenceLogToText, parseEvidenceLog, scoreEpoch } from '../evidence-log.ts'
import { unpackRow } from '../weight-row.ts'
import { answerOf } from './task-answer.ts'
import { type SubnetDescription, taskSubnet } from './task-subnet.ts'
import { type TaskVerdict, taskEvidence } from './task-verdict.ts'

const description: SubnetDescription = {
  name: 'test',
  version: 1,
  tasks: 2,
  scoreTimeoutMs: 2_000,
  answerBytes: 32_768,
  aggregate: 'mean',
  weights: 'linear',
  aggregator: 'yuma3',
  hasServe: true,
}
const scored = (scorePpm: number): TaskVerdict => ({ kind: 'scored', scorePpm, reasons: ['Well done.'] })
const fault: TaskVerdict = { kind: 'fault', problem: 'the file failed: oh', isDeadline: false }
const cheat: TaskVerdict = { kind: 'cheat', reason: 'Copied.' }
const malformed: TaskVerdict = { kind: 'malformed', problem: 'the answer does not fit the schema' }

describe('taskSubnet', () => {
  it('scores the mean over all questions, unanswered ones as nothing', () => {
    expect(scoresOf([[scored(1_000_000), scored(500_001)], [scored(900_000)], []])).toEqual([750_000, 450_000, 0])
  })

  it('gives a cheat nothing for the epoch, and a malformed answer nothing for its question', () => {
    expect(
      scoresOf([
        [scored(1_000_000), cheat],
        [scored(1_000_000), malformed],
      ]),
    ).toEqual([0, 500_000])
  })

  it('counts a question for nobody when the scorer fails on most of its answers', () => {
    expect(
      scoresOf([
        [scored(800_000), fault],
        [scored(600_000), fault],
        [scored(400_000), scored(1_000_000)],
      ]),
    ).toEqual([800_000, 600_000, 400_000])
  })

  it('counts an answer as nothing when the scorer fails on it and not on most', () => {
    expect(
      scoresOf([
        [scored(800_000), fault],
        [scored(600_000), scored(200_000)],
      ]),
    ).toEqual([400_000, 400_000])
    const one = [
      [scored(800_000), fault],
      [scored(600_000), scored(200_000)],
      [scored(0), scored(0)],
    ]
    expect(scoresOf(one)).toEqual([400_000, 400_000, 0])
  })

  it('abstains when the scorer fails on everything', () => {
    const { row } = epochOf([
      [fault, fault],
      [fault, fault],
    ])
    expect(row).toBe('0x')
  })

  it('takes what a function of the file made of the scores, and nothing where it failed', () => {
    const miners = [
      [scored(1), scored(1)],
      [scored(1), scored(1)],
    ].map(minerOf)
    const subnet = taskSubnet({ ...description, aggregate: 'function' })
    const withFacts = [
      { ...miners[0], facts: { aggregatePpm: 77 } },
      { ...miners[1], facts: {} },
    ] as MinerEvidence[]
    const { scores } = scoreEpoch(subnet as never, { netuid: 1, epoch: 2 }, withFacts, new Map())
    expect(scores.map(({ scorePpm }) => scorePpm)).toEqual([77, 0])
    expect(scores[1]?.reasons.join()).toContain('aggregate failed')
  })

  it('carries a moving average and weighs by the policy', () => {
    const subnet = taskSubnet({ ...description, aggregate: { ewmaPpm: 500_000 }, weights: 'wta' })
    const miners = [
      [scored(1_000_000), scored(1_000_000)],
      [scored(500_000), scored(500_000)],
    ].map(minerOf)
    const previous = new Map<Address, number>([
      [hotkeyOf(0), 0],
      [hotkeyOf(1), 600_000],
    ])
    const { scores, row } = scoreEpoch(subnet as never, { netuid: 1, epoch: 2 }, miners, previous)
    expect(scores.map(({ combinedPpm }) => combinedPpm)).toEqual([500_000, 550_000])
    expect(unpackRow(row)).toEqual([{ uid: 1, weight: 65_535 }])
  })

  it('has a spec hash that changes with everything that changes scores', () => {
    const changes: Partial<SubnetDescription>[] = [
      {},
      { version: 2 },
      { tasks: 3 },
      { scoreTimeoutMs: 3_000 },
      { answerBytes: 32_769 },
      { aggregate: 'crps' },
      { aggregate: 'ewma' },
      { aggregate: 'function' },
      { weights: 'topk' },
      { weights: { topk: 9 } },
      { aggregator: 'yuma2' },
    ]
    const hashes = changes.map((change) => taskSubnet({ ...description, ...change }).specHash(zeroHash))
    expect(new Set(hashes).size).toBe(changes.length)
  })

  it('takes no evidence that has more bytes than the file allows, whatever its letters are', () => {
    const { response } = taskSubnet({ ...description, answerBytes: 1_024 })
    expect(response.safeParse({ text: 'x'.repeat(1_024) }).success).toBe(true)
    expect(response.safeParse({ text: 'ä'.repeat(512) }).success).toBe(true)
    for (const text of ['x'.repeat(1_025), `ä${'ä'.repeat(512)}`, '\ud800']) {
      expect(response.safeParse({ text }).success).toBe(false)
    }
  })

  it('leaves a log that parses, however long the sentences of files and answers are', () => {
    const long = 'x'.repeat(100_000)
    const { subnet, miners, scores, row } = epochOf([
      [{ kind: 'cheat', reason: long }],
      [{ kind: 'malformed', problem: long }, scored(1)],
      [{ kind: 'fault', problem: long, isDeadline: true }, scored(1)],
      [{ kind: 'scored', scorePpm: 1, reasons: [long, long] }, scored(2)],
    ])
    const specHash = subnet.specHash(zeroHash)
    const log: EvidenceLog = {
      v: 1,
      netuid: 1,
      epoch: 2,
      validator: hotkeyOf(9),
      specHash,
      beacon: zeroHash,
      miners,
      scores,
      row,
    }
    expect(parseEvidenceLog(evidenceLogToText(log))).toEqual(log)
  })

  it('leaves a log that parses, recomputes, and shows a changed fact', () => {
    const { subnet, miners, scores, row } = epochOf([
      [scored(1_000_000), cheat],
      [scored(5), malformed],
      [fault, fault],
    ])
    const specHash = subnet.specHash(zeroHash)
    const tasks = { openingBeacon: zeroHash, taskHashes: [zeroHash, zeroHash] }
    const head = { v: 1, netuid: 1, epoch: 2, validator: hotkeyOf(9), specHash, beacon: zeroHash, tasks } as const
    const log: EvidenceLog = { ...head, miners, scores, row }
    const parsed = parseEvidenceLog(evidenceLogToText(log))
    expect(parsed).toEqual(log)
    const states = (of: EvidenceLog) => checkEvidenceLog(subnet as never, specHash, of).map(({ state }) => state)
    expect(states(parsed)).toEqual(['pass', 'pass', 'pass'])
    const changed = JSON.parse(evidenceLogToText(log).replace('"scorePpm":5}', '"scorePpm":6}')) as EvidenceLog
    expect(states(changed)[1]).toBe('fail')
  })
})

function scoresOf(verdicts: readonly (readonly TaskVerdict[])[]): readonly number[] {
  return epochOf(verdicts).scores.map(({ scorePpm }) => scorePpm)
}

function epochOf(verdicts: readonly (readonly TaskVerdict[])[]) {
  const subnet = taskSubnet(description)
  const miners = verdicts.map(minerOf)
  return { subnet, miners, ...scoreEpoch(subnet as never, { netuid: 1, epoch: 2 }, miners, new Map()) }
}

function minerOf(verdicts: readonly TaskVerdict[], uid: number): MinerEvidence {
  const work = verdicts.map((verdict, task): WorkEvidence => taskEvidence(answerOf(`${uid} ${task}`), task, verdict))
  return {
    uid,
    hotkey: hotkeyOf(uid),
    committedCount: work.length,
    checks: [],
    work,
    probesAsked: 0,
    probesAnswered: 0,
  }
}

function hotkeyOf(uid: number): Hex {
  return `0x${uid.toString(16).padStart(40, '0')}`
}
