import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { noResultSentence, olderSentence, phaseOf, phaseSentence, rowSentence, stateSentence } from './epoch-words.ts'

const page = readFileSync(new URL('../../../apps/web/src/network/phases.ts', import.meta.url), 'utf8')

describe('the words for epochs', () => {
  it.each(['open', 'pending', 'active', 'disabled', 'noResult'])('are those of the page: %s', (state) => {
    expect(page).toContain(`${state}: '${stateSentence(state)}'`)
  })

  it.each(['open', 'workCommit', 'weightReveal', 'root'])('are those of the page in the phase %s', (phase) => {
    expect(page).toContain(`${phase}: '${phaseSentence(phase)}.'`)
  })

  it('point to the spec for what is newer than this program', () => {
    expect(phaseSentence('weightCommit')).toContain('sealed')
    expect(stateSentence('constructor')).toBe('see specs/0007-epochs.md')
    expect(phaseSentence('later')).toBe('see specs/0007-epochs.md')
  })
})

describe('the weights of an epoch', () => {
  it('are shares of the whole row, whatever the largest is scaled to', () => {
    const text = rowSentence({
      validatorUid: 4,
      row: [
        [0, 65_535],
        [1, 65_535],
        [2, 0],
      ],
    })
    expect(text).toBe('  validator 4: 0=50.0 %  1=50.0 %')
    expect(rowSentence({ validatorUid: 4, openedBy: '0x0123456789abcdef', row: [] })).toBe(
      '  validator 4 (fell silent; opened for it by 0x0123456789): gave nobody weight',
    )
  })

  it('say why there is no result, as far as they do', () => {
    const [empty, given] = [
      { validatorUid: 1, row: [] },
      { validatorUid: 2, row: [[0, 9]] as const },
    ]
    const why = (...weights: Parameters<typeof noResultSentence>[0]['weights']) =>
      noResultSentence({ netuid: 1, epoch: 5, weights })
    expect(why()).toContain('No validator opened weights')
    expect(why(empty)).toContain('gave nobody weight, so no miner earned')
    expect(why(empty, given)).toContain('2 validators opened weights, 1 of them gave nobody weight.')
  })
})

describe('a list of epochs', () => {
  it('says how many older ones it leaves out, and of finished ones no phase', () => {
    expect(olderSentence(2, [{ epoch: 9 }, { epoch: 8 }])).toMatch(/^8 older epochs are left out: .*--netuid 2$/)
    expect(olderSentence(2, [{ epoch: 2 }, { epoch: 1 }])).toMatch(/^1 older epoch is left out/)
    expect([olderSentence(2, [{ epoch: 0 }]), olderSentence(2, [])]).toEqual(['', ''])
    const phases = (['open', 'pending', 'active', 'noResult'] as const).map((state) =>
      phaseOf({ state, phase: 'root' }),
    )
    expect(phases).toEqual(['root', 'root', '', ''])
  })
})
