import { type FileHandle, open } from 'node:fs/promises'
import { type Hex, KoinonError } from '@koinon/base'
import type { Llama, LlamaContext, LlamaModel, Token } from 'node-llama-cpp'
import { type GgufHeader, type GgufManifest, manifestOf, readGgufHeader } from '../../rules/gguf/index.ts'
import { type TokenBytes, tokenByteTable } from '../../rules/gguf/token-bytes.ts'
import { type EngineBuild, hashFile, readEngineBuild } from './build.ts'
import { loadFailure } from './engine-errors.ts'
import { shareEvenly } from './even-batching.ts'
import { defaultContextTokens, type ResolvedEngineOptions } from './options.ts'

/** A loaded model with its context; `dispose` frees all native memory. */
export type EngineRuntime = {
  readonly model: LlamaModel
  readonly context: LlamaContext
  readonly manifest: GgufManifest
  readonly tokenBytes: TokenBytes
  readonly modelHash: Hex
  readonly build: EngineBuild
  readonly contextTokens: number
  readonly vocabularySize: number
  readonly isEndToken: (tokenId: number) => boolean
  readonly engineName: string
  readonly dispose: () => Promise<void>
}

/** Places of a sequence that cannot hold tokens: the padding token, and one that the engine keeps free. */
const reservedPlaces = 2

/** Type of the key-value cache; part of the determinism class. */
export const keyValueType = 'F16'

/**
 * Loads a model for deterministic serving: CPU, flash attention off, fixed key-value type, even slices. The file is checked
 * by our own reader before native code sees it. Throws gguf/..., engine/bad-model, engine/out-of-memory, engine/bad-options.
 */
export async function loadRuntime(options: ResolvedEngineOptions): Promise<EngineRuntime> {
  const { header, manifest } = await readModelFile(options.modelPath)
  const contextTokens = contextFor(options, manifest)
  const tokenBytes = tokenByteTable(header)
  const { getLlama, getModuleVersion, LlamaLogLevel } = await import('node-llama-cpp')
  const log: string[] = []
  let llama: Llama | undefined
  try {
    llama = await getLlama({
      build: 'never',
      gpu: false,
      skipDownload: true,
      progressLogs: false,
      maxThreads: options.threads,
      logLevel: LlamaLogLevel.warn,
      logger: (_level, message) => {
        log.push(message.trim())
        if (log.length > 20) log.shift()
      },
    })
    const model = await llama.loadModel({ modelPath: options.modelPath, gpuLayers: 0, checkTensors: true })
    const context = await model.createContext({
      sequences: options.maxParallelSequences,
      contextSize: contextTokens + reservedPlaces,
      batchSize: options.batchTokens,
      flashAttention: false,
      threads: { ideal: options.threads, min: options.threads },
      experimentalKvCacheKeyType: keyValueType,
      experimentalKvCacheValueType: keyValueType,
      swaFullCache: true,
      batching: { itemPrioritizationStrategy: shareEvenly, dispatchSchedule: 'nextCycle' },
      failedCreationRemedy: false,
    })
    const [build, modelHash, version] = await Promise.all([
      readEngineBuild(),
      hashFile(options.modelPath),
      getModuleVersion(),
    ])
    const owner = llama
    return {
      model,
      context,
      manifest,
      tokenBytes,
      modelHash,
      build,
      contextTokens,
      vocabularySize: manifest.vocabularySize,
      isEndToken: (tokenId) => model.isEogToken(tokenId as Token),
      engineName: `node-llama-cpp ${version}, llama.cpp ${owner.llamaCppRelease.release}`,
      dispose: () => owner.dispose(),
    }
  } catch (error) {
    await llama?.dispose()
    throw loadFailure(error, options.modelPath, log)
  }
}

function contextFor(options: ResolvedEngineOptions, manifest: GgufManifest): number {
  const contextTokens = options.contextTokens ?? defaultContextTokens(manifest.contextLength)
  if (manifest.contextLength > 0 && contextTokens > manifest.contextLength) {
    throw new KoinonError({
      code: 'engine/bad-options',
      message: `A context of ${contextTokens} tokens was asked for, but the model is made for ${manifest.contextLength}.`,
    })
  }
  return contextTokens
}

async function readModelFile(path: string): Promise<{ header: GgufHeader; manifest: GgufManifest }> {
  let file: FileHandle
  try {
    file = await open(path)
  } catch (error) {
    throw new KoinonError({
      code: 'engine/no-model',
      message: `The model file ${path} cannot be opened.`,
      hint: 'Give the path of a readable .gguf file.',
      cause: error,
    })
  }
  try {
    const { size } = await file.stat()
    const header = await readGgufHeader({
      sizeBytes: size,
      read: async (offset, length) => {
        const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset)
        return buffer.subarray(0, bytesRead)
      },
    })
    return { header, manifest: manifestOf(header, size) }
  } finally {
    await file.close()
  }
}
