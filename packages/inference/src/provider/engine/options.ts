import { KoinonError } from '@koinon/base'

/** Settings of an engine; everything but the model has a default. */
export type EngineOptions = {
  /** Path of a GGUF file. */
  readonly modelPath: string
  /** Answers generated at the same time; each has its own part of the key-value cache. Default 4. */
  readonly maxParallelSequences?: number
  /** Threads of the engine. Default: one less than the cores this process may use, at least 1, at most 8. */
  readonly threads?: number
  /** Prompt and answer together, per sequence. Default: what the model declares, at most 2048. */
  readonly contextTokens?: number
  /** Tokens of one evaluation over all sequences; even. Larger is faster on long prompts and takes more memory. Default 128. */
  readonly batchTokens?: number
  /** Requests that may wait for a sequence. Default 32. */
  readonly maxQueuedRequests?: number
  /** Requests of one caller that may wait. Default: all places of the queue. */
  readonly maxQueuedRequestsPerCaller?: number
  /** Longest time of one request, waiting included, in milliseconds. Default 120,000. */
  readonly requestTimeoutMs?: number
}

export type ResolvedEngineOptions = Required<Omit<EngineOptions, 'contextTokens'>> & {
  readonly contextTokens: number | undefined
}

/** More threads than this give small models nothing and starve the other roles of a node. */
const mostDefaultThreads = 8

/** Fills in defaults and refuses values that cannot work (`engine/bad-options`). `availableCores` is what the process may use. */
export function resolveEngineOptions(options: EngineOptions, availableCores: number): ResolvedEngineOptions {
  const maxQueuedRequests = options.maxQueuedRequests ?? 32
  const resolved: ResolvedEngineOptions = {
    modelPath: options.modelPath,
    maxParallelSequences: options.maxParallelSequences ?? 4,
    threads: options.threads ?? Math.min(mostDefaultThreads, Math.max(1, availableCores - 1)),
    contextTokens: options.contextTokens,
    batchTokens: options.batchTokens ?? 128,
    maxQueuedRequests,
    maxQueuedRequestsPerCaller: options.maxQueuedRequestsPerCaller ?? maxQueuedRequests,
    requestTimeoutMs: options.requestTimeoutMs ?? 120_000,
  }
  requireInteger('maxParallelSequences', resolved.maxParallelSequences, 1, 256)
  requireInteger('threads', resolved.threads, 1, 256)
  if (resolved.contextTokens !== undefined) requireInteger('contextTokens', resolved.contextTokens, 8, 1 << 22)
  requireInteger('batchTokens', resolved.batchTokens, 2, 8192)
  if (resolved.batchTokens % 2 !== 0 || resolved.batchTokens < 2 * resolved.maxParallelSequences) {
    throw badOption('batchTokens', 'must be even and at least twice maxParallelSequences')
  }
  requireInteger('maxQueuedRequests', resolved.maxQueuedRequests, 0, 1_000_000)
  requireInteger('maxQueuedRequestsPerCaller', resolved.maxQueuedRequestsPerCaller, 0, 1_000_000)
  requireInteger('requestTimeoutMs', resolved.requestTimeoutMs, 1, 86_400_000)
  return resolved
}

/** Context of a model that declares `declaredTokens` (0: nothing declared) when none was asked for. */
export function defaultContextTokens(declaredTokens: number): number {
  return Math.min(declaredTokens > 0 ? declaredTokens : 2048, 2048)
}

function requireInteger(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw badOption(name, `must be an integer from ${low} to ${high}, not ${value}`)
  }
}

function badOption(name: string, reason: string): KoinonError {
  return new KoinonError({ code: 'engine/bad-options', message: `Engine option ${name} ${reason}.` })
}
