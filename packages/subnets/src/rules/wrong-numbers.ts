/** Where a posted result differs from our own, in words for people. */
import { type Hex, zeroHash } from '@koinon/base'
import type { EpochComputation, Posting } from './epoch-record.ts'
import type { EpochResult } from './result.ts'
import { parseAmountWord, parseSeatWord } from './seat-words.ts'

type Numbers = Readonly<Record<string, bigint | number>>

const resultFields = ['minersTotal', 'dividendsTotal', 'carryHash', 'dataHash'] as const

/** One name a number. Places of validators count from 0, seats go by their uid. */
export function wrongNumbers(
  { result, posting }: Pick<EpochComputation, 'result' | 'posting'>,
  posted: { readonly result: EpochResult; readonly posting: Posting },
): readonly string[] {
  const validatorOf = (word: Hex): Numbers => ({ word: BigInt(word) })
  return [
    ...differing(posting.validators, posted.posting.validators, validatorOf).map(({ place }) => `validator ${place}`),
    ...differing(posting.seats, posted.posting.seats, parseSeatWord).map(nameInSeat),
    ...differing(posting.amounts, posted.posting.amounts, parseAmountWord).map(({ place, field }) =>
      field === 'mined' ? `amount mined of seat ${place}` : `amount of dividends of seat ${place}`,
    ),
    ...resultFields.filter((field) => result[field] !== posted.result[field]),
  ]
}

type Difference = { readonly place: number; readonly field: string }

function nameInSeat({ place, field }: Difference): string {
  return `${field} of seat ${place}`
}

function differing(
  right: readonly Hex[],
  posted: readonly Hex[],
  numbersOf: (word: Hex) => Numbers,
): readonly Difference[] {
  return Array.from({ length: Math.max(right.length, posted.length) }, (_, place) => {
    const [own, given] = [numbersOf(right[place] ?? zeroHash), numbersOf(posted[place] ?? zeroHash)]
    return Object.keys(own).flatMap((field) => (own[field] === given[field] ? [] : [{ place, field }]))
  }).flat()
}
