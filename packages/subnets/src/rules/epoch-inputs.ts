/** What an epoch's result follows from; all of it stands on the ledger (specs/0007-epochs.md section 5). */
import type { Address, Hex } from '@koinon/base'
import type { ResultWords } from './result-tree.ts'

export type Seat = { readonly uid: number; readonly hotkey: Address }

/** A seat and the second in which its holder took it. */
export type HeldSeat = Seat & { readonly sinceSeconds: number }

/**
 * `packedRow` is the row that counts: the one revealed for the epoch or, when none was, the last of the 8 epochs before; undefined when
 * there is none. `rowAge` is how many epochs it is old, 0 when absent. `stake` is permitted, in atomic units.
 */
export type PermittedValidator = {
  readonly hotkey: Address
  readonly stake: bigint
  readonly packedRow: Hex | undefined
  readonly rowAge?: number
}

/** Alpha, atomic units (1e-18): what seats get as miners, and what hotkeys get for those who stake on them. */
export type PaidParts = { readonly miners: bigint; readonly dividends: bigint }

/** What the last active result left behind, as it was posted; undefined before the first. */
export type PreviousResult = {
  readonly epoch: number
  /** Its name on the ledger, which whoever signs the next one signs too. */
  readonly resultHash: Hex
  readonly words: ResultWords
  /** Paid to all seats since the subnet's genesis. */
  readonly totals: PaidParts
  /** `0x` where what was posted is not what the ledger's rows and stakes give: then state begins anew. */
  readonly carry: Hex
}

export type EpochInputs = {
  readonly netuid: number
  readonly epoch: number
  /** First second of the epoch, and its length. */
  readonly startsAtSeconds: number
  readonly epochSeconds: number
  readonly specHash: Hex
  /** Seats at the last second of the epoch. */
  readonly seats: readonly HeldSeat[]
  /** All hotkeys with a permit at the epoch's start. */
  readonly validators: readonly PermittedValidator[]
  /** Accrued to the subnet until the start and until the end of the epoch. */
  readonly accruedBefore: PaidParts
  readonly accruedAfter: PaidParts
  readonly previous: PreviousResult | undefined
}
