import { type Hex, zeroHash } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { digestSpecHash, digestSubnet } from '../testing/digest-subnet.ts'
import type { MinerEvidence } from './evidence.ts'
import {
  checkEvidenceLog,
  combineScores,
  type EvidenceLog,
  evidenceLogToText,
  parseEvidenceLog,
  scoreEpoch,
} from './evidence-log.ts'

describe('scoreEpoch', () => {
  it('scores by uid and packs the row of those above zero', () => {
    const { scores, row } = scoreEpoch(
      digestSubnet,
      { netuid: 1, epoch: 2 },
      [miner(4, 'fail'), miner(2, 'pass')],
      new Map(),
    )
    expect(scores.map(({ uid, scorePpm }) => [uid, scorePpm])).toEqual([
      [2, 1_000_000],
      [4, 0],
    ])
    expect(row).toBe('0x0002ffff')
  })

  it('refuses scores that are not whole millionths', () => {
    for (const scorePpm of [-1, 0.5, 1_000_001, Number.NaN]) {
      const subnet = { ...digestSubnet, score: () => ({ scorePpm, reasons: [] }) }
      expect(() => scoreEpoch(subnet, { netuid: 1, epoch: 2 }, [miner(1, 'pass')], new Map())).toThrow(/millionths/)
    }
  })

  it('remembers with a moving average and forgets with "latest"', () => {
    const previous = new Map([[hotkey(2), 500_000]])
    const averaging = { ...digestSubnet, combine: { movingAveragePpm: 100_000 } }
    const [score] = scoreEpoch(averaging, { netuid: 1, epoch: 2 }, [miner(2, 'pass')], previous).scores
    expect([score?.previousPpm, score?.combinedPpm]).toEqual([500_000, 550_000])
    const [latest] = scoreEpoch(digestSubnet, { netuid: 1, epoch: 2 }, [miner(2, 'pass')], previous).scores
    expect([latest?.previousPpm, latest?.combinedPpm]).toEqual([undefined, 1_000_000])
  })
})

describe('combineScores', () => {
  it('starts from zero, rounds down and reaches zero again', () => {
    const policy = { movingAveragePpm: 333_333 }
    expect(combineScores(policy, undefined, 7)).toBe(combineScores(policy, 0, 7))
    expect(combineScores('latest', 10, 7)).toBe(7)
    expect(combineScores(policy, 10, 0)).toBe(6)
    let ppm = 1_000_000
    for (let i = 0; i < 60; i++) ppm = combineScores(policy, ppm, 0)
    expect(ppm).toBe(0)
  })
})

describe('checkEvidenceLog', () => {
  it('passes an honest log after a journey over the wire', () => {
    const log = parseEvidenceLog(evidenceLogToText(setup()))
    expect(
      checkEvidenceLog(digestSubnet as never, digestSpecHash, log).map(({ name, state }) => [name, state]),
    ).toEqual([
      ['spec', 'pass'],
      ['scores', 'pass'],
      ['row', 'pass'],
    ])
  })

  it('fails a log whose scores, reasons, row or spec do not follow', () => {
    const log = setup()
    const [first, ...rest] = log.scores as [EvidenceLog['scores'][number], ...EvidenceLog['scores']]
    const states = (changes: Partial<EvidenceLog>) =>
      checkEvidenceLog(digestSubnet as never, digestSpecHash, { ...log, ...changes }).map(({ state }) => state)
    expect(states({ specHash: zeroHash })).toEqual(['fail', 'pass', 'pass'])
    expect(states({ scores: [{ ...first, combinedPpm: 5 }, ...rest] })[1]).toBe('fail')
    expect(states({ scores: [{ ...first, reasons: ['bought'] }, ...rest] })[1]).toBe('fail')
    expect(states({ scores: [first] })[1]).toBe('fail')
    expect(states({ row: '0x' })[2]).toBe('fail')
  })
})

describe('parseEvidenceLog', () => {
  it('refuses what is no log, with the place', () => {
    const text = evidenceLogToText(setup())
    expect(() => parseEvidenceLog('{')).toThrow(/not JSON/)
    expect(() => parseEvidenceLog('null')).toThrow(/malformed/)
    expect(() => parseEvidenceLog(text.replace('"epoch":2', '"epoch":-2'))).toThrow(/epoch/)
    expect(() => parseEvidenceLog(text.replace('"state":"pass"', '"state":"verified"'))).toThrow(/state/)
    expect(() => parseEvidenceLog(text.replace(/"row":"0x[0-9a-f]*"/, '"row":"0x123"'))).toThrow(/row/)
    expect(() => parseEvidenceLog(text.replace('"length":3', '"length":0.5'))).toThrow(/"miners\.0\.work\.0\.facts"/)
  })

  it('takes no more seats than a ledger has, or who compares each with each would never end', () => {
    const log = setup()
    const [miner] = log.miners as [MinerEvidence, ...MinerEvidence[]]
    const miners = Array.from({ length: 257 }, () => miner)
    expect(() => parseEvidenceLog(evidenceLogToText({ ...log, miners }))).toThrow(/"miners"/)
    expect(parseEvidenceLog(evidenceLogToText({ ...log, miners: miners.slice(1) })).miners).toHaveLength(256)
  })

  it.each([
    ['miners', (text: string, zeros: string) => text.replace('"miners":[', `"miners":[${zeros}`)],
    ['work', (text: string, zeros: string) => text.replace('"work":[', `"work":[${zeros}`)],
    ['checks', (text: string, zeros: string) => text.replace('"checks":[{', `"checks":[${zeros}{`)],
    ['reasons', (text: string, zeros: string) => text.replace('"reasons":[', `"reasons":[${zeros}`)],
  ])('refuses millions of %s that are none without a report on each', (name, bomb) => {
    const text = bomb(evidenceLogToText(setup()), '0,'.repeat(2_000_000))
    const before = process.memoryUsage().heapUsed
    expect(() => parseEvidenceLog(text)).toThrow(new RegExp(name))
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(300 * 1_048_576)
  })
})

function hotkey(uid: number): Hex {
  return `0x${uid.toString(16).padStart(40, '0')}`
}

function miner(uid: number, state: 'pass' | 'fail'): MinerEvidence {
  const work = {
    source: 'sample',
    requestId: `0x${'0f'.repeat(16)}`,
    receiptHash: zeroHash,
    checks: [{ name: 'digest', state, detail: 'compared' }],
    facts: { length: 3 },
  } as const
  return { uid, hotkey: hotkey(uid), committedCount: 1, checks: [], work: [work], probesAsked: 0, probesAnswered: 0 }
}

function setup(): EvidenceLog {
  const miners = [miner(2, 'pass'), miner(4, 'fail')]
  const { scores, row } = scoreEpoch(digestSubnet, { netuid: 1, epoch: 2 }, miners, new Map())
  return {
    v: 1,
    netuid: 1,
    epoch: 2,
    validator: hotkey(9),
    specHash: digestSpecHash,
    beacon: zeroHash,
    miners,
    scores,
    row,
  }
}
