import { describe, expect, it } from 'vitest'
import { bytesSource, readGgufHeader } from './manifest.ts'
import { dequantiseRow, quantiseRow } from './quantise.ts'
import { writeGguf } from './write.ts'

describe('writeGguf', () => {
  it('writes every metadata kind and tensor so that the reader gets them back', async () => {
    const row = Float32Array.from({ length: 64 }, (_, i) => i - 32)
    const bytes = writeGguf({
      metadata: {
        u8: { kind: 'uint8', value: 200 },
        i8: { kind: 'int8', value: -3 },
        u16: { kind: 'uint16', value: 60_000 },
        i16: { kind: 'int16', value: -30_000 },
        u32: { kind: 'uint32', value: 4_000_000_000 },
        i32: { kind: 'int32', value: -2_000_000_000 },
        f32: { kind: 'float32', value: 0.5 },
        f64: { kind: 'float64', value: 0.1 },
        u64: { kind: 'uint64', value: 2n ** 63n },
        i64: { kind: 'int64', value: -5n },
        yes: { kind: 'bool', value: true },
        text: { kind: 'string', value: 'naïve \u2581' },
        words: { kind: 'array', of: 'string', value: ['a', '', 'ü'] },
        reals: { kind: 'array', of: 'float32', value: [1, -0.25] },
        integers: { kind: 'array', of: 'int32', value: [1, -1] },
      },
      tensors: [
        { name: 'a', dimensions: [3], type: 'F32', data: quantiseRow('F32', Float32Array.of(1, 2, 3)) },
        { name: 'b', dimensions: [32, 2], type: 'Q8_0', data: quantiseRow('Q8_0', row) },
      ],
    })
    const header = await readGgufHeader(bytesSource(bytes))
    expect(Object.fromEntries(header.metadata)).toEqual({
      u8: 200,
      i8: -3,
      u16: 60_000,
      i16: -30_000,
      u32: 4_000_000_000,
      i32: -2_000_000_000,
      f32: 0.5,
      f64: 0.1,
      u64: 2n ** 63n,
      i64: -5n,
      yes: true,
      text: 'naïve \u2581',
      words: ['a', '', 'ü'],
      reals: [1, -0.25],
      integers: [1, -1],
    })
    const b = header.tensors[1]
    expect(b).toMatchObject({ name: 'b', dimensions: [32, 2], type: 'Q8_0', values: 64, byteLength: 68 })
    const offset = b?.offset ?? 0
    expect(offset % 32).toBe(0)
    const back = dequantiseRow('Q8_0', bytes.subarray(offset, offset + 68), 64)
    expect(back[0]).toBeCloseTo(-32, 1)
    expect(back[63]).toBeCloseTo(31, 1)
  })

  it('refuses a tensor whose bytes do not match its shape', () => {
    const tensors = [{ name: 'x', dimensions: [4], type: 'F32' as const, data: new Uint8Array(12) }]
    expect(() => writeGguf({ metadata: {}, tensors })).toThrow('has 12 bytes')
  })
})
