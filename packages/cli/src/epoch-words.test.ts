import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { phaseSentence, stateSentence } from './epoch-words.ts'

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
