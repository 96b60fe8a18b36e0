import { describe, expect, it } from 'vitest'
import { bytesSource, readGgufManifest } from './manifest.ts'
import { createRandomModel, randomModelChatTemplate } from './random-model.ts'
import { writeGguf } from './write.ts'

describe('readGgufManifest', () => {
  it('reads what a network needs to know', async () => {
    const bytes = createRandomModel({ seed: 3, layers: 1, vocabularySize: 384, quantisation: 'Q4_0' })
    expect(await readGgufManifest(bytes)).toEqual({
      architecture: 'llama',
      name: 'random 3',
      parameters: 384 * 64 + 4 * 64 * 64 + 3 * 64 * 128 + 3 * 64,
      quantisation: 'Q4_0',
      parametersByType: { Q4_0: 384 * 64 + 4 * 64 * 64 + 3 * 64 * 128, F32: 3 * 64 },
      bitExact: true,
      contextLength: 1024,
      embeddingLength: 64,
      layers: 1,
      vocabularySize: 384,
      tokenizer: 'llama',
      chatTemplate: randomModelChatTemplate,
      beginTokenId: 1,
      endTokenId: 2,
      fileSizeBytes: bytes.length,
    })
  })

  it('says which files can be bit-exact', async () => {
    const exact = async (quantisation: 'F32' | 'F16' | 'Q8_0' | 'Q4_0') =>
      (await readGgufManifest(createRandomModel({ seed: 1, quantisation }))).bitExact
    expect(await exact('Q8_0')).toBe(true)
    expect(await exact('Q4_0')).toBe(true)
    expect(await exact('F16')).toBe(false)
    expect(await exact('F32')).toBe(false)
  })

  it('fetches only as much of a file as the header needs', async () => {
    const bytes = createRandomModel({ seed: 1, embeddingLength: 256, layers: 4 })
    let fetched = 0
    const source = bytesSource(bytes)
    const manifest = await readGgufManifest({
      sizeBytes: source.sizeBytes,
      read: (offset, length) => {
        fetched += length
        return source.read(offset, length)
      },
    })
    expect(manifest.layers).toBe(4)
    expect(fetched).toBeLessThan(bytes.length / 2)
  })

  it('grows its window for a header larger than the first read', async () => {
    const value = Array.from({ length: 60_000 }, (_, i) => `token number ${i}`)
    const bytes = writeGguf({
      metadata: {
        'general.architecture': { kind: 'string', value: 'llama' },
        'tokenizer.ggml.tokens': { kind: 'array', of: 'string', value },
      },
      tensors: [],
    })
    expect((await readGgufManifest(bytes)).vocabularySize).toBe(60_000)
  })

  it('reports a file that shrinks while it is read as retryable', async () => {
    const bytes = createRandomModel({ seed: 1 })
    const source = { sizeBytes: bytes.length, read: async () => bytes.subarray(0, 1000) }
    await expect(readGgufManifest(source)).rejects.toMatchObject({ code: 'gguf/truncated', retry: 'later' })
  })

  it('refuses a file without an architecture', async () => {
    await expect(readGgufManifest(writeGguf({ metadata: {}, tensors: [] }))).rejects.toThrow('architecture')
  })
})
