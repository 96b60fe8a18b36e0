import type { Hex } from '@koinon/base'
import { firstRoundAt, sealRow } from '../rules/timelock/index.ts'
import type { EpochStep } from './epoch-step.ts'
import type { ValidatorOptions } from './ports.ts'
import type { Assessment } from './validator-store.ts'

type Parts = 'netuid' | 'ledger' | 'writer' | 'timekeeper' | 'random' | 'onEvent'
type SealingStep = Pick<EpochStep<unknown, unknown, unknown>, 'epoch' | 'window'> & {
  readonly options: Pick<ValidatorOptions<unknown, unknown, unknown>, Parts>
}

/** A ledger that is further behind would show rows to whoever still may commit. */
const mostAheadSeconds = 15
/** Sealing takes a tenth of a second, a starved machine ten times that: who is that late only commits. */
const leastSecondsLeft = 3

/**
 * A validator's row, sealed to the moment at which its reveal phase begins (specs/0018-timelock.md section 3). Undefined without a
 * timekeeper and, told as `notSealed`, where it cannot be: that keeps nobody from committing.
 */
export async function sealOwnRow(
  { options, epoch, window }: SealingStep,
  { packedRow, salt }: Pick<Assessment, 'packedRow' | 'salt'>,
): Promise<Hex | undefined> {
  const { ledger, timekeeper, netuid, writer, random, onEvent } = options
  if (timekeeper === undefined) return undefined
  try {
    const [timekeeperSeconds, ledgerSeconds] = await Promise.all([timekeeper.nowSeconds(), ledger.nowSeconds()])
    const secondsLeft = window.weightCommitEndsAtSeconds - ledgerSeconds
    if (secondsLeft < leastSecondsLeft) throw new Error(`the phase ends in ${secondsLeft} s`)
    const aheadSeconds = timekeeperSeconds - ledgerSeconds
    if (aheadSeconds > mostAheadSeconds)
      throw new Error(`the timekeeper's clock is ${aheadSeconds} s ahead of the ledger's`)
    const round = firstRoundAt(timekeeper.chain, window.weightCommitEndsAtSeconds)
    const owner = { hotkey: writer.hotkey, netuid, epoch }
    return await sealRow({ chain: timekeeper.chain, round }, { ...owner, packedRow, salt }, random)
  } catch (error) {
    onEvent?.({ kind: 'notSealed', epoch, why: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}
