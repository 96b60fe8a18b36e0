import { describe, expect, it } from 'vitest'
import { createEventTeller } from './event-teller.ts'

describe('the log of a validator', () => {
  it('says once an epoch that nobody earned, and everything else every time', () => {
    const lines: unknown[] = []
    const write = (line: unknown, words?: string): void => void lines.push(words ?? line)
    const tell = createEventTeller({ info: write, warn: write })
    const nothing = (epoch: number) => tell({ kind: 'nothingEarned', epoch })
    for (let look = 0; look < 3; look++) nothing(4)
    tell({ kind: 'committed', epoch: 5 })
    tell({ kind: 'committed', epoch: 5 })
    nothing(4)
    nothing(5)
    tell({ kind: 'problem', step: 'attest', error: new Error('no answer') })
    expect(lines).toEqual([
      { kind: 'nothingEarned', epoch: 4 },
      { kind: 'committed', epoch: 5 },
      { kind: 'committed', epoch: 5 },
      { kind: 'nothingEarned', epoch: 5 },
      'a step failed; trying again',
    ])
  })
})
