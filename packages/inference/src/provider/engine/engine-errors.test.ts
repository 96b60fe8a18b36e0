import { KoinonError } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { busy, late, loadFailure, stopped } from './engine-errors.ts'

describe('loadFailure', () => {
  it('recognises missing memory by the error or by what the engine logged', () => {
    class InsufficientMemoryError extends Error {
      override readonly name = 'InsufficientMemoryError'
    }
    const byName = loadFailure(new InsufficientMemoryError('too big'), 'm.gguf', [])
    const byLog = loadFailure(new Error('Failed to create context'), 'm.gguf', ['failed to allocate CPU buffer'])
    for (const error of [byName, byLog]) {
      expect(error.code).toBe('engine/out-of-memory')
      expect(error.hint).toContain('fewer parallel sequences')
    }
  })

  it('calls everything else a bad model, with the last lines of the engine', () => {
    const error = loadFailure(new Error('Failed to load model'), 'm.gguf', ['missing tensor x'])
    expect(error).toMatchObject({ code: 'engine/bad-model', retry: 'never', details: { log: ['missing tensor x'] } })
    expect(error.message).toContain('m.gguf')
    expect(loadFailure('odd', 'm.gguf', []).message).toContain('odd')
  })

  it('passes our own errors on', () => {
    const own = new KoinonError({ code: 'gguf/truncated', message: 'cut' })
    expect(loadFailure(own, 'm.gguf', [])).toBe(own)
  })
})

describe('errors of a running engine', () => {
  it('tell the caller to come back later', () => {
    for (const error of [busy(), late(5), stopped()]) expect(error.retry).toBe('later')
  })
})
