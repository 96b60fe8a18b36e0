import { keccak_256 } from '@noble/hashes/sha3'
import { describe, expect, it } from 'vitest'
import { createWasmKeccak256 } from './keccak-wasm.ts'

describe('Keccak-256 on WebAssembly', () => {
  const keccak256 = createWasmKeccak256()

  it('equals the portable one for every length around its blocks', () => {
    const bytes = Uint8Array.from({ length: 700 }, (_, index) => (index * 131 + 17) & 255)
    for (let length = 0; length <= bytes.length; length++) {
      const message = bytes.subarray(length % 7, length)
      expect(keccak256?.(message)).toEqual(keccak_256(message))
    }
  })

  it('gives each caller bytes of its own', () => {
    const first = keccak256?.(Uint8Array.of(1)) as Uint8Array
    const copy = first.slice()
    keccak256?.(Uint8Array.of(2))
    expect(first).toEqual(copy)
    expect(first.buffer.byteLength).toBe(32)
  })
})
