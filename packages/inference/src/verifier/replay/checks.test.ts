import { describe, expect, it } from 'vitest'
import { stateDeterminism } from '../../rules/determinism.ts'
import { samplerSettings } from '../../rules/sampler.ts'
import { checkClass, checkCounts, checkFinish, checkPrompt, checkText } from './checks.ts'
import type { ReplayEvidence } from './evidence.ts'

const evidence: ReplayEvidence = {
  promptTokenIds: [1, 2, 3],
  outputTokenIds: [4, 5, 6, 7],
  sampler: samplerSettings({ seed: 1n }),
  finishReason: 'stop',
  stop: [],
  maxTokens: 10,
}
const end = { stoppedAfter: undefined, endTokenAt: undefined, isEndNext: true }
const with_ = (change: Partial<ReplayEvidence>): ReplayEvidence => ({ ...evidence, ...change })

describe('checkFinish', () => {
  it.each([
    ['pass', 'the model ends there', {}, {}],
    ['fail', 'truncated and called "stop"', {}, { isEndNext: false }],
    ['pass', 'a stop text ends it', {}, { stoppedAfter: 4, isEndNext: false }],
    ['fail', 'inflated behind a stop text', {}, { stoppedAfter: 3 }],
    ['fail', 'inflated behind the end token', {}, { endTokenAt: 2 }],
    ['pass', 'the agreed limit', { finishReason: 'length', maxTokens: 4 }, { isEndNext: false }],
    ['fail', 'truncated and called "length"', { finishReason: 'length' }, { isEndNext: false }],
    ['pass', 'the context is full', { finishReason: 'length', contextTokens: 7 }, {}],
    ['fail', 'a stop text called "length"', { finishReason: 'length', maxTokens: 4 }, { stoppedAfter: 4 }],
    ['notChecked', 'the caller left', { finishReason: 'abort' }, { isEndNext: false }],
    ['fail', 'an invented reason', { finishReason: 'content_filter' }, {}],
  ] as const)('%s: %s', (state, _, change, ending) => {
    expect(checkFinish(with_(change), { ...end, ...ending }).state).toBe(state)
  })
})

describe('checkCounts', () => {
  it.each([
    ['pass', { promptTokens: 3, outputTokens: 4 }],
    ['pass', { outputTokens: 4 }],
    ['fail', { promptTokens: 3, outputTokens: 5 }],
    ['fail', { promptTokens: 30, outputTokens: 4 }],
    ['fail', { outputTokens: 4, maxTokens: 3 }],
    ['notChecked', {}],
  ] as const)('%s for %o', (state, change) => {
    expect(checkCounts(with_(change)).state).toBe(state)
  })
})

describe('checkPrompt', () => {
  it.each([
    ['pass', [1, 2, 3]],
    ['fail', [1, 9, 3]],
    ['fail', [1, 2]],
    ['fail', [1, 2, 3, 4]],
  ] as const)('%s when the request gives %o', (state, expectedPromptTokenIds) => {
    expect(checkPrompt(with_({ expectedPromptTokenIds })).state).toBe(state)
  })

  it('is not checked without a request', () => {
    expect(checkPrompt(evidence).state).toBe('notChecked')
  })
})

describe('checkText', () => {
  it('says where a text departs', () => {
    expect(checkText(with_({ text: 'abc' }), 'abc').state).toBe('pass')
    expect(checkText(with_({ text: 'abX' }), 'abc')).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('character 2'),
    })
    expect(checkText(with_({ text: 'ab' }), 'abc').state).toBe('fail')
    expect(checkText(evidence, 'abc').state).toBe('notChecked')
  })
})

describe('checkClass', () => {
  const word = (digit: string) => `0x${digit.repeat(64)}` as const
  const statement = (bitExact: boolean) =>
    stateDeterminism({
      engine: 'e',
      engineBuild: word('a'),
      instructionSet: 'avx512',
      modelHash: word('b'),
      manifest: { bitExact, quantisation: bitExact ? 'Q8_0' : 'F16' },
      keyValueType: 'F16',
    })

  it('passes for the same class, and never fails: another class is only not checked', () => {
    expect(checkClass(with_({ determinismClass: statement(true).hash }), statement(true)).state).toBe('pass')
    expect(checkClass(evidence, statement(true)).state).toBe('pass')
    expect(checkClass(with_({ determinismClass: word('c') }), statement(true)).state).toBe('notChecked')
    expect(checkClass(with_({ determinismClass: statement(false).hash }), statement(false)).state).toBe('notChecked')
  })
})
