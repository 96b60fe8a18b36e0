import { describe, expect, it } from 'vitest'
import { bytesSource, readGgufHeader } from './manifest.ts'
import { createRandomModel } from './random-model.ts'
import { tokenByteTable } from './token-bytes.ts'
import type { MetadataEntry } from './types.ts'
import { writeGguf } from './write.ts'

const headerOf = (model: string, tokens: readonly string[], kinds: readonly number[]) => {
  const metadata: Record<string, MetadataEntry> = {
    'tokenizer.ggml.model': { kind: 'string', value: model },
    'tokenizer.ggml.tokens': { kind: 'array', of: 'string', value: tokens },
    'tokenizer.ggml.token_type': { kind: 'array', of: 'int32', value: kinds },
  }
  return readGgufHeader(bytesSource(writeGguf({ metadata, tensors: [] })))
}
const texts = (table: readonly Uint8Array[]) => table.map((bytes) => new TextDecoder().decode(bytes))

describe('tokenByteTable', () => {
  it('reads a SentencePiece vocabulary', async () => {
    const header = await headerOf('llama', ['<unk>', '<s>', '<0x41>', '\u2581the', '<tool>', 'é'], [2, 3, 6, 1, 4, 1])
    expect(texts(tokenByteTable(header))).toEqual(['', '', 'A', ' the', '<tool>', 'é'])
  })

  it('reads a byte-level vocabulary', async () => {
    const header = await headerOf('gpt2', ['Ġthe', 'Ċ', 'Ã©', '<|end|>', 'Ġ<x>', '日'], [1, 1, 1, 3, 4, 1])
    expect(texts(tokenByteTable(header))).toEqual([' the', '\n', 'é', '', 'Ġ<x>', '日'])
  })

  it('covers all 256 bytes of the byte-level alphabet', async () => {
    const header = await headerOf(
      'gpt2',
      Array.from({ length: 0x144 }, (_, i) => String.fromCharCode(i)),
      Array(0x144).fill(1),
    )
    const single = tokenByteTable(header).filter((bytes, code) => bytes.length === 1 && (code > 0x7f || code > 0x20))
    expect(new Set(single.map((bytes) => bytes[0])).size).toBe(256)
  })

  it('reads the random model', async () => {
    const table = tokenByteTable(await readGgufHeader(bytesSource(createRandomModel({ seed: 1 }))))
    expect(table.length).toBe(512)
    expect([...(table[6 + 0x41] as Uint8Array)]).toEqual([0x41])
  })

  it('refuses vocabularies it cannot read', async () => {
    await expect(headerOf('bert', ['a'], [1]).then(tokenByteTable)).rejects.toThrow('tokenizer "bert" is not known')
    await expect(headerOf('llama', ['<0xZZ>'], [6]).then(tokenByteTable)).rejects.toThrow('malformed')
    await expect(headerOf('llama', [], []).then(tokenByteTable)).rejects.toThrow('no vocabulary')
  })
})
