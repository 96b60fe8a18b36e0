/** Engines of a league: the model on offer, the same weights with fewer bits, and other weights. All real, all on one machine. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRandomModel } from '@koinon/inference/gguf'
import { EmbeddedEngine, type EnginePort } from '@koinon/inference/provider'
import { InferenceEngine } from '@koinon/inference/provider/engine'

const modelId = 'league'

export type Engines = {
  readonly offered: EnginePort
  /** The offered weights as Q4_0. */
  readonly fewerBits: EnginePort
  /** Other weights in the same architecture. */
  readonly otherModel: EnginePort
  /** The offered model, for verifiers. */
  readonly verifier: InferenceEngine
  stop(): Promise<void>
}

export async function startEngines(): Promise<Engines> {
  const folder = mkdtempSync(join(tmpdir(), 'koinon-league-models-'))
  const write = (name: string, options: Parameters<typeof createRandomModel>[0]): string => {
    const path = join(folder, `${name}.gguf`)
    writeFileSync(path, createRandomModel(options))
    return path
  }
  const offeredPath = write('offered', { seed: 11, quantisation: 'Q8_0' })
  const start = async (modelPath: string, maxParallelSequences: number): Promise<InferenceEngine> => {
    const engine = new InferenceEngine({ modelPath, maxParallelSequences, threads: 1, maxQueuedRequests: 512 })
    await engine.start()
    return engine
  }
  const offered = await start(offeredPath, 8)
  const fewerBits = await start(write('fewer-bits', { seed: 11, quantisation: 'Q4_0' }), 2)
  const otherModel = await start(write('other', { seed: 12, quantisation: 'Q8_0' }), 2)
  const verifier = await start(offeredPath, 4)
  const port = (engine: InferenceEngine): EnginePort => new EmbeddedEngine({ engine, model: modelId })
  return {
    offered: port(offered),
    fewerBits: port(fewerBits),
    otherModel: port(otherModel),
    verifier,
    async stop() {
      for (const engine of [offered, fewerBits, otherModel, verifier]) await engine.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
