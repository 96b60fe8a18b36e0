/** What stands behind a provider's offer: the model file loaded here and measured, or a server elsewhere that was asked first. */
import { mkdirSync } from 'node:fs'
import { KoinonError, systemClock } from '@koinon/base'
import {
  assumedContextLength,
  EmbeddedEngine,
  type EnginePort,
  probeUpstream,
  UpstreamEngine,
  type UpstreamServer,
} from '@koinon/inference/provider'
import { type EngineLoad, InferenceEngine } from '@koinon/inference/provider/engine'
import {
  isAbout,
  keepBenchmark,
  type MachineBenchmark,
  measureMachine,
  readBenchmark,
} from '../benchmark/machine-benchmark.ts'
import type { Home } from '../home/home.ts'
import type { EngineConfig, ProviderRoleConfig } from '../roles/role-config.ts'

export type AnsweringEngine = {
  readonly port: EnginePort
  readonly unsureBelow?: number
  /** Measured before the start; local networks, whose miners share a machine, and servers elsewhere are not. */
  readonly benchmark: MachineBenchmark | undefined
  readonly load: EngineLoad
  stop(): Promise<void>
}

type EngineOf<kind extends EngineConfig['kind']> = Extract<EngineConfig, { readonly kind: kind }>

export type StartSources = {
  readonly role: Pick<ProviderRoleConfig, 'name' | 'modelId' | 'maximumSequences'>
  readonly home: Home
  readonly env: Readonly<Record<string, string | undefined>>
  progress(sentence: string): void
}

/** Resolves when answers can be generated. Throws `engine/*` or `upstream/*`. */
export function startAnsweringEngine(config: EngineConfig, sources: StartSources): Promise<AnsweringEngine> {
  return config.kind === 'embedded' ? startEmbedded(config, sources) : startUpstream(config, sources)
}

async function startEmbedded(config: EngineOf<'embedded'>, sources: StartSources): Promise<AnsweringEngine> {
  const { modelId, maximumSequences } = sources.role
  const engine = new InferenceEngine({ modelPath: config.modelPath, maxParallelSequences: maximumSequences })
  sources.progress('loading the model')
  const begunAt = performance.now()
  await engine.start()
  const loadMs = performance.now() - begunAt
  return {
    port: new EmbeddedEngine({ engine, model: modelId }),
    ...(config.unsureBelow === undefined ? {} : { unsureBelow: config.unsureBelow }),
    benchmark:
      config.benchmarkSinceMs === undefined
        ? undefined
        : await benchmarkOf(engine, { sinceMs: config.benchmarkSinceMs, loadMs }, sources),
    get load() {
      return engine.load
    },
    stop: () => engine.stop(),
  }
}

/** A fitting measurement that was kept, or a new one. */
async function benchmarkOf(
  engine: InferenceEngine,
  { sinceMs, loadMs }: { readonly sinceMs: number; readonly loadMs: number },
  { role, home, progress }: StartSources,
): Promise<MachineBenchmark> {
  const { name, modelId, maximumSequences: slots } = role
  const kept = readBenchmark(home, name)
  if (kept !== undefined && kept.measuredAtMs >= sinceMs && isAbout(kept, { modelHash: engine.modelHash, slots })) {
    return kept
  }
  progress('measuring this machine with the model')
  const measured = await measureMachine({
    engine,
    model: modelId,
    slots,
    loadMs,
    clock: systemClock,
    onProgress: progress,
  })
  mkdirSync(home.role(name), { recursive: true, mode: 0o700 })
  keepBenchmark(home, name, measured)
  return measured
}

async function startUpstream(config: EngineOf<'upstream'>, sources: StartSources): Promise<AnsweringEngine> {
  const { modelId, maximumSequences } = sources.role
  const apiKey = config.keyVariable === undefined ? undefined : keyOf(config.keyVariable, sources.env)
  const server: UpstreamServer = {
    url: config.url,
    model: config.model,
    ...(apiKey === undefined ? {} : { apiKey }),
  }
  sources.progress(`asking ${config.url} for ${config.model}`)
  const { contextLength } = await probeUpstream(server)
  const engine = new UpstreamEngine({ server, model: modelId, contextLength: contextLength ?? assumedContextLength })
  return {
    port: engine,
    benchmark: undefined,
    get load() {
      return { activeSequences: engine.activeAnswers, maxParallelSequences: maximumSequences, queuedRequests: 0 }
    },
    stop: () => engine.stop(),
  }
}

function keyOf(variable: string, env: StartSources['env']): string {
  const key = env[variable]?.trim()
  if (key !== undefined && /^[\x21-\x7e]+$/.test(key)) return key
  throw new KoinonError({
    code: 'upstream/no-key',
    message: `The environment variable ${variable} ${key === undefined || key === '' ? 'is not set' : 'is no key that a header can carry'}`,
    hint: `Set it to the key of the server, e.g. ${variable}=... koinon provider start ...`,
  })
}
