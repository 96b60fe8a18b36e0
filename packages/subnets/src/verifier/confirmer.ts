import { type Hex, isKoinonError } from '@koinon/base'
import { type SubmittedRoot, unlessDone } from '../client/index.ts'
import { epochWindow, turnOf } from '../rules/index.ts'
import { planConfirmation } from './confirm.ts'
import type { EpochHistory } from './epoch-history.ts'
import type { EpochStep } from './epoch-step.ts'
import type { ValidatorEvent } from './ports.ts'
import { isRefusal } from './refusal.ts'

/** What no retry and no owner mends. */
const obstacles: ReadonlySet<string> = new Set(['subnets/not-confirmable', 'subnets/too-large-to-confirm'])

/**
 * Has pending results computed by the ledger that this validator computed itself and agrees with, where the validator pays up to so much
 * gas for that (`mostConfirmGas`). Validators take turns within half of the delay, so that one of them pays. What the ledger cannot compute,
 * or what takes more gas, is left to its delay; each result is tried once.
 */
export class Confirmer {
  #tried: Hex | undefined

  async look<task, response, ports>(step: EpochStep<task, response, ports>, history: EpochHistory): Promise<void> {
    const { options, nowSeconds } = step
    const { ledger, netuid, writer, subnet, sourceHash, specHash, mostConfirmGas, onEvent } = options
    if (mostConfirmGas === undefined) return
    const pending = (await ledger.roots(netuid)).at(-1)
    if (pending === undefined || pending.activatesAtSeconds <= nowSeconds) return
    const isOwn = pending.result.specHash === specHash && history.agreed.has(pending.resultHash)
    if (!isOwn || pending.resultHash === this.#tried || nowSeconds < (await dueSeconds(step, pending))) return
    let event: ValidatorEvent | undefined
    const send = async (): Promise<void> => {
      const { spec, confirmation, gas } = await planConfirmation(options, pending, subnet.specParts(sourceHash))
      const isCheap = gas <= mostConfirmGas
      if (isCheap) await writer.confirm(pending, spec, confirmation)
      event = { kind: isCheap ? 'confirmed' : 'notConfirmed', epoch: pending.epoch, gas: Number(gas) }
    }
    const isActive = async (): Promise<boolean> => {
      const root = (await ledger.roots(netuid)).find(({ resultHash }) => resultHash === pending.resultHash)
      return root !== undefined && root.activatesAtSeconds <= (await ledger.nowSeconds())
    }
    try {
      await unlessDone(send, isActive)
      this.#tried = pending.resultHash
    } catch (error) {
      const code = isKoinonError(error) ? error.code : ''
      if (code.startsWith('subnets/') || isRefusal(error)) this.#tried = pending.resultHash
      if (!obstacles.has(code)) throw error
    }
    if (event !== undefined) onEvent?.(event)
  }
}

/** Seconds of the ledger at which it is this validator's turn: those with a permit one after the other, others last. */
async function dueSeconds<task, response, ports>(
  { options }: EpochStep<task, response, ports>,
  { epoch, activatesAtSeconds }: SubmittedRoot,
): Promise<number> {
  const { ledger, netuid, writer } = options
  const clock = await ledger.clock(netuid)
  const permitted = await ledger.permittedAt(netuid, epochWindow(clock, epoch).startsAtSeconds)
  const submittedSeconds = activatesAtSeconds - clock.activationDelaySeconds
  const waitSeconds =
    (turnOf(permitted, writer.hotkey, epoch) * clock.activationDelaySeconds) / (2 * (permitted.length + 1))
  return submittedSeconds + Math.floor(waitSeconds)
}
