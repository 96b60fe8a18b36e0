import { defineStruct, type Hex, type StructValue } from '@koinon/base'
import type { GgufManifest } from './gguf/manifest.ts'

/** Version of the rules of specs/0006: sampler, even slices, text, finish. */
export const determinismVersion = 1

/**
 * Everything that decides the bits of an answer besides the request. Two engines with the same class give the same logits
 * for the same tokens, bit for bit. `engineBuild` hashes the loaded engine libraries, `instructionSet` names the loaded CPU
 * kernels, `modelHash` is the SHA-256 of the GGUF file, `schedule` the rule that cuts tokens into evaluations.
 */
export const determinismClassType = defineStruct('KoinonDeterminismClass', {
  version: 'uint16',
  engine: 'string',
  engineBuild: 'bytes32',
  instructionSet: 'string',
  modelHash: 'bytes32',
  quantisation: 'string',
  attention: 'string',
  keyValueType: 'string',
  schedule: 'string',
})

export type DeterminismClass = StructValue<typeof determinismClassType.fields>

/** A class with its hash. `exact` is false when the weights are of a type whose results depend on the batch. */
export type DeterminismStatement = {
  readonly class: DeterminismClass
  readonly hash: Hex
  readonly exact: boolean
}

/** Name of the slicing rule: every slice of a sequence has an even number of tokens. */
export const evenSchedule = 'even-1'

/** Hash of a determinism class, as receipts name it. */
export function determinismClassHash(value: DeterminismClass): Hex {
  return determinismClassType.hash(value)
}

/** The class of an engine that follows specs/0006 with this model. */
export function stateDeterminism(input: {
  readonly engine: string
  readonly engineBuild: Hex
  readonly instructionSet: string
  readonly modelHash: Hex
  readonly manifest: Pick<GgufManifest, 'bitExact' | 'quantisation'>
  readonly keyValueType: string
}): DeterminismStatement {
  const value: DeterminismClass = {
    version: determinismVersion,
    engine: input.engine,
    engineBuild: input.engineBuild,
    instructionSet: input.instructionSet,
    modelHash: input.modelHash,
    quantisation: input.manifest.quantisation,
    attention: 'plain',
    keyValueType: input.keyValueType,
    schedule: evenSchedule,
  }
  return { class: value, hash: determinismClassHash(value), exact: input.manifest.bitExact }
}

/** CPU kernel libraries that were measured to give the same bits, by their common name. */
const instructionSetGroups: Readonly<Record<string, string>> = {
  skylakex: 'avx512',
  cascadelake: 'avx512',
  icelake: 'avx512',
  zen4: 'avx512',
}

/**
 * The instruction set of the CPU kernels in use, from the paths of the shared libraries a process has loaded; undefined when
 * none of them is a kernel library. Libraries known to agree bit for bit share a name.
 */
export function instructionSetOf(libraryPaths: readonly string[]): string | undefined {
  for (const path of libraryPaths) {
    const match = /ggml-cpu(?:-([A-Za-z0-9_.]+?))?\.(?:so|dll|dylib)$/.exec(path)
    if (match === null) continue
    const variant = match[1] ?? 'generic'
    return instructionSetGroups[variant] ?? variant
  }
  return undefined
}
