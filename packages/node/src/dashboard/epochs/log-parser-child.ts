/** Parses what strangers wrote, in a process of its own: see `LogParser`. */
import { parseEvidenceLog } from '@koinon/subnets'
import type { LogReply, LogRequest } from './log-parser.ts'

process.on('disconnect', () => process.exit(0))
process.on('message', ({ id, bytes }: LogRequest) => {
  process.send?.({ id, log: parsed(bytes) } satisfies LogReply)
})

function parsed(bytes: Uint8Array): LogReply['log'] {
  try {
    const log = parseEvidenceLog(new TextDecoder().decode(bytes))
    return {
      reasons: log.scores.map(({ uid, reasons }) => [uid, reasons]),
      checks: log.miners.flatMap(({ uid, work }) =>
        work.map(({ requestId, checks }) => ({ minerUid: uid, receiptId: requestId, checks })),
      ),
    }
  } catch {
    return undefined
  }
}
