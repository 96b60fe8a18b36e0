import type { Hex } from '@koinon/base'

/** What the validator keeps of its own question. `ownCopy` is JSON, handed to the subnet's `verify`. */
export type ProbeAnswer = {
  readonly requestId: Hex
  /** Hash of the receipt that the MINER signed. */
  readonly receiptHash: Hex
  /** From that receipt, the miner's clock, Unix milliseconds. */
  readonly endedAtMs: number
  readonly ownCopy: unknown
}
