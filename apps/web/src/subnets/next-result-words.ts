/** What is to be expected where a subnet has no result to show, in sentences. */
import type { MetagraphJson } from '@koinon/work/dashboard'
import { count } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'

/** Undefined where there is an epoch to show. */
export function nextResultSentence({
  epoch,
  signedEpoch,
  nextResult,
  nowSeconds,
}: Pick<MetagraphJson, 'epoch' | 'signedEpoch' | 'nextResult' | 'nowSeconds'>): string | undefined {
  if (epoch !== undefined) return undefined
  if (signedEpoch !== undefined)
    return `The result of epoch ${signedEpoch} is signed, but no validator serves its record, so what it says of seats is not known here.`
  const { expectedAtSeconds, paysFromSeconds, passed } = nextResult
  const which = `that of epoch ${nextResult.epoch}`
  const when =
    expectedAtSeconds > nowSeconds
      ? `The first result is expected at ${momentOf(expectedAtSeconds)}: ${which}.`
      : `The first result, ${which}, may be signed since ${momentOf(expectedAtSeconds)} and is expected any moment.`
  const missed = passed === 0 ? '' : ` ${count(passed, 'epoch')} before it passed without one.`
  return `${when} It pays from ${momentOf(paysFromSeconds)} on, if nobody shows it wrong.${missed}`
}

function momentOf(seconds: number): string {
  return formatDateTime(seconds * 1000)
}
