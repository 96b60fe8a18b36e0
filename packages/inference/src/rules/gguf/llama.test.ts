import { describe, expect, it } from 'vitest'
import { interleaveRotaryRows, type LlamaShape, llamaTensors, writeLlamaGguf } from './llama.ts'
import { bytesSource, readGgufHeader } from './manifest.ts'
import { randomTokenizer } from './random-model.ts'

const shape: LlamaShape = {
  vocabularySize: 384,
  contextLength: 128,
  embeddingLength: 64,
  feedForwardLength: 96,
  layers: 2,
  headCount: 4,
  keyValueHeadCount: 2,
  ropeBase: 10_000,
  normEpsilon: 1e-5,
}
const content = {
  name: 'test',
  shape,
  tokenizer: randomTokenizer(384),
  chatTemplate: '{{ bos_token }}',
  quantisation: 'Q8_0' as const,
  tiedEmbedding: false,
  weight: (tensor: { columns: number; rows: number }) => new Float32Array(tensor.columns * tensor.rows).fill(0.5),
}

describe('writeLlamaGguf', () => {
  it('writes all tensors with grouped key-value heads and an untied output', async () => {
    const bytes = writeLlamaGguf({ ...content, extraMetadata: { 'general.license': { kind: 'string', value: 'CC0' } } })
    const header = await readGgufHeader(bytesSource(bytes))
    const sizes = Object.fromEntries(header.tensors.map((tensor) => [tensor.name, tensor.dimensions]))
    expect(header.tensors.length).toBe(1 + 2 * 9 + 2)
    expect(sizes['blk.1.attn_k.weight']).toEqual([64, 32])
    expect(sizes['blk.0.ffn_down.weight']).toEqual([96, 64])
    expect(sizes['output.weight']).toEqual([64, 384])
    expect(header.metadata.get('llama.attention.head_count_kv')).toBe(2)
    expect(header.metadata.get('general.license')).toBe('CC0')
    expect(header.metadata.get('tokenizer.ggml.add_space_prefix')).toBe(false)
  })

  it('leaves out the output matrix when embeddings are tied', () => {
    expect(llamaTensors(shape, true).some((tensor) => tensor.name === 'output.weight')).toBe(false)
  })

  it('gives the same bytes for the same content', () => {
    expect(writeLlamaGguf(content)).toEqual(writeLlamaGguf(content))
  })

  it.each([
    ['a vocabulary of another size', { shape: { ...shape, vocabularySize: 512 } }],
    ['heads that do not divide', { shape: { ...shape, headCount: 3 } }],
    ['key-value heads that do not divide', { shape: { ...shape, keyValueHeadCount: 3 } }],
    ['a short weight', { weight: () => new Float32Array(3) }],
    ['a special token outside the vocabulary', { tokenizer: { ...content.tokenizer, endTokenId: 9_999 } }],
  ])('refuses %s', (_, change) => {
    expect(() => writeLlamaGguf({ ...content, ...change })).toThrow('does not fit together')
  })
})

describe('interleaveRotaryRows', () => {
  it('brings pairs of a half-split head together, head by head', () => {
    const rows = Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13)
    expect([...interleaveRotaryRows(rows, 2, 1)]).toEqual([0, 2, 1, 3, 10, 12, 11, 13])
  })

  it('moves whole rows', () => {
    const rows = Float32Array.of(0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)
    expect([...interleaveRotaryRows(rows, 1, 2)]).toEqual([0, 0.5, 2, 2.5, 1, 1.5, 3, 3.5])
  })

  it('refuses odd heads', () => {
    expect(() => interleaveRotaryRows(new Float32Array(6), 2, 1)).toThrow('even heads')
  })
})
