import { describe, expect, it } from 'vitest'
import { createRandomModel } from './random-model.ts'
import { ggufLimits, parseGgufHeader } from './read.ts'
import { writeGguf } from './write.ts'

const model = createRandomModel({ seed: 1 })

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
  return 'no error'
}

/** A header with raw 64-bit counts, as a hostile file would claim them. */
function claim(tensors: bigint, metadata: bigint, version = 3): Uint8Array {
  const bytes = new Uint8Array(64)
  const view = new DataView(bytes.buffer)
  bytes.set([0x47, 0x47, 0x55, 0x46])
  view.setUint32(4, version, true)
  view.setBigUint64(8, tensors, true)
  view.setBigUint64(16, metadata, true)
  return bytes
}

describe('parseGgufHeader', () => {
  it('refuses what is not GGUF', () => {
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(100),
      new TextEncoder().encode('<!doctype html><html>'.repeat(9)),
    ]) {
      expect(codeOf(() => parseGgufHeader(bytes, bytes.length))).toBe('gguf/not-gguf')
    }
  })

  it('refuses other versions, big endian included', () => {
    expect(codeOf(() => parseGgufHeader(claim(0n, 0n, 1), 64))).toBe('gguf/unsupported-version')
    expect(codeOf(() => parseGgufHeader(claim(0n, 0n, 3 << 24), 64))).toBe('gguf/unsupported-version')
  })

  it('refuses absurd counts before allocating for them', () => {
    expect(codeOf(() => parseGgufHeader(claim(2n ** 40n, 0n), 64))).toBe('gguf/too-large')
    expect(codeOf(() => parseGgufHeader(claim(0n, 2n ** 32n), 64))).toBe('gguf/too-large')
    expect(codeOf(() => parseGgufHeader(claim(2n ** 63n, 0n), 64))).toBe('gguf/malformed')
  })

  it('refuses a huge array or string that the file cannot hold', () => {
    const bytes = writeGguf({ metadata: { k: { kind: 'array', of: 'int32', value: [1] } }, tensors: [] })
    const view = new DataView(bytes.buffer)
    const countAt = 24 + 8 + 1 + 4 + 4
    view.setBigUint64(countAt, 1_000_000n, true)
    expect(codeOf(() => parseGgufHeader(bytes, bytes.length))).toBe('gguf/truncated')
    view.setBigUint64(countAt, BigInt(ggufLimits.arrayItems + 1), true)
    expect(codeOf(() => parseGgufHeader(bytes, bytes.length))).toBe('gguf/too-large')
    view.setBigUint64(24, 2n ** 20n, true)
    expect(codeOf(() => parseGgufHeader(bytes, bytes.length))).toBe('gguf/too-large')
  })

  it('asks for more bytes when the prefix is short, and says truncated when the file is', () => {
    const parse = parseGgufHeader(model.subarray(0, 100), model.length)
    expect(parse).toMatchObject({ kind: 'more' })
    if (parse.kind === 'more') expect(parse.atLeastBytes).toBeGreaterThan(100)
    expect(codeOf(() => parseGgufHeader(model.subarray(0, 100), 100))).toBe('gguf/truncated')
    expect(codeOf(() => parseGgufHeader(model, model.length - 500))).toBe('gguf/truncated')
  })

  it('refuses duplicate names, bad alignment and impossible shapes', () => {
    const data = new Uint8Array(16)
    const tensor = (name: string) => ({ name, dimensions: [4], type: 'F32' as const, data })
    const twice = writeGguf({ metadata: {}, tensors: [tensor('a'), tensor('a')] })
    expect(codeOf(() => parseGgufHeader(twice, twice.length))).toBe('gguf/malformed')
    const odd = writeGguf({ metadata: { 'general.alignment': { kind: 'uint32', value: 33 } }, tensors: [] })
    expect(codeOf(() => parseGgufHeader(odd, odd.length))).toBe('gguf/malformed')
    const shape = writeGguf({ metadata: {}, tensors: [tensor('a')] })
    new DataView(shape.buffer).setUint32(24 + 9, 9, true)
    expect(codeOf(() => parseGgufHeader(shape, shape.length))).toBe('gguf/malformed')
  })

  it('survives any single corrupted byte of a header with an answer or a KoinonError', () => {
    const parse = parseGgufHeader(model, model.length)
    const headerBytes = parse.kind === 'header' ? parse.header.dataOffset : 0
    for (let at = 0; at < headerBytes; at += 3) {
      const bytes = model.slice(0, headerBytes)
      bytes[at] = (bytes[at] as number) ^ 0xa5
      const code = codeOf(() => parseGgufHeader(bytes, model.length))
      expect(code === 'no error' || code.startsWith('gguf/')).toBe(true)
    }
  })
})
