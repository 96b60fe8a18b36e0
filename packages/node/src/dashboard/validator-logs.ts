/** What validators publish about an epoch: scores with reasons, and the checks behind them. Read as hearsay: each log is its author's. */
import { concatBytes } from '@koinon/base'
import { parseEvidenceLog } from '@koinon/subnets'
import type { Check } from '@koinon/work'
import { originOf } from '../gateway/endpoint-origin.ts'

export type ValidatorLog = {
  readonly validatorUid: number
  /** Sentences by miner uid. */
  readonly reasons: ReadonlyMap<number, readonly string[]>
  readonly checks: readonly {
    readonly validatorUid: number
    readonly minerUid: number
    readonly receiptId: string
    readonly checks: readonly Check[]
  }[]
}

type Validator = { readonly uid: number; readonly hotkey: string; readonly endpoint: string }

/** The log of one validator, remembered once read; undefined when it does not answer or publishes none. */
export type ReadValidatorLog = (
  validator: Validator,
  netuid: number,
  epoch: number,
) => Promise<ValidatorLog | undefined>

const timeoutMs = 2_000
/** Of one log; a longer one is its author's trouble. */
export const maximumLogBytes = 4 * 1024 * 1024
const keptLogs = 200
const failurePauseMs = 10_000

export function createValidatorLogReader(): ReadValidatorLog {
  const kept = new Map<string, ValidatorLog>()
  const failedAtMs = new Map<string, number>()
  return async (validator, netuid, epoch) => {
    const name = `${validator.hotkey}/${netuid}/${epoch}`
    const known = kept.get(name)
    if (known !== undefined) return known
    // Whoever just failed is not asked again at once, however often strangers open the page.
    if (performance.now() - (failedAtMs.get(validator.endpoint) ?? Number.NEGATIVE_INFINITY) < failurePauseMs)
      return undefined
    const log = await fetchLog(validator, netuid, epoch).catch(() => {
      failedAtMs.set(validator.endpoint, performance.now())
      return undefined
    })
    if (log === undefined) return undefined
    if (kept.size >= keptLogs) kept.delete(kept.keys().next().value as string)
    kept.set(name, log)
    return log
  }
}

async function fetchLog(validator: Validator, netuid: number, epoch: number): Promise<ValidatorLog | undefined> {
  const url = `${originOf(validator.endpoint)}/v1/evidence-log/${netuid}/${epoch}`
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
  const text = response.ok ? await readBounded(response) : undefined
  return text === undefined ? undefined : toValidatorLog(validator.uid, text)
}

/** At most `maximumLogBytes` of text; undefined beyond, without having read it. */
async function readBounded(response: Response): Promise<string | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > maximumLogBytes) return undefined
    parts.push(part)
  }
  return new TextDecoder().decode(concatBytes(...parts))
}

function toValidatorLog(validatorUid: number, text: string): ValidatorLog {
  const log = parseEvidenceLog(text)
  return {
    validatorUid,
    reasons: new Map(log.scores.map((score) => [score.uid, score.reasons])),
    checks: log.miners.flatMap((miner) =>
      miner.work.map((work) => ({ validatorUid, minerUid: miner.uid, receiptId: work.requestId, checks: work.checks })),
    ),
  }
}
