import { KoinonError } from '@koinon/base'
import { metadataKinds, tensorTypeLayouts, tensorTypeName } from './types.ts'

/** A metadata value as read: 64-bit integers are bigint, arrays keep their order. */
export type MetadataValue = string | number | bigint | boolean | readonly MetadataValue[]

/** A tensor as the header describes it. `offset` counts bytes from the start of the file. */
export type TensorDescription = {
  readonly name: string
  readonly dimensions: readonly number[]
  readonly type: string
  readonly values: number
  readonly offset: number
  /** Undefined for a type outside our table, whose size we cannot know. */
  readonly byteLength: number | undefined
}

export type GgufHeader = {
  readonly version: number
  readonly metadata: ReadonlyMap<string, MetadataValue>
  readonly tensors: readonly TensorDescription[]
  readonly dataOffset: number
}

/** What a hostile file may make us allocate, at most. */
export const ggufLimits = {
  metadataEntries: 4_096,
  tensors: 65_536,
  keyBytes: 1_024,
  stringBytes: 1 << 20,
  /** Above the largest vocabularies in use (about 262,144 tokens and as many merges). */
  arrayItems: 1 << 20,
  dimensions: 4,
  headerBytes: 64 * 1024 * 1024,
} as const

/** Either the header, or how many bytes of the file are needed (at least) to go on. */
export type GgufParse =
  | { readonly kind: 'header'; readonly header: GgufHeader }
  | { readonly kind: 'more'; readonly atLeastBytes: number }

/**
 * Parses the header of a GGUF file (versions 2 and 3, little endian) from its first bytes. Every count is checked against
 * `ggufLimits` and every tensor against the size of the file, before anything is allocated for it.
 * Errors: gguf/not-gguf, gguf/unsupported-version, gguf/too-large, gguf/malformed, gguf/truncated.
 */
export function parseGgufHeader(prefix: Uint8Array, fileSizeBytes: number): GgufParse {
  const reader = new HeaderReader(prefix, fileSizeBytes)
  try {
    return { kind: 'header', header: reader.header() }
  } catch (error) {
    if (error instanceof NeedMoreBytes) return { kind: 'more', atLeastBytes: error.atLeastBytes }
    throw error
  }
}

class NeedMoreBytes extends Error {
  readonly atLeastBytes: number
  constructor(atLeastBytes: number) {
    super('more bytes needed')
    this.atLeastBytes = atLeastBytes
  }
}

const kindOf = new Map(Object.entries(metadataKinds).map(([name, id]) => [id as number, name]))
const scalarBytes: Readonly<Record<string, number>> = {
  uint8: 1,
  int8: 1,
  bool: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  uint64: 8,
  int64: 8,
  float64: 8,
  string: 8,
}
const decoder = new TextDecoder('utf-8')

class HeaderReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #fileSize: number
  #at = 0

  constructor(bytes: Uint8Array, fileSizeBytes: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#fileSize = fileSizeBytes
  }

  header(): GgufHeader {
    if (this.#fileSize < 24) throw notGguf()
    const at = this.#take(4)
    if (this.#view.getUint32(at, false) !== 0x47475546) throw notGguf()
    const version = this.#uint32()
    if (version !== 2 && version !== 3) {
      throw new KoinonError({
        code: 'gguf/unsupported-version',
        message: `This is GGUF version ${version}; versions 2 and 3 (little endian) are supported.`,
        hint: 'Convert the model again with a current converter.',
      })
    }
    const tensorCount = this.#count(ggufLimits.tensors, 'tensors')
    const metadataCount = this.#count(ggufLimits.metadataEntries, 'metadata entries')
    const metadata = new Map<string, MetadataValue>()
    for (let i = 0; i < metadataCount; i++) {
      const key = this.#string(ggufLimits.keyBytes)
      if (metadata.has(key)) throw malformed(`metadata key ${key.slice(0, 60)} appears twice`)
      metadata.set(key, this.#value(this.#kind()))
    }
    const alignment = metadata.get('general.alignment') ?? 32
    if (typeof alignment !== 'number' || alignment < 8 || alignment > 65_536 || (alignment & (alignment - 1)) !== 0) {
      throw malformed('general.alignment is not a power of two from 8 to 65536')
    }
    const described = Array.from({ length: tensorCount }, () => this.#tensor())
    const dataOffset = Math.ceil(this.#at / alignment) * alignment
    const tensors = described.map((tensor) => ({ ...tensor, offset: tensor.offset + dataOffset }))
    this.#checkTensors(tensors, alignment)
    return { version, metadata, tensors, dataOffset }
  }

  #checkTensors(tensors: readonly TensorDescription[], alignment: number): void {
    const names = new Set<string>()
    for (const tensor of tensors) {
      if (names.has(tensor.name)) throw malformed(`tensor ${tensor.name.slice(0, 60)} appears twice`)
      names.add(tensor.name)
      if (tensor.offset % alignment !== 0) throw malformed(`tensor ${tensor.name.slice(0, 60)} is not aligned`)
      if (tensor.offset + (tensor.byteLength ?? 0) > this.#fileSize) throw truncated(this.#fileSize)
    }
  }

  #tensor(): TensorDescription {
    const name = this.#string(ggufLimits.keyBytes)
    const dimensionCount = this.#uint32()
    if (dimensionCount < 1 || dimensionCount > ggufLimits.dimensions) {
      throw malformed(`tensor ${name.slice(0, 60)} has ${dimensionCount} dimensions`)
    }
    const dimensions = Array.from({ length: dimensionCount }, () => this.#safe64('a dimension'))
    const values = dimensions.reduce((product, dimension) => product * dimension, 1)
    if (values < 1 || !Number.isSafeInteger(values)) throw malformed(`tensor ${name.slice(0, 60)} has an absurd size`)
    const type = tensorTypeName(this.#uint32())
    const layout = tensorTypeLayouts[type]
    if (layout !== undefined && (dimensions[0] as number) % layout.blockValues !== 0) {
      throw malformed(`tensor ${name.slice(0, 60)} is not a whole number of ${type} blocks`)
    }
    const byteLength = layout === undefined ? undefined : (values / layout.blockValues) * layout.blockBytes
    return { name, dimensions, type, values, offset: this.#safe64('a tensor offset'), byteLength }
  }

  #kind(): string {
    const id = this.#uint32()
    const kind = kindOf.get(id)
    if (kind === undefined) throw malformed(`metadata kind ${id} does not exist`)
    return kind
  }

  #value(kind: string): MetadataValue {
    switch (kind) {
      case 'string':
        return this.#string(ggufLimits.stringBytes)
      case 'array':
        return this.#array()
      case 'bool':
        return this.#view.getUint8(this.#take(1)) !== 0
      case 'uint8':
        return this.#view.getUint8(this.#take(1))
      case 'int8':
        return this.#view.getInt8(this.#take(1))
      case 'uint16':
        return this.#view.getUint16(this.#take(2), true)
      case 'int16':
        return this.#view.getInt16(this.#take(2), true)
      case 'uint32':
        return this.#uint32()
      case 'int32':
        return this.#view.getInt32(this.#take(4), true)
      case 'float32':
        return this.#view.getFloat32(this.#take(4), true)
      case 'float64':
        return this.#view.getFloat64(this.#take(8), true)
      case 'uint64':
        return this.#view.getBigUint64(this.#take(8), true)
      default:
        return this.#view.getBigInt64(this.#take(8), true)
    }
  }

  #array(): readonly MetadataValue[] {
    const kind = this.#kind()
    if (kind === 'array') throw malformed('nested metadata arrays are not supported')
    const count = this.#count(ggufLimits.arrayItems, 'array items')
    if (count * (scalarBytes[kind] as number) > this.#fileSize - this.#at) throw truncated(this.#fileSize)
    const items: MetadataValue[] = []
    for (let i = 0; i < count; i++) items.push(this.#value(kind))
    return items
  }

  #string(limitBytes: number): string {
    const length = this.#safe64('a string length')
    if (length > limitBytes) throw tooLarge(`a string of ${length} bytes`, limitBytes)
    const at = this.#take(length)
    return decoder.decode(this.#bytes.subarray(at, at + length))
  }

  #count(limit: number, what: string): number {
    const count = this.#safe64(`the number of ${what}`)
    if (count > limit) throw tooLarge(`${count} ${what}`, limit)
    return count
  }

  #safe64(what: string): number {
    const value = this.#view.getBigUint64(this.#take(8), true)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(`${what} is absurd`)
    return Number(value)
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  #take(count: number): number {
    const at = this.#at
    const end = at + count
    if (end > this.#fileSize) throw truncated(this.#fileSize)
    if (end > ggufLimits.headerBytes) throw tooLarge('a header', ggufLimits.headerBytes)
    if (end > this.#bytes.length) throw new NeedMoreBytes(end)
    this.#at = end
    return at
  }
}

function notGguf(): KoinonError {
  return new KoinonError({
    code: 'gguf/not-gguf',
    message: 'This file is not a GGUF model.',
    hint: 'Give a .gguf file; other formats must be converted first.',
  })
}

function truncated(fileSizeBytes: number): KoinonError {
  return new KoinonError({
    code: 'gguf/truncated',
    message: `The GGUF file ends too early: it has ${fileSizeBytes} bytes and describes more.`,
    hint: 'Fetch the file again and compare its sha256.',
  })
}

function tooLarge(what: string, limit: number): KoinonError {
  return new KoinonError({ code: 'gguf/too-large', message: `The GGUF header claims ${what}; the limit is ${limit}.` })
}

function malformed(reason: string): KoinonError {
  return new KoinonError({ code: 'gguf/malformed', message: `The GGUF header is malformed: ${reason}.` })
}
