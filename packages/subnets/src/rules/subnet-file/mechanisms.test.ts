import { readFileSync } from 'node:fs'
import { type Address, zeroHash } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { MinerEvidence } from '../evidence.ts'
import { checkEvidenceLog, type EvidenceLog, evidenceLogToText, parseEvidenceLog, scoreEpoch } from '../evidence-log.ts'
import { unpackRow } from '../weight-row.ts'
import type { MechanismDescription } from './mechanisms.ts'
import { answerOf } from './task-answer.ts'
import { taskSubnet } from './task-subnet.ts'
import { type TaskVerdict, taskEvidence } from './task-verdict.ts'

type Case = {
  readonly name: string
  readonly mechanisms: readonly MechanismDescription[]
  readonly table: readonly (readonly number[])[]
  readonly cheats: readonly number[]
  readonly scores: readonly (readonly number[])[]
  readonly parts: readonly (readonly number[])[]
  readonly sums: readonly number[]
  readonly row: readonly (readonly [number, number])[]
}
const { cases } = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/mechanisms.json', import.meta.url), 'utf8'),
) as { readonly cases: readonly Case[] }

describe('several mechanisms', () => {
  it.each(cases)('$name', ({ mechanisms, table, cheats, scores, parts, sums, row }) => {
    const scored = epochOf(mechanisms, table, cheats)
    expect(scored.scores.map((one) => one.parts?.map(({ scorePpm }) => scorePpm))).toEqual(scores)
    expect(scored.scores.map((one) => one.parts?.map(({ partPpm }) => partPpm))).toEqual(parts)
    expect(scored.scores.map(({ scorePpm }) => scorePpm)).toEqual(sums)
    expect(unpackRow(scored.row).map(({ uid, weight }) => [uid, weight])).toEqual(row)
  })

  it('gives each exactly its share, however the scores are scaled and in whatever order the miners come', () => {
    const { mechanisms, table, parts } = cases[1] as Case
    for (const [index, { shareBps }] of mechanisms.entries()) {
      expect(parts.reduce((sum, own) => sum + (own[index] as number), 0)).toBe(100 * shareBps)
    }
    const scaled = epochOf(
      mechanisms,
      table.slice(0, 3).map(([a = 0, b = 0, c = 0]) => [a * 300, b * 300, c]),
    )
    expect(scaled.scores.map(({ scorePpm }) => scorePpm)).toEqual((cases[1] as Case).sums.slice(0, 3))
    const miners = table.map((scores, uid) => minerOf(scores, uid, false)).reverse()
    const subnet = subnetOf(mechanisms)
    expect(scoreEpoch(subnet, place, miners, new Map()).row).toBe(epochOf(mechanisms, table).row)
  })

  it('says each part in the reasons, and leaves a log that parses and recomputes', () => {
    const { mechanisms, table } = cases[1] as Case
    const { subnet, miners, scores, row } = epochOf(mechanisms, table)
    expect(scores[0]?.reasons.slice(1, 3)).toEqual([
      'prices: score 1500, which brings 350000 millionths of all.',
      'texts: score 900000, which brings 150000 millionths of all.',
    ])
    const specHash = subnet.specHash(zeroHash)
    const head = { v: 1, validator: hotkeyOf(9), specHash, beacon: zeroHash, ...place } as const
    const log: EvidenceLog = { ...head, miners, scores, row }
    const parsed = parseEvidenceLog(evidenceLogToText(log))
    expect(parsed).toEqual(log)
    const scoresOf = (of: EvidenceLog) => checkEvidenceLog(subnet, specHash, of)[1]?.state
    expect(scoresOf(parsed)).toBe('pass')
    const changed = evidenceLogToText(log).replace('"partPpm":150000', '"partPpm":150001')
    expect(scoresOf(parseEvidenceLog(changed))).toBe('fail')
  })

  it('takes from its own facts what a function of the file made of the scores of one', () => {
    const mechanisms = [
      { name: 'own', shareBps: 5_000, tasks: 1, aggregate: 'function', weights: 'linear' },
      { name: 'mean', shareBps: 5_000, tasks: 1, aggregate: 'mean', weights: 'linear' },
    ] as const
    const miners = [
      { ...minerOf([5, 5], 0, false), facts: { 'aggregatePpm 0': 30 } },
      { ...minerOf([5, 5], 1, false), facts: { 'aggregatePpm 0': 10 } },
      { ...minerOf([5, 0], 2, false), facts: {} },
    ]
    const { scores } = scoreEpoch(subnetOf(mechanisms), place, miners, new Map())
    expect(scores.map(({ scorePpm }) => scorePpm)).toEqual([625_000, 375_000, 0])
  })

  it('has a spec hash that changes with every part of a mechanism', () => {
    const [one, other] = (cases[1] as Case).mechanisms as [MechanismDescription, MechanismDescription]
    const all: readonly (readonly MechanismDescription[])[] = [
      [one, other],
      [other, one],
      [{ ...one, name: 'costs' }, other],
      [{ ...one, tasks: 3 }, other],
      [
        { ...one, shareBps: 6_999 },
        { ...other, shareBps: 3_001 },
      ],
      [{ ...one, aggregate: 'crps' }, other],
      [{ ...one, aggregate: 'function' }, other],
      [{ ...one, weights: 'wta' }, other],
    ]
    expect(new Set(all.map((mechanisms) => subnetOf(mechanisms).specHash(zeroHash))).size).toBe(all.length)
  })
})

const place = { netuid: 1, epoch: 2 }

function subnetOf(mechanisms: readonly MechanismDescription[]) {
  return taskSubnet({
    name: 'test',
    version: 1,
    tasks: mechanisms.reduce((sum, { tasks }) => sum + tasks, 0),
    scoreTimeoutMs: 2_000,
    answerBytes: 32_768,
    aggregate: 'mean',
    weights: 'linear',
    aggregator: 'yuma3',
    hasServe: true,
    mechanisms,
  }) as never as Parameters<typeof checkEvidenceLog>[0]
}

function epochOf(
  mechanisms: readonly MechanismDescription[],
  table: readonly (readonly number[])[],
  cheats: readonly number[] = [],
) {
  const subnet = subnetOf(mechanisms)
  const miners = table.map((scores, uid) => minerOf(scores, uid, cheats.includes(uid)))
  return { subnet, miners, ...scoreEpoch(subnet, place, miners, new Map()) }
}

/** Who cheats does so in a question more, whose score is not asked for. */
function minerOf(scores: readonly number[], uid: number, isCheat: boolean): MinerEvidence {
  const verdicts = scores.map((scorePpm): TaskVerdict => ({ kind: 'scored', scorePpm, reasons: ['Done.'] }))
  const work = verdicts.map((verdict, task) => taskEvidence(answerOf(`${uid} ${task}`), task, verdict))
  const cheat = { source: 'probe', requestId: '0x', receiptHash: zeroHash, facts: {} } as const
  const checks = [{ name: 'verify', state: 'fail', detail: 'Copied.' } as const]
  return {
    uid,
    hotkey: hotkeyOf(uid),
    committedCount: work.length,
    checks: [],
    work: isCheat ? [...work, { ...cheat, checks }] : work,
    probesAsked: 0,
    probesAnswered: 0,
  }
}

function hotkeyOf(uid: number): Address {
  return `0x${uid.toString(16).padStart(40, '0')}`
}
