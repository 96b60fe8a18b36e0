import { expect, test } from 'vitest'
import { nextResultSentence } from './next-result-words.ts'

const nextResult = { epoch: 1, expectedAtSeconds: 1_800_000_060, paysFromSeconds: 1_800_000_090, passed: 0 }

test('nothing is said where there is an epoch to show', () => {
  expect(nextResultSentence({ epoch: 4, signedEpoch: 4, nextResult, nowSeconds: 1 })).toBeUndefined()
})

test('the first result has a time, and what was missed is counted', () => {
  const before = nextResultSentence({ nextResult, nowSeconds: 1_800_000_000 })
  expect(before).toMatch(/^The first result is expected at 2027-01-1\d \d\d:\d\d:\d\d: that of epoch 1\. It pays from /)
  expect(before).not.toContain('passed')
  const late = nextResultSentence({ nextResult: { ...nextResult, passed: 2 }, nowSeconds: 1_800_000_060 })
  expect(late).toMatch(/may be signed since .* expected any moment.* 2 epochs before it passed without one\.$/)
})

test('a result whose record is not served is not taken for none', () => {
  expect(nextResultSentence({ signedEpoch: 7, nextResult, nowSeconds: 1 })).toMatch(/^The result of epoch 7 is signed/)
})
