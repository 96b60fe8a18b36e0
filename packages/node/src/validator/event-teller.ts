import { errorToJson } from '@koinon/base'
import type { ValidatorEvent } from '@koinon/subnets'
import type { Logger } from 'pino'

/** Writes what a validator did into its log; that nobody earned is found at every look at an epoch, and said once. */
export function createEventTeller(log: Pick<Logger, 'info' | 'warn'>): (event: ValidatorEvent) => void {
  let emptyEpoch = -1
  return (event) => {
    if (event.kind === 'problem')
      return log.warn({ step: event.step, error: errorToJson(event.error) }, 'a step failed; trying again')
    if (event.kind === 'nothingEarned') {
      if (event.epoch === emptyEpoch) return
      emptyEpoch = event.epoch
    }
    log.info(event)
  }
}
