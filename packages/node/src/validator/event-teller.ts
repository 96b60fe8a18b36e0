import { join } from 'node:path'
import { errorToJson } from '@koinon/base'
import type { ValidatorEvent } from '@koinon/subnets'
import type { Logger } from 'pino'

/** While it is there the validator signs no results. */
export function signingStopPath(folder: string): string {
  return join(folder, 'signing-stopped.json')
}

/** What the owner is told of it. */
export function stoppedReason(path: string): string {
  return `signs no more: it computes a result that it signed differently now. Find out why, then delete ${path}`
}

function lateReason({ behindSeconds }: { readonly behindSeconds: number }): string {
  return `blocks of this chain are certain only after ${behindSeconds} s, which is longer than validators have to sign in an epoch: results come in later epochs, what miners and validators earn accrues until then, nothing is lost`
}

/**
 * Writes what a validator did into its log; that nobody earned, that another result of the epoch is signed already, or that a wrong one
 * cannot be shown to the ledger is found at every look at an epoch, and said once. `notice` reaches the owner's status.
 */
export function createEventTeller(
  log: Pick<Logger, 'info' | 'warn' | 'error'>,
  notice: (text: string) => void,
): (event: ValidatorEvent) => void {
  let isStopped = false
  const told = new Map<ValidatorEvent['kind'], number | string>()
  const isTold = (
    { kind, epoch }: ValidatorEvent & { readonly epoch: number },
    key: number | string = epoch,
  ): boolean => {
    if (told.get(kind) === key) return true
    told.set(kind, key)
    return false
  }
  return (event) => {
    if (event.kind === 'problem')
      return log.warn({ step: event.step, error: errorToJson(event.error) }, 'a step failed; trying again')
    if (event.kind === 'notOpened') {
      const { epoch, error } = event
      return log.warn({ epoch, error: errorToJson(error) }, 'rows of silent validators stay sealed for now')
    }
    if (event.kind === 'notSealed') return log.warn(event, 'committed by hash alone')
    if (event.kind === 'sealIgnored') return log.warn(event, 'what a silent validator sealed opens nothing')
    if (event.kind === 'notShown') {
      if (isTold(event, event.resultHash)) return
      const { wrong, refused, ...rest } = event
      return log.error({ ...rest, wrong: shortened(wrong), refused: shortened(refused) }, notShownText(event))
    }
    if (event.kind === 'signingStopped') {
      isStopped = true
      if (isTold(event)) return
      log.error(event, stoppedReason(event.path))
      return notice(stoppedReason(event.path))
    }
    if (event.kind === 'signedOther') {
      if (isTold(event)) return
      return log.warn(event, 'signed another result of this epoch; the next epoch pays what it would have')
    }
    if (event.kind === 'waitsForBlocks') {
      if (isTold(event)) return
      if (!event.isLate) return log.info(event, 'waits until the blocks of this epoch are not replaced any more')
      return log.warn(event, lateReason(event))
    }
    if (event.kind === 'accused') return log.warn(event, 'had a validator slashed that signed two results of one epoch')
    if (event.kind === 'attested' && isStopped) {
      isStopped = false
      notice('')
    }
    if (event.kind === 'nothingEarned' && isTold(event)) return
    log.info(event)
  }
}

const mostNames = 24

function shortened(names: readonly string[]): readonly string[] {
  if (names.length <= mostNames) return names
  return [...names.slice(0, mostNames), `and ${names.length - mostNames} more`]
}

function notShownText({ shown }: { readonly shown: string }): string {
  if (shown !== 'nothing') return 'a wrong result was shown to the ledger, but not every wrong number of it could be'
  return 'A WRONG RESULT IS PENDING AND THE LEDGER ACCEPTS NO DISPUTE OF IT: more than a third of the stake must object before it is active'
}
