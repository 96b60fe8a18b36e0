/** What validators publish about an epoch: scores with reasons, and the checks behind them. Read as hearsay: each log is its author's. */
import { parseEvidenceLog } from '@koinon/subnets'
import type { Check } from '@koinon/work'

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
const maximumBytes = 4 * 1024 * 1024
const keptLogs = 200

export function createValidatorLogReader(): ReadValidatorLog {
  const kept = new Map<string, ValidatorLog>()
  return async (validator, netuid, epoch) => {
    const name = `${validator.hotkey}/${netuid}/${epoch}`
    const known = kept.get(name)
    if (known !== undefined) return known
    const log = await fetchLog(validator, netuid, epoch).catch(() => undefined)
    if (log === undefined) return undefined
    if (kept.size >= keptLogs) kept.delete(kept.keys().next().value as string)
    kept.set(name, log)
    return log
  }
}

async function fetchLog(validator: Validator, netuid: number, epoch: number): Promise<ValidatorLog | undefined> {
  const url = `${validator.endpoint.replace(/\/$/, '')}/v1/evidence-log/${netuid}/${epoch}`
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
  const text = await response.text()
  return !response.ok || text.length > maximumBytes ? undefined : toValidatorLog(validator.uid, text)
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
