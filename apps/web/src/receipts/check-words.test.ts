import { fail, notChecked, pass } from '@koinon/work'
import { describe, expect, test } from 'vitest'
import { checkHop, checkQuestion, tally, tallySentence } from './check-words.ts'

describe('tally', () => {
  test('counts the three states apart', () => {
    const counts = tally([pass('a', ''), pass('b', ''), fail('c', ''), notChecked('d', '')])
    expect(counts).toEqual({ passed: 2, failed: 1, notChecked: 1 })
    expect(tallySentence(counts)).toBe('2 passed, 1 failed, 1 not checked')
  })

  test('never says that nothing is all right', () => {
    expect(tallySentence(tally([]))).toBe('0 passed, 0 failed, 0 not checked')
  })
})

describe('checkQuestion', () => {
  test('asks the same of every hop', () => {
    expect(checkQuestion('hop3.signature')).toBe(checkQuestion('signature'))
  })

  test('shows the name of a check that it does not know', () => {
    expect(checkQuestion('quantumProof')).toBe('quantumProof')
  })
})

describe('checkHop', () => {
  test.each([
    ['signature', 1],
    ['hop2.signature', 2],
    ['hop12.amount', 12],
    ['hopeful', 1],
  ] as const)('%s is of hop %d', (name, hop) => {
    expect(checkHop(name)).toBe(hop)
  })
})
