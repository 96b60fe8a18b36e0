import { inferenceSubnet } from '@koinon/subnet-files/inference'
import { fail, notChecked, pass } from '@koinon/work'
import { describe, expect, it } from 'vitest'
import { auditState, hasEarners, isJudged, submittedState } from './epoch-state.ts'

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

describe('isJudged', () => {
  const window = {
    startsAtSeconds: 1_100,
    endsAtSeconds: 1_200,
    workCommitEndsAtSeconds: 1_210,
    weightCommitEndsAtSeconds: 1_230,
    revealEndsAtSeconds: 1_245,
  }

  it('leaves the whole root phase to the validators', () => {
    expect([1_245, 1_299, 1_300].map((at) => isJudged(window, at))).toEqual([false, false, true])
  })
})

describe('submittedState', () => {
  it('waits for the delay, then holds, unless it was objected to', () => {
    expect(submittedState({ activatesAt: 50, isDisabled: false }, 49)).toBe('pending')
    expect(submittedState({ activatesAt: 50, isDisabled: false }, 50)).toBe('active')
    expect(submittedState({ activatesAt: 50, isDisabled: true }, 60)).toBe('disabled')
  })
})

describe('hasEarners', () => {
  const validators = ['0xaa', '0xbb', '0xcc'] as const
  const seats = (['0x01', ...validators] as const).map((hotkey, uid) => ({ uid, hotkey }))
  const permitted = validators.map((hotkey) => ({ hotkey, stake: 100n }))
  const forMiner = '0x0000ffff' as const
  const earners = (reveals: readonly { readonly hotkey: string; readonly row: `0x${string}` }[]): boolean =>
    hasEarners({ seats, permitted, reveals }, inferenceSubnet.aggregator)

  it('finds them where most of the stake names a miner, signed or not', () => {
    expect(earners(validators.slice(0, 2).map((hotkey) => ({ hotkey, row: forMiner })))).toBe(true)
  })

  it('finds none without rows, with empty rows, with too few of them, or with rows for oneself alone', () => {
    expect(earners([])).toBe(false)
    expect(earners(validators.map((hotkey) => ({ hotkey, row: '0x' })))).toBe(false)
    expect(earners([{ hotkey: '0xaa', row: forMiner }])).toBe(false)
    expect(earners(validators.map((hotkey, index) => ({ hotkey, row: `0x000${index + 1}ffff` })))).toBe(false)
  })

  it('does not count a row of somebody without a permit', () => {
    expect(earners([{ hotkey: '0xdd', row: forMiner }])).toBe(false)
  })
})
