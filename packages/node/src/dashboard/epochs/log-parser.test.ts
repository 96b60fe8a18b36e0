import { maximumEvidenceLogBytes, utf8ToBytes } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { LogParser } from './log-parser.ts'

const log = utf8ToBytes(
  JSON.stringify({
    v: 1,
    netuid: 1,
    epoch: 4,
    validator: `0x${'aa'.repeat(20)}`,
    specHash: `0x${'00'.repeat(32)}`,
    beacon: `0x${'00'.repeat(32)}`,
    miners: [],
    scores: [{ uid: 7, hotkey: `0x${'bb'.repeat(20)}`, scorePpm: 1, combinedPpm: 1, reasons: ['It was right.'] }],
    row: '0x',
  }),
)
const parsed = { reasons: [[7, ['It was right.']]], checks: [] }

describe('the parser of logs that strangers wrote', () => {
  it('gives what is shown of a log, and nothing for what is none', async () => {
    const parser = new LogParser()
    expect(await parser.parse(log)).toEqual(parsed)
    for (const text of ['', '{', '[]', '{"v":1}']) expect(await parser.parse(utf8ToBytes(text))).toBeUndefined()
    expect(await parser.parse(log)).toEqual(parsed)
  })

  it('leaves out what takes more memory or time than it has, and goes on', async () => {
    const parser = new LogParser({ heapMiB: 64 })
    // As JSON each of these is an object of its own.
    const wide = utf8ToBytes(`[${'{},'.repeat(maximumEvidenceLogBytes / 3 - 2)}{}]`)
    expect(wide.length).toBeLessThanOrEqual(maximumEvidenceLogBytes)
    expect(await parser.parse(wide)).toBeUndefined()
    expect(await parser.parse(log)).toEqual(parsed)
    const hasty = new LogParser({ deadlineMs: 1 })
    expect(await hasty.parse(log)).toBeUndefined()
  })

  it('parses no more than may wait', async () => {
    const parser = new LogParser({ waiting: 2 })
    const found = await Promise.all([parser.parse(log), parser.parse(log), parser.parse(log)])
    expect(found.map((one) => one !== undefined)).toEqual([true, true, false])
    expect(await parser.parse(log)).toEqual(parsed)
  })
})
