import type { Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { confirmationObstacle, confirmationOf, mostConfirmedSeats, mostConfirmedValidators } from './confirmation.ts'
import { halfRoot } from './result-tree.ts'
import { noRow, parseValidatorWord, seatWord, validatorWord } from './seat-words.ts'
import { stakeMedian } from './stake-median.ts'
import { packRow, rowWords } from './weight-row.ts'
import { yuma3 } from './yuma/aggregator.ts'

const hotkey = (n: number): Hex => `0x${n.toString(16).padStart(40, '0')}`
const postingOf = (count: number) => ({
  validators: Array.from({ length: count }, (_, n) => validatorWord({ hotkey: hotkey(n + 1), age: 0, stake: 9n })),
  seats: [],
  amounts: [],
  carry: [],
})
const aggregatorSpecHash = stakeMedian.specHash

describe('confirmationObstacle', () => {
  it('is none up to the bounds of the contract, and names what is beyond them', () => {
    const [maximumSeats, posting] = [mostConfirmedSeats, postingOf(mostConfirmedValidators)]
    expect(confirmationObstacle({ posting, maximumSeats, aggregatorSpecHash })).toBeUndefined()
    for (const larger of [{ maximumSeats: maximumSeats + 1 }, { posting: postingOf(mostConfirmedValidators + 1) }])
      expect(confirmationObstacle({ posting, maximumSeats, aggregatorSpecHash, ...larger })).toMatchObject({
        code: 'subnets/too-large-to-confirm',
      })
    expect(confirmationObstacle({ posting, maximumSeats, aggregatorSpecHash: yuma3.specHash })).toMatchObject({
      code: 'subnets/not-confirmable',
    })
  })
})

describe('confirmationOf', () => {
  const numbers = [
    { hotkey: hotkey(1), age: 0, stake: 9n },
    { hotkey: hotkey(2), age: noRow, stake: 9n },
    { hotkey: hotkey(3), age: 2, stake: 9n },
    // Halved to nothing.
    { hotkey: hotkey(4), age: 8, stake: 200n },
  ]
  const posting = { ...postingOf(0), validators: numbers.map(validatorWord) }
  const row = packRow([{ uid: 3, weight: 65_535 }])

  it('has the rows of those whose vote counts, and both halves of the ground', () => {
    expect(posting.validators.map(parseValidatorWord)).toEqual(numbers)
    const asked: (readonly [Hex, number])[] = []
    const base = { ...postingOf(0), seats: [seatWord({ tenure: 1, consensus: 2n, rank: 3n, dividend: 0n })] }
    const made = confirmationOf(posting, base, (...one) => {
      asked.push(one)
      return row
    })
    expect(asked).toEqual([
      [hotkey(1), 0],
      [hotkey(3), 2],
    ])
    expect(made).toEqual({
      rows: [rowWords(row), rowWords(row)],
      previous: { seatsRoot: halfRoot(base.seats), amounts: [] },
    })
  })

  it('refuses an age of which there is no row', () => {
    expect(() => confirmationOf(posting, undefined, () => undefined)).toThrow(/revealed 0 epochs before/)
  })
})
