import type { Settlement, SubmittedRoot } from '../client/index.ts'
import type { EpochWindow } from '../rules/index.ts'

/** Whether nothing that a result follows from can be taken back: rows, seats and stakes, what accrued, and the result that it builds on. */
export async function isGroundSettled(
  settlement: Settlement,
  { revealEndsAtSeconds, endsAtSeconds }: EpochWindow,
  base: Pick<SubmittedRoot, 'resultHash' | 'activatesAtSeconds'> | undefined,
): Promise<boolean> {
  if (settlement.atSeconds < revealEndsAtSeconds || settlement.finalUntilSeconds < endsAtSeconds) return false
  return base === undefined || (await settlement.activatesAtSeconds(base.resultHash)) === base.activatesAtSeconds
}
