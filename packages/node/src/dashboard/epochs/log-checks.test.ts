import { pass } from '@koinon/work'
import { describe, expect, it } from 'vitest'
import { auditsByReceipt, shownChecks } from './log-checks.ts'
import type { ValidatorLog } from './validator-logs.ts'

const log = (validatorUid: number, receipts: readonly string[], detail = 'compared'): ValidatorLog => ({
  validatorUid,
  reasons: new Map(),
  checks: receipts.map((receiptId) => ({ validatorUid, minerUid: 7, receiptId, checks: [pass('list', detail)] })),
})

describe('checks of logs', () => {
  it('are shown whole where there is room, and each log in its own part of it', () => {
    const logs = [log(1, ['0xa', '0xb']), log(2, ['0xa'])]
    expect(shownChecks(logs)).toEqual({ checks: logs.flatMap(({ checks }) => checks), leftOut: 0 })
    const long = log(
      3,
      Array.from({ length: 90_000 }, () => '0xc'),
    )
    const { checks, leftOut } = shownChecks([...logs, long])
    expect(checks.slice(0, 3)).toEqual(logs.flatMap((one) => one.checks))
    expect(checks.length + leftOut).toBe(90_003)
    expect(JSON.stringify(checks).length).toBeLessThan(1_048_576)
    expect(shownChecks([log(4, ['0xa'], 'x'.repeat(3_000_000))])).toEqual({ checks: [], leftOut: 1 })
  })

  it('are told by receipt, in no more time than they take to read', () => {
    const long = log(
      3,
      Array.from({ length: 90_000 }, () => '0xa'),
    )
    const startedAtMs = performance.now()
    expect(
      auditsByReceipt([
        { epoch: 4, log: log(1, ['0xa', '0xb']) },
        { epoch: 5, log: long },
      ]),
    ).toEqual(
      new Map([
        [
          '0xa',
          [
            { validatorUid: 1, epoch: 4, state: 'pass' },
            { validatorUid: 3, epoch: 5, state: 'pass' },
          ],
        ],
        ['0xb', [{ validatorUid: 1, epoch: 4, state: 'pass' }]],
      ]),
    )
    // Copying the list of one receipt for each of its looks takes longer than that.
    expect(performance.now() - startedAtMs).toBeLessThan(2_000)
  })
})
