import { describe, expect, it } from 'vitest'
import { facilitatorKills } from '../../packages/payments/src/testing/facilitator-kills.ts'

describe('a facilitator that is killed while it settles', () => {
  it('pays nobody twice in 40 kills', { timeout: 900_000 }, async () => {
    const report = await facilitatorKills({ kills: 40, longestDelayMs: 350 })
    expect(report).toMatchObject({ payments: 200, paid: 200, contradictions: [] })
    expect(report.answeredBefore).toBeGreaterThan(0)
  })
})
