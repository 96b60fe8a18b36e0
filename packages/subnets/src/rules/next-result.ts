/** When the next result of a subnet is to be expected (specs/0007-epochs.md sections 1 and 6). Pure. */
import { epochAt, epochWindow, type SubnetClock } from './epoch-clock.ts'

/** Times are Unix seconds of the ledger. */
export type NextResult = {
  readonly epoch: number
  /** From then on validators can sign it. */
  readonly expectedAtSeconds: number
  /** When it pays, if it was signed at once and nobody shows it wrong. */
  readonly paysFromSeconds: number
  /** Epochs since the last result, or since the subnet began, whose time to be signed is over. */
  readonly passed: number
}

/** In epoch 0 nobody has a vote yet: a subnet's first result is that of epoch 1. */
const firstJudged = 1

/** `lastSigned`: newest epoch with a result; undefined before the first. */
export function nextResult(clock: SubnetClock, lastSigned: number | undefined, nowSeconds: number): NextResult {
  const first = Math.max(firstJudged, (lastSigned ?? 0) + 1)
  // An epoch is judged until the one that follows it ends.
  const epoch = Math.max(first, epochAt(clock, nowSeconds) - 1)
  const { revealEndsAtSeconds } = epochWindow(clock, epoch)
  return {
    epoch,
    expectedAtSeconds: revealEndsAtSeconds,
    paysFromSeconds: revealEndsAtSeconds + clock.activationDelaySeconds,
    passed: epoch - first,
  }
}
