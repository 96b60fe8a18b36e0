/** What validators publish about an epoch: scores with reasons, and the checks behind them. Each log is its author's word. */
import type { Check } from '@koinon/work'
import { LogParser } from './log-parser.ts'
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

export function createValidatorLogReader(
  parser: Pick<LogParser, 'parse'> = new LogParser(),
): ReadDocument<ValidatorLog> {
  return createDocumentReader('evidence-log', async (bytes, { uid: validatorUid }) => {
    const log = await parser.parse(bytes)
    return (
      log && {
        validatorUid,
        reasons: new Map(log.reasons),
        checks: log.checks.map((check) => ({ validatorUid, ...check })),
      }
    )
  })
}
