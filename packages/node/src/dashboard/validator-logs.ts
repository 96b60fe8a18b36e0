/** What validators publish about an epoch: scores with reasons, and the checks behind them. Each log is its author's word. */
import { parseEvidenceLog } from '@koinon/subnets'
import type { Check } from '@koinon/work'
import { createDocumentReader, type ReadDocument } from './validator-documents.ts'

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

export function createValidatorLogReader(): ReadDocument<ValidatorLog> {
  return createDocumentReader('evidence-log', (text, { uid }) => toValidatorLog(uid, text))
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
