import { bytesToHex, type Hex, integerWord, zeroHash } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { EpochResult } from './result.ts'
import { amountWord, seatWord } from './seat-words.ts'
import { wrongNumbers } from './wrong-numbers.ts'

const word = (value: bigint): Hex => bytesToHex(integerWord(value))
const result = { minersTotal: 5n, dividendsTotal: 6n, carryHash: zeroHash, dataHash: zeroHash } as EpochResult
const posting = {
  validators: [word(1n), word(2n)],
  seats: [seatWord({ tenure: 1, consensus: 2n, rank: 3n, dividend: 4n })],
  amounts: [amountWord({ mined: 5n, dividends: 6n })],
  carry: [],
}

describe('wrongNumbers', () => {
  it('names nothing in what is the same, zeros at the end included', () => {
    const seats = [...posting.seats, zeroHash]
    expect(wrongNumbers({ result, posting }, { result, posting: { ...posting, seats } })).toEqual([])
  })

  it('names each number by itself', () => {
    const forged = {
      validators: [word(1n), word(3n), word(4n)],
      seats: [
        seatWord({ tenure: 2, consensus: 2n, rank: 9n, dividend: 4n }),
        seatWord({ tenure: 0, consensus: 0n, rank: 0n, dividend: 1n, own: 1n }),
      ],
      amounts: [amountWord({ mined: 6n, dividends: 6n }), amountWord({ mined: 0n, dividends: 1n })],
      carry: [],
    }
    const posted = { result: { ...result, dividendsTotal: 7n, dataHash: word(8n) }, posting: forged }
    expect(wrongNumbers({ result, posting }, posted)).toEqual([
      ...['validator 1', 'validator 2', 'tenure of seat 0', 'rank of seat 0', 'dividend of seat 1', 'own of seat 1'],
      ...['amount mined of seat 0', 'amount of dividends of seat 1', 'dividendsTotal', 'dataHash'],
    ])
  })
})
