import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { benchmarkEngine, slotLevels, suggestSlots } from './benchmark.ts'
import { InferenceEngine } from './engine.ts'
import { randomModelFile } from './test-model.ts'

describe('benchmarkEngine', () => {
  let engine: InferenceEngine
  beforeAll(async () => {
    const modelPath = await randomModelFile({ seed: 1 })
    engine = new InferenceEngine({ modelPath, contextTokens: 64, threads: 1, maxParallelSequences: 2 })
    await engine.start()
  })
  afterAll(() => engine.stop())

  it('measures reading and writing, says so as it goes, and leaves the engine free', async () => {
    const said: string[] = []
    const result = await benchmarkEngine(engine, { slots: 2, decodeMs: 200, onProgress: (text) => said.push(text) })
    expect(result.prefillTokensPerSecond).toBeGreaterThan(0)
    expect(result.prefillTokens).toBeLessThanOrEqual(engine.contextTokens)
    expect(result.decode.map(({ slots }) => slots)).toEqual([1, 2])
    for (const { tokensPerSecond } of result.decode) expect(tokensPerSecond).toBeGreaterThan(0)
    expect([1, 2]).toContain(result.suggestedSlots)
    expect(said).toHaveLength(3)
    expect(engine.load).toMatchObject({ activeSequences: 0, queuedRequests: 0 })
  })

  it('gets a figure even when the time is over before the first token', async () => {
    const { decode } = await benchmarkEngine(engine, { slots: 1, decodeMs: 0 })
    expect(decode).toHaveLength(1)
    expect(decode[0]?.tokensPerSecond).toBeGreaterThan(0)
  })

  it('fails with the engine', async () => {
    const stopped = new InferenceEngine({ modelPath: 'none.gguf' })
    await expect(benchmarkEngine(stopped, { slots: 1 })).rejects.toMatchObject({ code: 'engine/not-started' })
  })
})

describe('suggestSlots', () => {
  const speeds = (...all: number[]) => all.map((tokensPerSecond, index) => ({ slots: 2 ** index, tokensPerSecond }))
  it('takes the fewest slots that are nearly as fast as the best', () => {
    expect(suggestSlots(speeds(100, 180, 195))).toBe(2)
    expect(suggestSlots(speeds(100, 150, 200))).toBe(4)
    expect(suggestSlots(speeds(100, 60, 30))).toBe(1)
    expect(suggestSlots([])).toBe(1)
  })

  it('looks at powers of two and at the number asked for', () => {
    expect(slotLevels(1)).toEqual([1])
    expect(slotLevels(4)).toEqual([1, 2, 4])
    expect(slotLevels(6)).toEqual([1, 2, 4, 6])
  })
})
