/** Making final what accrued during an epoch: steps of emission are taken by whoever needs them (specs/0020-pool-emission.md section 1). */
import { unlessDone } from '../client/index.ts'
import { proposerRank } from './result-step.ts'
import type { EpochStep } from './weights-step.ts'

/** About 400,000 gas a subnet with its pool: a portion stays far below the gas limit of a block. */
const subnetsPerCall = 16
/** The rest of a step that somebody else opened, and the one after it, of the most subnets that live at once. */
const mostCalls = 2 * Math.ceil(128 / subnetsPerCall) + 1

/**
 * Once a period has ended after the epoch's end: takes the step that reaches it, in portions. Validators take turns as in proposing, so
 * that a subnet sends one transaction; those of other subnets may come first, and then nothing is left to do.
 */
export async function accrualStep<task, response, ports>({
  options,
  epoch,
  window,
  nowSeconds,
}: EpochStep<task, response, ports>): Promise<void> {
  const { ledger, netuid, writer, onEvent } = options
  if ((await ledger.accrued(netuid, epoch + 1)) !== undefined) return
  const { startsAtSeconds, periodSeconds } = await ledger.emissionClock()
  const periods = Math.ceil((window.endsAtSeconds - startsAtSeconds) / periodSeconds)
  const permitted = (await ledger.permittedAt(netuid, window.startsAtSeconds)).map(({ hotkey }) => hotkey)
  if (!permitted.includes(writer.hotkey)) return
  const slotSeconds = Math.ceil((window.revealEndsAtSeconds - window.endsAtSeconds) / (4 * permitted.length))
  const turnSeconds = proposerRank(permitted, writer.hotkey, epoch) * slotSeconds
  if (nowSeconds < startsAtSeconds + periods * periodSeconds + turnSeconds) return
  const isFinal = async (): Promise<boolean> => (await ledger.accrued(netuid, epoch + 1)) !== undefined
  for (let call = 0; call < mostCalls; call++) {
    const isOwn = await unlessDone(() => writer.advanceEmission(subnetsPerCall), isFinal)
    if (!(await isFinal())) continue
    if (isOwn) onEvent?.({ kind: 'advanced', epoch })
    return
  }
}
