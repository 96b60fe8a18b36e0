/** What a dishonest quorum may post instead of a right result: each number altered, and lists in other forms. */
import { type Address, bytesToHex, type Hex, integerWord, zeroHash } from '@koinon/base'
import type { EpochComputation, Posting } from '../rules/epoch-record.ts'
import type { PaidParts } from '../rules/index.ts'
import { amountsBefore, payableEmission, payoutsOf, totalsAfter } from '../rules/payouts.ts'
import { amountWord, noRow, parseSeatWord, validatorWord } from '../rules/seat-words.ts'

export type ForgedResult = { readonly posting: Posting; readonly totals: PaidParts }
/** `what` it alters, for the test's report. */
export type Forgery = { readonly what: string; readonly alter: (from: ForgedResult) => ForgedResult }

const stranger: Address = `0x${'ff'.repeat(20)}`
/** Name, lowest bit and number of bits. */
const seatFields = [
  ['tenure', 248n, 8n],
  ['consensus', 208n, 40n],
  ['rank', 168n, 40n],
  ['dividend', 128n, 40n],
  ['own', 0n, 128n],
] as const
const amountFields = [
  ['mined', 128n, 128n],
  ['dividends', 0n, 128n],
] as const

export function rightResult({ posting, result }: EpochComputation): ForgedResult {
  return { posting, totals: { miners: result.minersTotal, dividends: result.dividendsTotal } }
}

/** Amounts and totals that follow from the forged seats, as a forger computes them who wants nothing to look odd. */
export function paidByItsSeats({ inputs }: EpochComputation, { posting }: ForgedResult): ForgedResult {
  const lines = posting.seats.map(parseSeatWord)
  const isPaid = lines.some(({ rank }) => rank > 0n)
  const paid = payoutsOf(lines, isPaid ? payableEmission(inputs) : { miners: 0n, dividends: 0n })
  const amounts = [...grown([], Math.max(posting.seats.length, ...inputs.seats.map(({ uid }) => uid + 1)))]
  for (const seat of inputs.seats) {
    const [before, now] = [amountsBefore(inputs, seat), paid[seat.uid] ?? { mined: 0n, dividends: 0n }]
    amounts[seat.uid] = amountWord({ mined: before.mined + now.mined, dividends: before.dividends + now.dividends })
  }
  return { posting: { ...posting, amounts }, totals: totalsAfter(inputs.previous?.totals, paid) }
}

/** Every field of every kind of word, of the seats with these uids. */
export function forgeriesOf(own: EpochComputation, uids: readonly number[]): readonly Forgery[] {
  return [...seatForgeries(uids), ...amountForgeries(uids), ...validatorForgeries(own), ...totalForgeries(), ...lengths]
}

function seatForgeries(uids: readonly number[]): readonly Forgery[] {
  return bitsOf(uids, seatFields).map(({ what, uid, bits }) => ({
    what,
    alter: ({ posting, totals }) => ({ posting: { ...posting, seats: flipped(posting.seats, uid, bits) }, totals }),
  }))
}

function amountForgeries(uids: readonly number[]): readonly Forgery[] {
  return bitsOf(uids, amountFields).map(({ what, uid, bits }) => ({
    what,
    alter: ({ posting, totals }) => ({ posting: { ...posting, amounts: flipped(posting.amounts, uid, bits) }, totals }),
  }))
}

/** The lowest and the highest bit of each field. */
function bitsOf(uids: readonly number[], fields: readonly (readonly [string, bigint, bigint])[]) {
  return uids.flatMap((uid) =>
    fields.flatMap(([field, shift, size]) =>
      [0n, size - 1n].map((bit) => ({ what: `bit ${bit} of ${field} of seat ${uid}`, uid, bits: 1n << (shift + bit) })),
    ),
  )
}

function validatorForgeries({ posting: { validators: right } }: EpochComputation): readonly Forgery[] {
  const listed = (what: string, change: (words: readonly Hex[]) => readonly Hex[]): Forgery => ({
    what: `validators: ${what}`,
    alter: ({ posting, totals }) => ({ posting: { ...posting, validators: change(posting.validators) }, totals }),
  })
  const last = right.length - 1
  const unit = 10n ** 18n
  const strangersWord = (stake: bigint): Hex => validatorWord({ hotkey: stranger, age: noRow, stake })
  const stakeAt = (words: readonly Hex[], place: number): bigint => BigInt(words[place] ?? zeroHash) & (2n ** 88n - 1n)
  return [
    ...right.flatMap((_, place) => [
      listed(`age ${place}`, (words) => flipped(words, place, 1n << 88n)),
      listed(`age ${place}, high`, (words) => flipped(words, place, 1n << 95n)),
      listed(`stake ${place}`, (words) => flipped(words, place, 1n)),
      listed(`hotkey ${place}`, (words) => flipped(words, place, 1n << 96n)),
      listed(`without ${place}`, (words) => words.filter((_word, other) => other !== place)),
      listed(`${place} twice`, (words) => words.toSpliced(place, 0, words[place] ?? zeroHash)),
      listed(`stake moved from ${place}`, (words) =>
        added(added(words, place, -unit), place === last ? 0 : last, unit),
      ),
      listed(`a stranger instead of ${place}`, (words) =>
        [...words, strangersWord(stakeAt(words, place))].filter((_word, other) => other !== place),
      ),
      listed(`a stranger with a part of ${place}`, (words) => [...added(words, place, -unit), strangersWord(unit)]),
    ]),
    listed('a stranger without stake', (words) => [...words, strangersWord(0n)]),
    listed('nobody', (words) => [validatorWord({ hotkey: `0x${'00'.repeat(20)}`, age: noRow, stake: 0n }), ...words]),
    listed('in another order', (words) => words.toReversed()),
    listed('no word', (words) => [...words, zeroHash]),
  ]
}

function totalForgeries(): readonly Forgery[] {
  return (['miners', 'dividends'] as const).flatMap((part) =>
    [1n, -1n].map((by) => ({
      what: `total of ${part} by ${by}`,
      alter: ({ posting, totals }: ForgedResult) => ({ posting, totals: { ...totals, [part]: totals[part] + by } }),
    })),
  )
}

const lengths: readonly Forgery[] = (['seats', 'amounts'] as const).flatMap((words) => [
  {
    what: `${words} without the last word`,
    alter: ({ posting, totals }) => ({ posting: { ...posting, [words]: posting[words].slice(0, -1) }, totals }),
  },
  { what: `no ${words}`, alter: ({ posting, totals }) => ({ posting: { ...posting, [words]: [] }, totals }) },
  {
    what: `${words} filled up with zeros`,
    alter: ({ posting, totals }) => ({ posting: { ...posting, [words]: grown(posting[words], 256) }, totals }),
  },
])

function flipped(words: readonly Hex[], place: number, bits: bigint): readonly Hex[] {
  return grown(words, place + 1).map((word, other) =>
    other === place ? bytesToHex(integerWord(BigInt(word) ^ bits)) : word,
  )
}

function added(words: readonly Hex[], place: number, amount: bigint): readonly Hex[] {
  return words.map((word, other) =>
    other === place && BigInt(word) + amount >= 0n ? bytesToHex(integerWord(BigInt(word) + amount)) : word,
  )
}

function grown(words: readonly Hex[], length: number): readonly Hex[] {
  return Array.from({ length: Math.max(words.length, length) }, (_, place) => words[place] ?? zeroHash)
}
