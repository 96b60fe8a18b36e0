import type { SubnetJson } from '@koinon/work/dashboard'
import { describe, expect, test } from 'vitest'
import { auditSentence, whyUnaudited } from './audit-words.ts'

const name = (uid: number): string => `validator-${uid}`

describe('auditSentence', () => {
  test('joins validators that found the same in the same epoch', () => {
    const audits = [
      { validatorUid: 4, epoch: 7, state: 'pass' },
      { validatorUid: 3, epoch: 7, state: 'pass' },
    ] as const
    expect(auditSentence(audits, name)).toBe('validator-3 and validator-4, epoch 7: no check failed')
  })

  test('keeps apart what they disagree on', () => {
    const audits = [
      { validatorUid: 3, epoch: 7, state: 'pass' },
      { validatorUid: 4, epoch: 7, state: 'fail' },
    ] as const
    expect(auditSentence(audits, name)).toBe(
      'validator-3, epoch 7: no check failed; validator-4, epoch 7: a check failed',
    )
  })

  test('calls no pass what nobody could look at', () => {
    expect(auditSentence([{ validatorUid: 3, epoch: 7, state: 'notChecked' }], name)).toBe(
      'validator-3, epoch 7: could not be checked',
    )
  })

  test('says nothing when nobody looked', () => {
    expect(auditSentence([], name)).toBeUndefined()
    expect(auditSentence(undefined, name)).toBeUndefined()
  })
})

describe('whyUnaudited', () => {
  const subnet = { epochSeconds: 60, epochStartedAtSeconds: 1000 } as SubnetJson

  test('tells too early from not drawn', () => {
    expect(whyUnaudited(1_010_000, subnet)).toBe('tooEarly')
    expect(whyUnaudited(950_000, subnet)).toBe('tooEarly')
    expect(whyUnaudited(939_999, subnet)).toBe('notDrawn')
    expect(whyUnaudited(0, undefined)).toBe('tooEarly')
  })
})
