import { readFileSync } from 'node:fs'
import { concatBytes, type Hex, hexToBytes, zeroHash } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { amountProof, climbFromAmount, halfProof, halfRoot, resultRoot, seatProof } from './result-tree.ts'
import { amountWord, parseAmountWord, parseSeatWord, seatWord } from './seat-words.ts'
import { climbWordTree } from './word-tree.ts'
import { keccakHex } from './words.ts'

type Vector = {
  readonly name: string
  readonly seats?: readonly { tenure: number; consensus: string; rank: string; dividend: string }[]
  readonly amounts?: readonly { mined: string; dividends: string }[]
  readonly seatWords: readonly Hex[]
  readonly amountWords: readonly Hex[]
  readonly seatsRoot: Hex
  readonly amountsRoot: Hex
  readonly root: Hex
  readonly proofs: readonly {
    readonly uid: number
    readonly ofSeat: readonly Hex[]
    readonly ofAmount: readonly Hex[]
    readonly ofAmountInHalf: readonly Hex[]
  }[]
}
const file = new URL('../../../../specs/vectors/result-words.json', import.meta.url)
const { results } = JSON.parse(readFileSync(file, 'utf8')) as { readonly results: readonly Vector[] }

describe.each(results)('the tree of a result: $name', (vector) => {
  const words = { seats: vector.seatWords, amounts: vector.amountWords }

  it('has words that are packed and read alike', () => {
    vector.seats?.forEach(({ tenure, ...texts }, uid) => {
      const [consensus, rank, dividend] = [texts.consensus, texts.rank, texts.dividend].map(BigInt) as [
        bigint,
        bigint,
        bigint,
      ]
      expect(seatWord({ tenure, consensus, rank, dividend })).toBe(words.seats[uid])
      expect(parseSeatWord(words.seats[uid] as Hex)).toEqual({ tenure, consensus, rank, dividend, own: 0n })
    })
    vector.amounts?.forEach((texts, uid) => {
      const amounts = { mined: BigInt(texts.mined), dividends: BigInt(texts.dividends) }
      expect(amountWord(amounts)).toBe(words.amounts[uid])
      expect(parseAmountWord(words.amounts[uid] as Hex)).toEqual(amounts)
    })
  })

  it('has a root of two halves, and proofs that climb to it from either', () => {
    const { seatsRoot, amountsRoot, root } = vector
    expect([halfRoot(words.seats), halfRoot(words.amounts), resultRoot(words)]).toEqual([seatsRoot, amountsRoot, root])
    expect(keccakHex(concatBytes(hexToBytes(seatsRoot), hexToBytes(amountsRoot)))).toBe(root)
    for (const { uid, ofSeat, ofAmount, ofAmountInHalf } of vector.proofs) {
      expect([seatProof(words, uid), amountProof(words, uid), halfProof(words.amounts, uid)]).toEqual([
        ofSeat,
        ofAmount,
        ofAmountInHalf,
      ])
      const [seat, amount] = [words.seats[uid] ?? zeroHash, words.amounts[uid] ?? zeroHash]
      expect([climbWordTree(seat, uid, ofSeat), climbFromAmount(amount, uid, ofAmount)]).toEqual([root, root])
      expect([ofSeat[8], ofAmount[8]]).toEqual([amountsRoot, seatsRoot])
    }
  })
})

describe('what does not fit', () => {
  it('is refused', () => {
    expect(() => amountWord({ mined: 1n << 128n, dividends: 0n })).toThrow(/do not fit/)
    expect(() => amountWord({ mined: 0n, dividends: -1n })).toThrow(/do not fit/)
    expect(() => seatWord({ tenure: 256, consensus: 0n, rank: 0n, dividend: 0n })).toThrow(/do not fit/)
    const widest = { tenure: 255, consensus: 1n, rank: 2n, dividend: 3n, own: (1n << 128n) - 1n }
    expect(parseSeatWord(seatWord(widest))).toEqual(widest)
    expect(() => seatWord({ ...widest, own: 1n << 128n })).toThrow(/do not fit/)
    const many = Array.from<Hex>({ length: 257 }).fill(zeroHash)
    expect(() => resultRoot({ seats: many, amounts: [] })).toThrow(/at most 256/)
    expect(() => resultRoot({ seats: [], amounts: many })).toThrow(/no room/)
  })
})
