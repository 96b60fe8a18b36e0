/** Making final what accrued: steps of emission are taken by whoever needs them (specs/0020-pool-emission.md section 1). */
import { type SubnetLedgerWriter, unlessDone } from '../client/index.ts'
import { type EpochWindow, epochWindow, turnOf } from '../rules/index.ts'
import type { ValidatorOptions } from './ports.ts'
import { isRefusal } from './refusal.ts'

/** About 120,000 gas a subnet; opening a step of 128 takes 7.8 million by itself. */
const subnetsPerCall = 16
/** The rest of a step that somebody else opened, and the one after it, of the most subnets that live at once. */
const mostCalls = 2 * Math.ceil(128 / subnetsPerCall) + 1

/**
 * Takes the step that reaches the start of the current epoch, in portions, once its period has ended. That makes final what accrued in
 * the epoch before, and lets a new subnet take part at all: in steps that begin after it came. Validators take turns as in proposing, so
 * that a subnet sends one transaction; those of other subnets may come first, and then nothing is left to do.
 */
export async function accrualStep<task, response, ports>(
  { ledger, netuid, writer, onEvent }: ValidatorOptions<task, response, ports>,
  current: number,
  nowSeconds: number,
): Promise<void> {
  const isFinal = async (): Promise<boolean> => (await ledger.accrued(netuid, current)) !== undefined
  if (await isFinal()) return
  const window = epochWindow(await ledger.clock(netuid), current)
  const { startsAtSeconds, periodSeconds } = await ledger.emissionClock()
  const periods = Math.ceil((window.startsAtSeconds - startsAtSeconds) / periodSeconds)
  const dueSeconds = startsAtSeconds + periods * periodSeconds
  // Permits of a second can be read when it is over.
  if (nowSeconds < dueSeconds || nowSeconds <= window.startsAtSeconds) return
  const permitted = await ledger.permittedAt(netuid, window.startsAtSeconds)
  const waitSeconds = turnOf(permitted, writer.hotkey, current) * slotSeconds(window, permitted.length)
  if (nowSeconds < dueSeconds + waitSeconds) return
  for (let call = 0; call < mostCalls; call++) {
    const isOwn = await unlessDone(() => advance(writer), isFinal)
    if (!(await isFinal())) continue
    if (isOwn) onEvent?.({ kind: 'advanced', epoch: current })
    return
  }
}

/** Opens and pays; where that is more than one transaction may take, opens only. */
async function advance(writer: SubnetLedgerWriter): Promise<void> {
  try {
    await writer.advanceEmission(subnetsPerCall)
  } catch (error) {
    if (!isRefusal(error)) throw error
    await writer.advanceEmission(0)
  }
}

/** All have had their turn in a quarter of the time until results are due. */
function slotSeconds({ endsAtSeconds, revealEndsAtSeconds }: EpochWindow, validators: number): number {
  return Math.ceil((revealEndsAtSeconds - endsAtSeconds) / (4 * (validators + 1)))
}
