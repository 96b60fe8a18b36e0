import { describe, expect, it } from 'vitest'
import { createEventTeller } from './event-teller.ts'

describe('the log of a validator', () => {
  it('says once an epoch that nobody earned, and everything else every time', () => {
    const lines: unknown[] = []
    const write = (line: unknown, words?: string): void => void lines.push(words ?? line)
    const tell = createEventTeller({ info: write, warn: write, error: write }, () => undefined)
    const nothing = (epoch: number) => tell({ kind: 'nothingEarned', epoch })
    for (let look = 0; look < 3; look++) nothing(4)
    for (let look = 0; look < 2; look++) tell({ kind: 'committed', epoch: 5, sealedBytes: 0 })
    nothing(4)
    nothing(5)
    tell({ kind: 'problem', step: 'attest', error: new Error('no answer') })
    tell({ kind: 'notSealed', epoch: 5, why: 'its row is too long' })
    tell({ kind: 'sealIgnored', epoch: 5, hotkey: `0x${'ab'.repeat(20)}`, why: 'its text was altered' })
    tell({ kind: 'notOpened', epoch: 5, error: new Error('no relay answers') })
    expect(lines).toEqual([
      { kind: 'nothingEarned', epoch: 4 },
      { kind: 'committed', epoch: 5, sealedBytes: 0 },
      { kind: 'committed', epoch: 5, sealedBytes: 0 },
      { kind: 'nothingEarned', epoch: 5 },
      'a step failed; trying again',
      'committed by hash alone',
      'what a silent validator sealed opens nothing',
      'rows of silent validators stay sealed for now',
    ])
  })

  it('says loudly, once a result, which numbers are wrong that it cannot show, and not more than a page of them', () => {
    const lines: { readonly level: string; readonly line: { wrong?: readonly string[] }; readonly text: string }[] = []
    const on = (level: string) => (line: object, text?: string) => void lines.push({ level, line, text: text ?? '' })
    const tell = createEventTeller({ info: on('info'), warn: on('warn'), error: on('error') }, () => undefined)
    const wrong = Array.from({ length: 40 }, (_, uid) => `dividend of seat ${uid}`)
    const notShown = { kind: 'notShown', epoch: 4, wrong, refused: [], shown: 'nothing' } as const
    for (const byte of ['ab', 'ab', 'cd']) tell({ ...notShown, resultHash: `0x${byte.repeat(32)}` })
    tell({ ...notShown, resultHash: `0x${'ef'.repeat(32)}`, wrong: ['rank of seat 1'], shown: 'amount' })
    expect(lines.map(({ level }) => level)).toEqual(['error', 'error', 'error'])
    expect(lines[0]?.line.wrong?.slice(-2)).toEqual(['dividend of seat 23', 'and 16 more'])
    expect(lines[0]?.text).toContain('ACCEPTS NO DISPUTE')
    expect(lines[2]).toMatchObject({ line: { wrong: ['rank of seat 1'], shown: 'amount' } })
    expect(lines[2]?.text).toContain('was shown to the ledger')
  })

  it('says once an epoch that it waits for blocks, and warns where that makes results late', () => {
    const lines: string[] = []
    const on = (level: string) => (_: unknown, words?: string) => void lines.push(`${level} ${words ?? ''}`)
    const tell = createEventTeller({ info: on('info'), warn: on('warn'), error: on('error') }, () => undefined)
    for (const epoch of [4, 4, 5]) tell({ kind: 'waitsForBlocks', epoch, behindSeconds: 400, isLate: epoch === 5 })
    expect(lines).toEqual([
      'info waits until the blocks of this epoch are not replaced any more',
      expect.stringMatching(/^warn .*only after 400 s.*nothing is lost$/),
    ])
  })

  it('says loudly, once an epoch and to its owner, that it signs no more', () => {
    const [lines, notices]: [string[], string[]] = [[], []]
    const on = (level: string) => (_: unknown, words?: string) => void lines.push(`${level} ${words ?? ''}`)
    const tell = createEventTeller({ info: on('info'), warn: on('warn'), error: on('error') }, (text) =>
      notices.push(text),
    )
    const resultHash = `0x${'ab'.repeat(32)}` as const
    const why = { netuid: 1, epoch: 4, resultHash, what: 'amount' }
    for (const epoch of [4, 4, 5]) tell({ kind: 'signingStopped', epoch, why, path: 'role/signing-stopped.json' })
    for (const epoch of [4, 4]) tell({ kind: 'signedOther', epoch, resultHash })
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['error', 'error', 'warn'])
    expect(notices).toHaveLength(2)
    expect(notices[0]).toContain('delete role/signing-stopped.json')
    for (const epoch of [6, 7]) tell({ kind: 'attested', epoch })
    expect(notices.slice(2)).toEqual([''])
  })
})
