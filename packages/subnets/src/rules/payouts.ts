/** How much of a subnet's alpha an epoch pays, and to whom (specs/0007-epochs.md section 5). */
import { type Hex, KoinonError, zeroHash } from '@koinon/base'
import type { EpochInputs, HeldSeat, PaidParts } from './epoch-inputs.ts'
import { amountProof, type ResultWords } from './result-tree.ts'
import { type AmountNumbers, parseAmountWord } from './seat-words.ts'

/** What a root owes a seat in all: its amounts, the word that says so, and nine siblings that prove it. */
export type SeatClaim = HeldSeat & AmountNumbers & { readonly word: Hex; readonly proof: readonly Hex[] }

const nothing: PaidParts = { miners: 0n, dividends: 0n }

/**
 * Each part's own accrual in the epoch and at most as much again from its backlog, so that a long silence is no jackpot. Throws
 * `subnets/bad-epoch-input` when more was paid than had accrued, or accrual fell.
 */
export function payableEmission({
  accruedBefore,
  accruedAfter,
  previous,
}: Pick<EpochInputs, 'accruedBefore' | 'accruedAfter'> & {
  readonly previous: { readonly totals: PaidParts } | undefined
}): PaidParts {
  const payable = (part: keyof PaidParts): bigint => {
    const own = accruedAfter[part] - accruedBefore[part]
    const backlog = accruedBefore[part] - (previous?.totals ?? nothing)[part]
    if (own < 0n || backlog < 0n) {
      throw new KoinonError({
        code: 'subnets/bad-epoch-input',
        message: 'More was paid than had accrued, or accrual fell',
      })
    }
    return own + (backlog < own ? backlog : own)
  }
  return { miners: payable('miners'), dividends: payable('dividends') }
}

/** An emission for lines with ranks and dividends, each amount rounded down. Without any rank nothing is paid at all. */
export function payoutsOf(
  lines: readonly { readonly rank: bigint; readonly dividend: bigint }[],
  emission: PaidParts,
): readonly AmountNumbers[] {
  const ranks = lines.reduce((sum, { rank }) => sum + rank, 0n)
  const shares = lines.reduce((sum, { dividend }) => sum + dividend, 0n)
  return lines.map(({ rank, dividend }) => ({
    mined: ranks === 0n ? 0n : (emission.miners * rank) / ranks,
    dividends: ranks === 0n || shares === 0n ? 0n : (emission.dividends * dividend) / shares,
  }))
}

/** What the holder of a seat had been paid for it by the previous result. */
export function amountsBefore(
  { previous, epoch, startsAtSeconds, epochSeconds }: EpochInputs,
  { uid, sinceSeconds }: HeldSeat,
): AmountNumbers {
  const isHolderNew = (sinceEpoch: number): boolean =>
    sinceSeconds >= startsAtSeconds - (epoch - sinceEpoch - 1) * epochSeconds
  if (previous === undefined || isHolderNew(previous.epoch)) return parseAmountWord(zeroHash)
  return parseAmountWord(previous.words.amounts[uid] ?? zeroHash)
}

/** The totals of a result: those of the previous one and what all seats get now. */
export function totalsAfter(previous: PaidParts | undefined, paid: readonly AmountNumbers[]): PaidParts {
  const { miners, dividends } = previous ?? nothing
  return {
    miners: paid.reduce((sum, { mined }) => sum + mined, miners),
    dividends: paid.reduce((sum, amounts) => sum + amounts.dividends, dividends),
  }
}

/** What a root owes each seat that ever earned, with proofs. */
export function seatClaims(seats: readonly HeldSeat[], words: ResultWords): readonly SeatClaim[] {
  return seats.flatMap((seat) => {
    const word = words.amounts[seat.uid] ?? zeroHash
    if (word === zeroHash) return []
    return [{ ...seat, ...parseAmountWord(word), word, proof: amountProof(words, seat.uid) }]
  })
}
