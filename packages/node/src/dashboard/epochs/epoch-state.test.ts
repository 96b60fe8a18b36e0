import { fail, notChecked, pass } from '@koinon/work'
import { describe, expect, it } from 'vitest'
import { auditState, stateWithoutResult, submittedState } from './epoch-state.ts'

describe('auditState', () => {
  it('passes only what somebody looked at', () => {
    expect(auditState([notChecked('replay', 'no time'), notChecked('evidence', 'no time')])).toBe('notChecked')
    expect(auditState([])).toBe('notChecked')
    expect(auditState([pass('evidence', ''), notChecked('replay', 'no engine')])).toBe('pass')
  })

  it('lets one failure outweigh all passes', () => {
    expect(auditState([pass('evidence', ''), fail('replay', ''), notChecked('probe', '')])).toBe('fail')
  })
})

describe('stateWithoutResult', () => {
  const window = {
    startsAtSeconds: 1_100,
    endsAtSeconds: 1_200,
    workCommitEndsAtSeconds: 1_210,
    weightCommitEndsAtSeconds: 1_230,
    revealEndsAtSeconds: 1_245,
  }

  it('leaves the whole root phase to the validators', () => {
    expect([1_245, 1_299, 1_300].map((at) => stateWithoutResult(window, at))).toEqual(['open', 'open', 'noResult'])
  })
})

describe('submittedState', () => {
  it('waits for the delay, then holds, unless it was objected to', () => {
    expect(submittedState({ activatesAtSeconds: 50, isDisabled: false }, 49)).toBe('pending')
    expect(submittedState({ activatesAtSeconds: 50, isDisabled: false }, 50)).toBe('active')
    expect(submittedState({ activatesAtSeconds: 50, isDisabled: true }, 60)).toBe('disabled')
  })
})
