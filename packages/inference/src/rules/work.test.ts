import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exampleParty, exampleReceipt, exampleWork } from './testing/example.ts'
import { amountOf, hashInferenceWork, hashStops, hashTokenIds, inferenceWorkType } from './work.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/inference-work.json', import.meta.url), 'utf8'),
) as {
  work: { value: unknown; signature: string; encoding: string; hash: string }[]
  tokens: { ids: number[]; hash: string }[]
  stops: { texts: string[]; hash: string }[]
  amounts: {
    promptTokens: number
    outputTokens: number
    promptPricePicoUsdPerToken: string
    outputPricePicoUsdPerToken: string
    amountPicoUsd: string
  }[]
}

describe('inferenceWorkType', () => {
  it.each(vectors.work)('encodes and hashes as the vector says', ({ value, signature, encoding, hash }) => {
    const work = inferenceWorkType.fromJson(value)
    expect(inferenceWorkType.signature).toBe(signature)
    expect(`0x${Buffer.from(inferenceWorkType.encode(work)).toString('hex')}`).toBe(encoding)
    expect(inferenceWorkType.hash(work)).toBe(hash)
    expect(inferenceWorkType.toJson(work)).toEqual(value)
  })
})

describe('hashTokenIds', () => {
  it.each(vectors.tokens)('hashes $ids as 4-byte big-endian', ({ ids, hash }) => {
    expect(hashTokenIds(ids)).toBe(hash)
  })

  it('agrees with a hash of bytes written out by hand', () => {
    const bytes = Buffer.from('0000000100010000ffffffff', 'hex')
    expect(hashTokenIds([1, 65536, 0xffff_ffff])).toBe(`0x${createHash('sha256').update(bytes).digest('hex')}`)
  })

  it.each([-1, 1.5, 2 ** 32, Number.NaN])('refuses %d', (id) => {
    expect(() => hashTokenIds([id])).toThrow(/not a token id/)
  })
})

describe('hashStops', () => {
  it.each(vectors.stops)('hashes $texts', ({ texts, hash }) => {
    expect(hashStops(texts)).toBe(hash)
  })

  it('tells one text from two', () => {
    expect(hashStops(['ab'])).not.toBe(hashStops(['a', 'b']))
  })
})

describe('amountOf', () => {
  it.each(vectors.amounts)('is exact for $promptTokens + $outputTokens tokens', (vector) => {
    const prices = {
      promptPricePicoUsdPerToken: BigInt(vector.promptPricePicoUsdPerToken),
      outputPricePicoUsdPerToken: BigInt(vector.outputPricePicoUsdPerToken),
    }
    expect(amountOf(vector, prices).toString()).toBe(vector.amountPicoUsd)
  })
})

describe('hashInferenceWork', () => {
  it('refuses receipts of another layer and work with unknown fields', () => {
    const signed = exampleReceipt(exampleParty(1), exampleParty(3).account, exampleWork())
    expect(hashInferenceWork(signed)).toBe(signed.receipt.workHash)
    const other = { ...signed, receipt: { ...signed.receipt, kind: 'storage' } }
    expect(() => hashInferenceWork(other)).toThrow(/not inference/)
    expect(() => hashInferenceWork({ ...signed, work: { ...signed.work, tip: '1' } })).toThrow(/tip/)
  })
})
