/** What makes a pending result of a small subnet active at once: all that the ledger computes it from (specs/0015-disputes.md section 7). */
import { type Address, type Hex, KoinonError, zeroHash } from '@koinon/base'
import type { Posting } from './epoch-record.ts'
import { halfRoot } from './result-tree.ts'
import { parseValidatorWord, voteOf } from './seat-words.ts'
import { stakeMedian } from './stake-median.ts'
import { rowWords } from './weight-row.ts'

/** What `confirm` of contracts/src/subnets/results/Disputes.sol computes at most. */
export const mostConfirmedValidators = 16
export const mostConfirmedSeats = 64
/** No confirmation takes more gas: 3,660,000 for 64 seats and 16 validators, and a margin for stakes with many checkpoints. */
export const mostConfirmationGas = 4_500_000n

/** Beside the result, its posting and what its spec hash is made of. */
export type Confirmation = {
  /** Sixteen words of weights of every validator whose vote counts, in the order of the posting. */
  readonly rows: readonly (readonly Hex[])[]
  /** Both halves of the result that it builds on. */
  readonly previous: { readonly seatsRoot: Hex; readonly amounts: readonly Hex[] }
}

/** What is posted of a result and its subnet that decides whether the ledger can compute it in one transaction. */
export type Confirmable = {
  readonly posting: Posting
  /** Seats that the subnet may have. */
  readonly maximumSeats: number
  /** Its spec's. */
  readonly aggregatorSpecHash: Hex
}

/**
 * Why the ledger cannot confirm a result, whatever its numbers are; undefined when it can. `subnets/not-confirmable` of another aggregator
 * than `stakeMedian`, `subnets/too-large-to-confirm`.
 */
export function confirmationObstacle({
  posting,
  maximumSeats,
  aggregatorSpecHash,
}: Confirmable): KoinonError | undefined {
  if (aggregatorSpecHash !== stakeMedian.specHash)
    return new KoinonError({
      code: 'subnets/not-confirmable',
      message: `The ledger computes whole results of ${stakeMedian.name} ${stakeMedian.version} only, and the subnet has another aggregator`,
      hint: 'Nothing is lost: the result becomes active when its delay is over.',
    })
  const validators = posting.validators.length
  if (maximumSeats <= mostConfirmedSeats && validators <= mostConfirmedValidators) return undefined
  return new KoinonError({
    code: 'subnets/too-large-to-confirm',
    message: `The ledger computes at most ${mostConfirmedSeats} seats and ${mostConfirmedValidators} validators in one transaction; the subnet has up to ${maximumSeats} and the result ${validators}`,
    hint: 'Nothing is lost: the result becomes active when its delay is over, and single numbers can be disputed until then.',
  })
}

/**
 * Rows and ground of a posting. `rowOf` gives the row that counts for a hotkey by its posted age in epochs, `base` is the posting that the
 * result builds on. Throws `subnets/row-missing` where a posted age names a row that nobody revealed.
 */
export function confirmationOf(
  posting: Posting,
  base: Posting | undefined,
  rowOf: (hotkey: Address, age: number) => Hex | undefined,
): Confirmation {
  const voting = posting.validators.map(parseValidatorWord).filter((validator) => voteOf(validator) > 0n)
  return {
    rows: voting.map(({ hotkey, age }) => {
      const packed = rowOf(hotkey, age)
      if (packed === undefined) throw rowMissing(hotkey, age)
      return rowWords(packed)
    }),
    previous:
      base === undefined
        ? { seatsRoot: zeroHash, amounts: [] }
        : { seatsRoot: halfRoot(base.seats), amounts: base.amounts },
  }
}

function rowMissing(hotkey: Address, age: number): KoinonError {
  return new KoinonError({
    code: 'subnets/row-missing',
    message: `The result says that a row of ${hotkey} counts that was revealed ${age} epochs before, and nobody revealed one`,
    hint: 'The RPC server may be behind; else the result is wrong, and any validator that runs disputes it.',
  })
}
