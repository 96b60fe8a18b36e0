import { describe, expect, it } from 'vitest'
import { defaultContextTokens, resolveEngineOptions } from './options.ts'

describe('resolveEngineOptions', () => {
  it('leaves one core free, and takes at most eight', () => {
    const threads = (cores: number) => resolveEngineOptions({ modelPath: 'm' }, cores).threads
    expect([1, 2, 4, 64].map(threads)).toEqual([1, 1, 3, 8])
  })

  it('lets one caller fill the queue unless told otherwise', () => {
    expect(resolveEngineOptions({ modelPath: 'm', maxQueuedRequests: 5 }, 2)).toMatchObject({
      maxQueuedRequests: 5,
      maxQueuedRequestsPerCaller: 5,
    })
  })

  it.each([
    ['threads', { threads: 0 }],
    ['maxParallelSequences', { maxParallelSequences: 1.5 }],
    ['batchTokens', { batchTokens: 63 }],
    ['batchTokens', { maxParallelSequences: 100, batchTokens: 128 }],
    ['contextTokens', { contextTokens: 4 }],
    ['requestTimeoutMs', { requestTimeoutMs: 0 }],
    ['maxQueuedRequests', { maxQueuedRequests: -1 }],
  ])('refuses a %s that cannot work', (name, change) => {
    expect(() => resolveEngineOptions({ modelPath: 'm', ...change }, 2)).toThrow(name)
  })
})

describe('defaultContextTokens', () => {
  it('follows the model up to 2048', () => {
    expect([0, 512, 131_072].map(defaultContextTokens)).toEqual([2048, 512, 2048])
  })
})
