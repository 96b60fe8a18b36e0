import { KoinonError, utf8ToBytes } from '@koinon/base'
import { type MetadataEntry, metadataKinds, type TensorEntry, tensorBytes, tensorTypeLayout } from './types.ts'

/** Alignment of tensor data, in bytes; the GGUF default. */
export const ggufAlignmentBytes = 32

export type GgufContent = {
  /** Keys in the order they are written. */
  readonly metadata: Readonly<Record<string, MetadataEntry>>
  readonly tensors: readonly TensorEntry[]
}

/**
 * Serialises a GGUF version 3 file, little endian, tensor data aligned to 32 bytes. The same content always gives the
 * same bytes, so the sha256 of a model is reproducible.
 */
export function writeGguf(content: GgufContent): Uint8Array {
  const metadata = Object.entries(content.metadata)
  const head = new ByteWriter()
  head.bytes(utf8ToBytes('GGUF'))
  head.uint32(3)
  head.uint64(BigInt(content.tensors.length))
  head.uint64(BigInt(metadata.length))
  for (const [key, entry] of metadata) {
    head.string(key)
    head.uint32(metadataKinds[entry.kind])
    head.entry(entry)
  }
  let offset = 0
  for (const tensor of content.tensors) {
    checkTensor(tensor)
    head.string(tensor.name)
    head.uint32(tensor.dimensions.length)
    for (const dimension of tensor.dimensions) head.uint64(BigInt(dimension))
    head.uint32(tensorTypeLayout(tensor.type).id)
    head.uint64(BigInt(offset))
    offset = align(offset + tensor.data.length)
  }
  const dataStart = align(head.length)
  const file = new Uint8Array(dataStart + offset)
  head.copyTo(file)
  let at = dataStart
  for (const tensor of content.tensors) {
    file.set(tensor.data, at)
    at = align(at + tensor.data.length)
  }
  return file
}

function align(offset: number): number {
  return Math.ceil(offset / ggufAlignmentBytes) * ggufAlignmentBytes
}

function checkTensor(tensor: TensorEntry): void {
  const [rowLength = 0, ...rest] = tensor.dimensions
  const rows = rest.reduce((product, dimension) => product * dimension, 1)
  if (tensorBytes(tensor.type, rowLength) * rows === tensor.data.length) return
  throw new KoinonError({
    code: 'gguf/bad-shape',
    message: `Tensor ${tensor.name} of ${tensor.dimensions.join('x')} ${tensor.type} has ${tensor.data.length} bytes.`,
  })
}

class ByteWriter {
  #buffer = new Uint8Array(1 << 16)
  #view = new DataView(this.#buffer.buffer)
  #last = 0
  length = 0

  copyTo(target: Uint8Array): void {
    target.set(this.#buffer.subarray(0, this.length))
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#buffer.set(value, this.#last)
  }

  uint32(value: number): void {
    this.#reserve(4).setUint32(this.#last, value, true)
  }

  uint64(value: bigint): void {
    this.#reserve(8).setBigUint64(this.#last, value, true)
  }

  string(value: string): void {
    const bytes = utf8ToBytes(value)
    this.uint64(BigInt(bytes.length))
    this.bytes(bytes)
  }

  entry(entry: MetadataEntry): void {
    switch (entry.kind) {
      case 'string':
        this.string(entry.value)
        return
      case 'bool':
        this.#reserve(1).setUint8(this.#last, entry.value ? 1 : 0)
        return
      case 'uint64':
      case 'int64':
        this.uint64(BigInt.asUintN(64, entry.value))
        return
      case 'array':
        this.uint32(metadataKinds[entry.of])
        this.uint64(BigInt(entry.value.length))
        if (entry.of === 'string') for (const item of entry.value) this.string(item)
        else for (const item of entry.value) this.entry({ kind: entry.of, value: item })
        return
      case 'uint8':
      case 'int8':
        this.#reserve(1).setUint8(this.#last, entry.value & 0xff)
        return
      case 'uint16':
      case 'int16':
        this.#reserve(2).setUint16(this.#last, entry.value & 0xffff, true)
        return
      case 'uint32':
      case 'int32':
        this.uint32(entry.value >>> 0)
        return
      case 'float32':
        this.#reserve(4).setFloat32(this.#last, entry.value, true)
        return
      case 'float64':
        this.#reserve(8).setFloat64(this.#last, entry.value, true)
        return
    }
  }

  /** Makes room for `count` bytes at `#last`. Returns the view, which may be a new one after growth. */
  #reserve(count: number): DataView {
    const at = this.length
    this.#last = at
    this.length += count
    if (this.length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(this.length, this.#buffer.length * 2))
      grown.set(this.#buffer.subarray(0, at))
      this.#buffer = grown
      this.#view = new DataView(grown.buffer)
    }
    return this.#view
  }
}
