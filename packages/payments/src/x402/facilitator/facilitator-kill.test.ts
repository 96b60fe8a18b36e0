import { bytesToHex, systemRandom } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { facilitatorKills } from '../../testing/facilitator-kills.ts'

describe('SIGKILL of a facilitator', () => {
  it('pays nobody twice and forgets no payment that it began, at random moments', { timeout: 300_000 }, async () => {
    const kills = 4
    const seed = process.env['KOINON_KILL_SEED'] ?? bytesToHex(systemRandom(4))
    const report = await facilitatorKills({ kills, longestDelayMs: 250, seed })
    expect(report, `seed ${seed}`).toMatchObject({ payments: kills * 5, paid: kills * 5, contradictions: [] })
  })
})
