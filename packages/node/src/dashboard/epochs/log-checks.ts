/** Checks that stand in validators' logs, as pages show them. Strangers wrote the logs, up to 16 MiB each. */
import type { AuditJson } from '@koinon/work/dashboard'
import { auditState } from './epoch-state.ts'
import type { ValidatorLog } from './validator-logs.ts'

type Shown = ValidatorLog['checks'][number]

/** Of one answer, in equal parts for the logs: whoever opens a page is sent all of it. */
const mostCheckBytes = 2_097_152

/** What the logs found, each cut to its part; `leftOut` is the number of looks beyond. */
export function shownChecks(
  logs: readonly ValidatorLog[],
  mostBytes = mostCheckBytes,
): { readonly checks: readonly Shown[]; readonly leftOut: number } {
  const share = mostBytes / Math.max(1, logs.length)
  const checks = logs.flatMap((log) => {
    let left = share
    const end = log.checks.findIndex((look) => {
      left -= JSON.stringify(look).length
      return left < 0
    })
    return end < 0 ? log.checks : log.checks.slice(0, end)
  })
  return { checks, leftOut: logs.reduce((sum, log) => sum + log.checks.length, 0) - checks.length }
}

/** By receipt id, one look of each log at each receipt, however often it names it. */
export function auditsByReceipt(
  read: readonly { readonly epoch: number; readonly log: ValidatorLog }[],
): ReadonlyMap<string, readonly AuditJson[]> {
  const audits = new Map<string, AuditJson[]>()
  for (const { epoch, log } of read) {
    for (const [receiptId, checks] of new Map(log.checks.map((look) => [look.receiptId, look.checks]))) {
      const audit = { validatorUid: log.validatorUid, epoch, state: auditState(checks) }
      const others = audits.get(receiptId)
      if (others === undefined) audits.set(receiptId, [audit])
      else others.push(audit)
    }
  }
  return audits
}
