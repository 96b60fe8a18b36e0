/** Which epoch's result is signed now: none before the blocks that it follows from are settled (specs/0015-disputes.md section 9). */
import { epochPhase, epochWindow, type SubnetClock } from '../rules/index.ts'
import type { EpochHistory } from './epoch-history.ts'
import type { EpochStep } from './epoch-step.ts'
import { attestStep } from './result-step.ts'

/**
 * Signs and submits, of the epoch that ended last or, where its blocks may still be replaced, of the last one whose blocks may not. On a
 * chain of one sequencer that is always the first, in its root phase. `isOwnSpec` says of which epochs this validator's file is in force.
 */
export async function signStep<task, response, ports>(
  step: EpochStep<task, response, ports>,
  history: EpochHistory,
  isOwnSpec: (epoch: number) => Promise<boolean>,
): Promise<void> {
  const { options, epoch, window, nowSeconds } = step
  const { ledger, netuid, onEvent } = options
  const settlement = await ledger.settlement()
  const isDue = epochPhase(window, nowSeconds) === 'root'
  if (settlement === undefined) {
    if (isDue && (await isOwnSpec(epoch))) await attestStep(step, history)
    return
  }
  const clock = await ledger.clock(netuid)
  const settled = Math.min(epoch, lastRevealed(clock, settlement.atSeconds))
  if (isDue && settled < epoch) {
    const behindSeconds = Math.max(0, nowSeconds - settlement.atSeconds)
    const rootPhaseSeconds = window.endsAtSeconds + clock.epochSeconds - window.revealEndsAtSeconds
    onEvent?.({ kind: 'waitsForBlocks', epoch, behindSeconds, isLate: behindSeconds > rootPhaseSeconds })
  }
  if (settled < 0 || !(await isOwnSpec(settled))) return
  const settledStep = { ...step, epoch: settled, window: epochWindow(clock, settled) }
  await attestStep(settledStep, history, settlement)
}

/** The last epoch whose reveals ended; negative when there is none. */
function lastRevealed(clock: SubnetClock, atSeconds: number): number {
  const phases = clock.workCommitSeconds + clock.weightCommitSeconds + clock.weightRevealSeconds
  return Math.floor((atSeconds - clock.genesisSeconds - phases) / clock.epochSeconds) - 1
}
