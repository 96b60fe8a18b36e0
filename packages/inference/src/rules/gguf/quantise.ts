import { KoinonError } from '@koinon/base'
import { floatToHalf, halfToFloat } from './half.ts'
import { type TensorType, tensorBytes } from './types.ts'

const blockValues = 32
const f = Math.fround

/**
 * Encodes float values as the bytes of a tensor type. All arithmetic is float32, so the bytes equal those of the
 * reference quantiser of ggml (Q8_0: d = amax/127; Q4_0: d = extreme/-8, nibbles low half then high half).
 * `values.length` must be a multiple of 32 for the quantised types; every value must be finite.
 */
export function quantiseRow(type: TensorType, values: Float32Array): Uint8Array {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new KoinonError({ code: 'gguf/not-finite', message: `Weight ${i} is ${values[i]}, not a finite number.` })
    }
  }
  const bytes = new Uint8Array(tensorBytes(type, values.length))
  const view = new DataView(bytes.buffer)
  switch (type) {
    case 'F32':
      for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i] as number, true)
      return bytes
    case 'F16':
      for (let i = 0; i < values.length; i++) view.setUint16(i * 2, floatToHalf(values[i] as number), true)
      return bytes
    case 'Q8_0':
      for (let b = 0; b * blockValues < values.length; b++) writeQ8Block(values, b, bytes, view)
      return bytes
    case 'Q4_0':
      for (let b = 0; b * blockValues < values.length; b++) writeQ4Block(values, b, bytes, view)
      return bytes
  }
}

/** Decodes the bytes of a tensor type into float32 values: what the engine computes with. */
export function dequantiseRow(type: TensorType, bytes: Uint8Array, valueCount: number): Float32Array {
  if (bytes.length !== tensorBytes(type, valueCount)) {
    throw new KoinonError({
      code: 'gguf/bad-shape',
      message: `${valueCount} values of ${type} need ${tensorBytes(type, valueCount)} bytes, not ${bytes.length}.`,
    })
  }
  const values = new Float32Array(valueCount)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (type) {
    case 'F32':
      for (let i = 0; i < valueCount; i++) values[i] = view.getFloat32(i * 4, true)
      return values
    case 'F16':
      for (let i = 0; i < valueCount; i++) values[i] = halfToFloat(view.getUint16(i * 2, true))
      return values
    case 'Q8_0':
      for (let i = 0; i < valueCount; i++) {
        const block = Math.floor(i / blockValues) * 34
        values[i] = halfToFloat(view.getUint16(block, true)) * view.getInt8(block + 2 + (i % blockValues))
      }
      return values
    case 'Q4_0':
      for (let i = 0; i < valueCount; i++) {
        const block = Math.floor(i / blockValues) * 18
        const place = i % blockValues
        const pair = view.getUint8(block + 2 + (place % 16))
        const nibble = place < 16 ? pair & 15 : pair >>> 4
        values[i] = halfToFloat(view.getUint16(block, true)) * (nibble - 8)
      }
      return values
  }
}

function writeQ8Block(values: Float32Array, block: number, bytes: Uint8Array, view: DataView): void {
  const from = block * blockValues
  const to = block * 34
  let largest = 0
  for (let i = 0; i < blockValues; i++) largest = Math.max(largest, Math.abs(values[from + i] as number))
  const scale = f(largest / 127)
  const inverse = scale === 0 ? 0 : f(1 / scale)
  view.setUint16(to, floatToHalf(scale), true)
  for (let i = 0; i < blockValues; i++) {
    const scaled = f((values[from + i] as number) * inverse)
    bytes[to + 2 + i] = (scaled < 0 ? -Math.round(-scaled) : Math.round(scaled)) & 0xff
  }
}

function writeQ4Block(values: Float32Array, block: number, bytes: Uint8Array, view: DataView): void {
  const from = block * blockValues
  const to = block * 18
  let extreme = 0
  for (let i = 0; i < blockValues; i++) {
    const value = values[from + i] as number
    if (Math.abs(value) > Math.abs(extreme)) extreme = value
  }
  const scale = f(extreme / -8)
  const inverse = scale === 0 ? 0 : f(1 / scale)
  view.setUint16(to, floatToHalf(scale), true)
  for (let i = 0; i < 16; i++) {
    const low = nibble(values[from + i] as number, inverse)
    const high = nibble(values[from + 16 + i] as number, inverse)
    bytes[to + 2 + i] = low | (high << 4)
  }
}

function nibble(value: number, inverse: number): number {
  return Math.min(15, Math.trunc(f(f(value * inverse) + 8.5)))
}
