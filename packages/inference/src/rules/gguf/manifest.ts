import { KoinonError } from '@koinon/base'
import { type GgufHeader, ggufLimits, type MetadataValue, parseGgufHeader } from './read.ts'

/** Random access to a file: its size, and a way to read a range (fewer bytes only at the end of the file). */
export type GgufSource = {
  readonly sizeBytes: number
  readonly read: (offset: number, length: number) => Promise<Uint8Array>
}

/** What a network needs to know of a model, read from the file itself and never from its name. */
export type GgufManifest = {
  readonly architecture: string
  readonly name: string
  /** Sum of all tensor values. */
  readonly parameters: number
  /** Type that holds most parameters of the matrices, e.g. `Q8_0`. */
  readonly quantisation: string
  /** Every type in the file with its number of parameters. */
  readonly parametersByType: Readonly<Record<string, number>>
  /** True when all matrices are Q8_0 or Q4_0: the file can live in a determinism class (spec 0006). */
  readonly bitExact: boolean
  /** Tokens the model was declared for; 0 when the file does not say. */
  readonly contextLength: number
  readonly embeddingLength: number
  readonly layers: number
  readonly vocabularySize: number
  readonly tokenizer: string
  readonly chatTemplate: string | undefined
  readonly beginTokenId: number | undefined
  readonly endTokenId: number | undefined
  readonly fileSizeBytes: number
}

const firstReadBytes = 1 << 18

/** A source over bytes already in memory. */
export function bytesSource(bytes: Uint8Array): GgufSource {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  }
}

/** Reads the whole header of a GGUF file, fetching no more of it than needed. Errors as `parseGgufHeader`. */
export async function readGgufHeader(source: GgufSource): Promise<GgufHeader> {
  let wanted = firstReadBytes
  for (;;) {
    const length = Math.min(wanted, source.sizeBytes, ggufLimits.headerBytes)
    const parse = parseGgufHeader(await source.read(0, length), source.sizeBytes)
    if (parse.kind === 'header') return parse.header
    if (length === source.sizeBytes || length === ggufLimits.headerBytes) {
      throw new KoinonError({
        code: 'gguf/truncated',
        message: 'The GGUF file ended while its header was read.',
        hint: 'Another program may be writing the file; try again when it is complete.',
        retry: 'later',
      })
    }
    wanted = Math.max(wanted * 4, parse.atLeastBytes)
  }
}

/**
 * Reads the manifest of a GGUF model from bytes or from a file.
 *
 * ```ts
 * const manifest = await readGgufManifest(bytes)
 * manifest.quantisation // 'Q8_0'
 * ```
 */
export async function readGgufManifest(source: Uint8Array | GgufSource): Promise<GgufManifest> {
  const file = source instanceof Uint8Array ? bytesSource(source) : source
  return manifestOf(await readGgufHeader(file), file.sizeBytes)
}

/** The manifest of a header already read. Throws `gguf/malformed` when the architecture is missing. */
export function manifestOf(header: GgufHeader, fileSizeBytes: number): GgufManifest {
  const text = (key: string) => stringOf(header.metadata.get(key))
  const integer = (key: string) => integerOf(header.metadata.get(key))
  const architecture = text('general.architecture')
  if (architecture === undefined) {
    throw new KoinonError({ code: 'gguf/malformed', message: 'The GGUF file does not name its architecture.' })
  }
  const tokens = header.metadata.get('tokenizer.ggml.tokens')
  const parametersByType: Record<string, number> = {}
  const matrixByType: Record<string, number> = {}
  for (const tensor of header.tensors) {
    parametersByType[tensor.type] = (parametersByType[tensor.type] ?? 0) + tensor.values
    const isMatrix = tensor.dimensions.length > 1
    if (isMatrix) matrixByType[tensor.type] = (matrixByType[tensor.type] ?? 0) + tensor.values
  }
  const types = Object.keys(matrixByType)
  return {
    architecture,
    name: text('general.name') ?? '',
    parameters: header.tensors.reduce((sum, tensor) => sum + tensor.values, 0),
    quantisation: largestKey(matrixByType) ?? 'none',
    parametersByType,
    bitExact: types.length > 0 && types.every((type) => type === 'Q8_0' || type === 'Q4_0'),
    contextLength: integer(`${architecture}.context_length`) ?? 0,
    embeddingLength: integer(`${architecture}.embedding_length`) ?? 0,
    layers: integer(`${architecture}.block_count`) ?? 0,
    vocabularySize: Array.isArray(tokens) ? tokens.length : (integer(`${architecture}.vocab_size`) ?? 0),
    tokenizer: text('tokenizer.ggml.model') ?? '',
    chatTemplate: text('tokenizer.chat_template'),
    beginTokenId: integer('tokenizer.ggml.bos_token_id'),
    endTokenId: integer('tokenizer.ggml.eos_token_id'),
    fileSizeBytes,
  }
}

function stringOf(value: MetadataValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function integerOf(value: MetadataValue | undefined): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined
}

function largestKey(counts: Readonly<Record<string, number>>): string | undefined {
  return Object.entries(counts).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]?.[0]
}
