/** What a provider measured of its own machine before it offered anything: kept in its folder of the home, shown by status, claimed in its offer. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import type { Clock, Hex } from '@koinon/base'
import { benchmarkEngine, type DecodeSpeed, type InferenceEngine } from '@koinon/inference/provider/engine'
import { type Home, writeFileDurably } from '../home/home.ts'

/** Speeds in tokens a second, times in milliseconds, memory in bytes of the whole role process. */
export type MachineBenchmark = {
  readonly v: 1
  readonly measuredAtMs: number
  readonly model: string
  readonly modelHash: Hex
  readonly processor: string
  readonly cores: number
  readonly loadMs: number
  readonly rssBytes: number
  readonly prefillTokens: number
  readonly prefillTokensPerSecond: number
  /** All answers together, by the number of answers at once; the last entry is the number that is served. */
  readonly decode: readonly DecodeSpeed[]
  readonly suggestedSlots: number
}

export type MeasureOptions = {
  readonly engine: InferenceEngine
  readonly model: string
  readonly slots: number
  readonly loadMs: number
  readonly clock: Clock
  readonly onProgress: (sentence: string) => void
}

/** Measures a started engine that serves nobody yet; about six seconds on the demo model. */
export async function measureMachine(options: MeasureOptions): Promise<MachineBenchmark> {
  const { engine, model, slots, loadMs, clock, onProgress } = options
  const measured = await benchmarkEngine(engine, { slots, onProgress })
  return {
    v: 1,
    measuredAtMs: clock.nowMs(),
    model,
    modelHash: engine.modelHash,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    loadMs: Math.round(loadMs),
    rssBytes: process.memoryUsage.rss(),
    prefillTokens: measured.prefillTokens,
    prefillTokensPerSecond: tenths(measured.prefillTokensPerSecond),
    decode: measured.decode.map(({ slots: count, tokensPerSecond }) => ({
      slots: count,
      tokensPerSecond: tenths(tokensPerSecond),
    })),
    suggestedSlots: measured.suggestedSlots,
  }
}

/** Keeps a measurement for status screens and for the next start of the role. */
export function keepBenchmark(home: Home, role: string, benchmark: MachineBenchmark): void {
  writeFileDurably(fileOf(home, role), `${JSON.stringify(benchmark, null, 2)}\n`)
}

/** The last measurement of a role; undefined when there is none that can be read. */
export function readBenchmark(home: Home, role: string): MachineBenchmark | undefined {
  try {
    const kept = JSON.parse(readFileSync(fileOf(home, role), 'utf8')) as MachineBenchmark
    return kept.v === 1 && Array.isArray(kept.decode) ? kept : undefined
  } catch {
    return undefined
  }
}

/** Whether a measurement says something about this model, served this many answers at once. */
export function isAbout(
  benchmark: MachineBenchmark,
  served: { readonly modelHash: Hex; readonly slots: number },
): boolean {
  return benchmark.modelHash === served.modelHash && benchmark.decode.at(-1)?.slots === served.slots
}

/** The whole numbers that an offer claims. */
export function claimsOf(benchmark: MachineBenchmark): {
  readonly promptTokensPerSecond: number
  readonly outputTokensPerSecond: number
} {
  return {
    promptTokensPerSecond: Math.floor(benchmark.prefillTokensPerSecond),
    outputTokensPerSecond: Math.floor(benchmark.decode.at(-1)?.tokensPerSecond ?? 0),
  }
}

function fileOf(home: Home, role: string): string {
  return join(home.role(role), 'benchmark.json')
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}
