import { errorToJson } from '@koinon/base'
import type { ValidatorEvent } from '@koinon/subnets'
import type { Logger } from 'pino'

/** Writes what a validator did into its log; that nobody earned is found at every look at an epoch, and said once. */
export function createEventTeller(log: Pick<Logger, 'info' | 'warn'>): (event: ValidatorEvent) => void {
  let emptyEpoch = -1
  return (event) => {
    if (event.kind === 'problem')
      return log.warn({ step: event.step, error: errorToJson(event.error) }, 'a step failed; trying again')
    if (event.kind === 'notOpened') {
      const { epoch, error } = event
      return log.warn({ epoch, error: errorToJson(error) }, 'rows of silent validators stay sealed for now')
    }
    if (event.kind === 'notSealed') return log.warn(event, 'committed by hash alone')
    if (event.kind === 'sealIgnored') return log.warn(event, 'what a silent validator sealed opens nothing')
    if (event.kind === 'nothingEarned') {
      if (event.epoch === emptyEpoch) return
      emptyEpoch = event.epoch
    }
    log.info(event)
  }
}
