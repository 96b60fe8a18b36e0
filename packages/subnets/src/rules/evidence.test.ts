import { maximumEvidenceLogBytes, utf8ToBytes, zeroHash } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { boundedDetail, type MinerEvidence } from './evidence.ts'
import { type EvidenceLog, evidenceLogToText, parseEvidenceLog } from './evidence-log.ts'
import { answerOf } from './subnet-file/task-answer.ts'
import { taskEvidence } from './subnet-file/task-verdict.ts'

const jsonBytes = (text: string) => utf8ToBytes(JSON.stringify(text)).length - 2

describe('boundedDetail', () => {
  it('leaves alone what fits, and cuts the rest with a mark', () => {
    for (const detail of ['', 'all is well', 'x'.repeat(480), 'ä'.repeat(240)])
      expect(boundedDetail(detail)).toBe(detail)
    expect(boundedDetail('x'.repeat(481))).toBe(`${'x'.repeat(477)}…`)
    expect(boundedDetail(boundedDetail('x'.repeat(9_999)))).toBe(boundedDetail('x'.repeat(9_999)))
  })

  it.each(['\u0000', '"', '…', '😀', '\ud83d'])(
    'counts what %j takes in a log, and splits no character',
    (character) => {
      const cut = boundedDetail(character.repeat(1_000))
      expect(jsonBytes(cut)).toBeLessThanOrEqual(480)
      expect(jsonBytes(cut)).toBeGreaterThan(465)
      expect(cut).toBe(`${character.repeat((cut.length - 1) / character.length)}…`)
    },
  )
})

describe('an evidence log', () => {
  it('of 64 answers of 256 seats fits into what readers take, whatever the answers make a file say', () => {
    const hotkey = `0x${'aa'.repeat(20)}` as const
    const reason = '\u0000"'.repeat(500)
    const work = Array.from({ length: 64 }, (_, task) =>
      taskEvidence(answerOf('{}'), task, { kind: 'scored', scorePpm: 1_000_000, reasons: [reason] }),
    )
    const [short] = [(work[0] as (typeof work)[number]).checks[0]?.detail.slice(0, 300) as string]
    const miners = Array.from(
      { length: 256 },
      (_, uid): MinerEvidence => ({
        uid,
        hotkey,
        committedCount: 64,
        checks: [],
        work,
        probesAsked: 0,
        probesAnswered: 0,
      }),
    )
    const log: EvidenceLog = {
      v: 1,
      netuid: 1,
      epoch: 1_000_000,
      validator: hotkey,
      specHash: zeroHash,
      beacon: zeroHash,
      miners,
      scores: miners.map(({ uid }) => ({
        uid,
        hotkey,
        scorePpm: 1_000_000,
        previousPpm: undefined,
        combinedPpm: 1_000_000,
        reasons: [short, short, short, short],
      })),
      row: '0x',
    }
    const text = evidenceLogToText(log)
    expect(utf8ToBytes(text).length).toBeLessThan(maximumEvidenceLogBytes)
    expect(parseEvidenceLog(text).miners).toHaveLength(256)
  })
})
