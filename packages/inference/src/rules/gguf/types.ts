import { KoinonError } from '@koinon/base'

/** Tensor element types this project writes and dequantises itself. */
export type TensorType = 'F32' | 'F16' | 'Q8_0' | 'Q4_0'

/** One row of the ggml type table: numeric id, values per block, bytes per block. */
export type TensorTypeLayout = { readonly id: number; readonly blockValues: number; readonly blockBytes: number }

/** Layout of every ggml tensor type a manifest may name (llama.cpp, ggml.h). The first four are also written. */
export const tensorTypeLayouts: Readonly<Record<string, TensorTypeLayout>> = {
  F32: { id: 0, blockValues: 1, blockBytes: 4 },
  F16: { id: 1, blockValues: 1, blockBytes: 2 },
  Q4_0: { id: 2, blockValues: 32, blockBytes: 18 },
  Q8_0: { id: 8, blockValues: 32, blockBytes: 34 },
  Q4_1: { id: 3, blockValues: 32, blockBytes: 20 },
  Q5_0: { id: 6, blockValues: 32, blockBytes: 22 },
  Q5_1: { id: 7, blockValues: 32, blockBytes: 24 },
  Q8_1: { id: 9, blockValues: 32, blockBytes: 36 },
  Q2_K: { id: 10, blockValues: 256, blockBytes: 84 },
  Q3_K: { id: 11, blockValues: 256, blockBytes: 110 },
  Q4_K: { id: 12, blockValues: 256, blockBytes: 144 },
  Q5_K: { id: 13, blockValues: 256, blockBytes: 176 },
  Q6_K: { id: 14, blockValues: 256, blockBytes: 210 },
  Q8_K: { id: 15, blockValues: 256, blockBytes: 292 },
  BF16: { id: 30, blockValues: 1, blockBytes: 2 },
}

/** Name of a ggml type id; an id outside the table reads `type-N`. */
export function tensorTypeName(id: number): string {
  for (const [name, layout] of Object.entries(tensorTypeLayouts)) if (layout.id === id) return name
  return `type-${id}`
}

/** Layout of a type by name; throws `gguf/unknown-type` for a name outside the table. */
export function tensorTypeLayout(name: string): TensorTypeLayout {
  const layout = tensorTypeLayouts[name]
  if (layout === undefined) {
    throw new KoinonError({ code: 'gguf/unknown-type', message: `Tensor type ${name} is not known.` })
  }
  return layout
}

/** Bytes of `values` consecutive values of a type; `values` must be a whole number of blocks. */
export function tensorBytes(type: string, values: number): number {
  const layout = tensorTypeLayout(type)
  if (values % layout.blockValues !== 0) {
    throw new KoinonError({
      code: 'gguf/bad-shape',
      message: `A row of ${values} values is not a whole number of ${type} blocks of ${layout.blockValues}.`,
    })
  }
  return (values / layout.blockValues) * layout.blockBytes
}

/** Metadata value kinds of GGUF, with their wire ids. */
export const metadataKinds = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const

export type MetadataKind = keyof typeof metadataKinds
export type MetadataScalarKind = Exclude<MetadataKind, 'array'>

/** A metadata value to write: its kind and its value; 64-bit integers are bigint. */
export type MetadataEntry =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'uint64' | 'int64'; readonly value: bigint }
  | {
      readonly kind: Exclude<MetadataScalarKind, 'string' | 'bool' | 'uint64' | 'int64'>
      readonly value: number
    }
  | { readonly kind: 'array'; readonly of: 'string'; readonly value: readonly string[] }
  | { readonly kind: 'array'; readonly of: 'float32' | 'int32' | 'uint32'; readonly value: readonly number[] }

/** A tensor to write. `dimensions` are in GGUF order: row length first. `data` is already in the bytes of `type`. */
export type TensorEntry = {
  readonly name: string
  readonly dimensions: readonly number[]
  readonly type: TensorType
  readonly data: Uint8Array
}
