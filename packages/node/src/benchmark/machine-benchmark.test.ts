import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@koinon/base'
import { InferenceEngine } from '@koinon/inference/provider/engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Home } from '../home/home.ts'
import { defaultModel } from '../local/model.ts'
import { temporaryHome } from '../testing/home.ts'
import {
  claimsOf,
  isAbout,
  keepBenchmark,
  type MachineBenchmark,
  measureMachine,
  readBenchmark,
} from './machine-benchmark.ts'

let home: Home
let remove: () => void
let engine: InferenceEngine
let measured: MachineBenchmark
const said: string[] = []
beforeAll(async () => {
  ;({ home, remove } = temporaryHome())
  mkdirSync(home.role('provider'), { recursive: true })
  engine = new InferenceEngine({ modelPath: defaultModel().path, maxParallelSequences: 2 })
  await engine.start()
  measured = await measureMachine({
    engine,
    model: 'demo',
    slots: 2,
    loadMs: 12.6,
    clock: systemClock,
    onProgress: (text) => said.push(text),
  })
})
afterAll(async () => {
  await engine.stop()
  remove()
})

describe('a benchmark of the machine', () => {
  it('is of the model that will be served, at the slots it will be served with', () => {
    expect(measured).toMatchObject({ v: 1, model: 'demo', modelHash: engine.modelHash, loadMs: 13 })
    expect(measured.decode.map(({ slots }) => slots)).toEqual([1, 2])
    expect(measured.rssBytes).toBeGreaterThan(10 * 2 ** 20)
    expect(measured.cores).toBeGreaterThanOrEqual(1)
    expect(isAbout(measured, { modelHash: engine.modelHash, slots: 2 })).toBe(true)
    expect(isAbout(measured, { modelHash: engine.modelHash, slots: 4 })).toBe(false)
    expect(isAbout(measured, { modelHash: `0x${'00'.repeat(32)}`, slots: 2 })).toBe(false)
    expect(said.join('\n')).toMatch(/reads \d+ prompt tokens a second[\s\S]*with 2 answers at once/)
  })

  it('is claimed in whole tokens a second, never more than was measured', () => {
    const claims = claimsOf(measured)
    expect(Number.isInteger(claims.promptTokensPerSecond) && Number.isInteger(claims.outputTokensPerSecond)).toBe(true)
    expect(claims.promptTokensPerSecond).toBeLessThanOrEqual(measured.prefillTokensPerSecond)
    expect(claims.outputTokensPerSecond).toBeGreaterThan(0)
    expect(claimsOf({ ...measured, decode: [] }).outputTokensPerSecond).toBe(0)
  })

  it('is kept for the owner alone, and a damaged one is as good as none', () => {
    expect(readBenchmark(home, 'provider')).toBeUndefined()
    keepBenchmark(home, 'provider', measured)
    expect(readBenchmark(home, 'provider')).toEqual(measured)
    const file = join(home.role('provider'), 'benchmark.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    for (const text of ['', '{', 'null', '{"v":2}']) {
      writeFileSync(file, text)
      expect(readBenchmark(home, 'provider')).toBeUndefined()
    }
  })
})
