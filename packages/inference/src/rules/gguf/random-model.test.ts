import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createRandomModel, randomModelTokens, randomTokenizer } from './random-model.ts'

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('createRandomModel', () => {
  it('gives the same bytes for the same seed, on every machine', () => {
    expect(digest(createRandomModel({ seed: 1 }))).toBe(digest(createRandomModel({ seed: 1 })))
    expect(digest(createRandomModel({ seed: 1 }))).toMatchInlineSnapshot(
      `"ca6b430ecb7d79b3fc552d90b04ed7d0a89ae706a76803bcf0634ad1d57aa229"`,
    )
  })

  it('gives other weights for another seed and other bytes for another quantisation', () => {
    const models = [
      createRandomModel({ seed: 1 }),
      createRandomModel({ seed: 2 }),
      createRandomModel({ seed: 1, quantisation: 'Q4_0' }),
    ]
    expect(new Set(models.map(digest)).size).toBe(3)
  })
})

describe('randomTokenizer', () => {
  it('has the special tokens, all bytes and no piece twice', () => {
    const { tokens } = randomTokenizer(4096)
    expect(tokens[randomModelTokens.user]).toMatchObject({ text: '<|user|>', kind: 'control' })
    expect(tokens.filter((token) => token.kind === 'byte').length).toBe(256)
    expect(new Set(tokens.map((token) => token.text)).size).toBe(4096)
  })
})
