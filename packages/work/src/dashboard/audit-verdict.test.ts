import { describe, expect, it } from 'vitest'
import { auditCounts, auditVerdict } from './audit-verdict.ts'

const fine = { outcome: 'agrees', contradicted: 0, unanswered: 0 } as const

describe('the verdict of an audit', () => {
  it.each([
    [fine, 'pass', /^everything agrees$/, false],
    [{ ...fine, unanswered: 9 }, 'warn', /slow or unreachable$/, true],
    [
      { ...fine, outcome: 'open', unanswered: 9 } as const,
      'warn',
      /^nothing differs, not all could be checked$/,
      false,
    ],
    [{ ...fine, outcome: 'open', contradicted: 1 } as const, 'warn', /^validators contradict each other$/, true],
    [{ ...fine, outcome: 'differs', contradicted: 1 } as const, 'fail', /^figures differ$/, false],
  ] as const)('is the gravest of what was found: %j', (found, kind, words, hasAdvice) => {
    const verdict = auditVerdict(found)
    expect(verdict).toMatchObject({ kind, words: expect.stringMatching(words) })
    expect(verdict.advice !== undefined).toBe(hasAdvice)
  })

  it('counts figures', () => {
    expect(auditCounts({ agreed: 11_038, differs: 0, open: 9 })).toBe(
      '11,038 figures agree, 0 differ, 9 could not be checked',
    )
    expect(auditCounts({ agreed: 1, differs: 1, open: 0 })).toBe('1 figure agrees, 1 differs, 0 could not be checked')
  })
})
