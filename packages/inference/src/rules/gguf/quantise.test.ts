import { describe, expect, it } from 'vitest'
import { halfToFloat } from './half.ts'
import { dequantiseRow, quantiseRow } from './quantise.ts'
import type { TensorType } from './types.ts'

const ramp = Float32Array.from({ length: 64 }, (_, i) => Math.fround(Math.sin(i * 12.9898) * (i < 32 ? 1 : 40)))

describe('quantiseRow', () => {
  it.each([
    ['F32', 256, 0],
    ['F16', 128, 2 ** -11],
    ['Q8_0', 68, 1 / 254 + 2 ** -11],
    ['Q4_0', 36, 1 / 8],
  ] as const)('keeps %s within its step', (type: TensorType, byteCount: number, relative: number) => {
    const bytes = quantiseRow(type, ramp)
    expect(bytes.length).toBe(byteCount)
    const back = dequantiseRow(type, bytes, 64)
    for (let i = 0; i < 64; i++) {
      const block = ramp.subarray(i - (i % 32), i - (i % 32) + 32)
      const largest = Math.max(...block.map(Math.abs))
      expect(Math.abs((back[i] as number) - (ramp[i] as number))).toBeLessThanOrEqual(largest * relative * 1.01)
    }
  })

  it('writes the Q8_0 block of ggml: scale amax/127 as binary16, then rounded integers', () => {
    const values = new Float32Array(32)
    values[0] = 127
    values[1] = -63.5
    values[2] = 1.4
    const bytes = quantiseRow('Q8_0', values)
    expect(halfToFloat((bytes[0] as number) | ((bytes[1] as number) << 8))).toBe(1)
    expect([...new Int8Array(bytes.buffer, 2, 4)]).toEqual([127, -64, 1, 0])
  })

  it('writes the Q4_0 block of ggml: the extreme value maps to -8, low nibbles are the first half', () => {
    const values = new Float32Array(32)
    values[0] = -8
    values[1] = 3
    values[16] = 7
    const bytes = quantiseRow('Q4_0', values)
    expect(halfToFloat((bytes[0] as number) | ((bytes[1] as number) << 8))).toBe(1)
    expect(bytes[2]).toBe(0xf0)
    expect(bytes[3]).toBe(0x8b)
    expect([...dequantiseRow('Q4_0', bytes, 32)].filter((value) => value !== 0)).toEqual([-8, 3, 7])
  })

  it('maps an all-zero block to zeros without dividing by zero', () => {
    for (const type of ['Q8_0', 'Q4_0'] as const) {
      const zeros = new Float32Array(32)
      expect(dequantiseRow(type, quantiseRow(type, zeros), 32).every((value) => value === 0)).toBe(true)
    }
  })

  it('refuses weights that are not finite and rows that are not whole blocks', () => {
    expect(() => quantiseRow('Q8_0', new Float32Array(32).fill(Number.NaN))).toThrow('not a finite number')
    expect(() => quantiseRow('Q4_0', new Float32Array(33))).toThrow('whole number of Q4_0 blocks')
    expect(() => dequantiseRow('Q4_0', new Uint8Array(17), 32)).toThrow('need 18 bytes')
  })
})
