import { describe, expect, it } from 'vitest'
import { killRounds } from './testing/kill-rounds.ts'

describe('SIGKILL', () => {
  it('loses nothing acknowledged and changes no block, at random moments under load', {
    timeout: 300_000,
  }, async () => {
    const report = await killRounds({ kills: 15, killsPerChain: 15, maxLoadMs: 400 })
    expect(report).toMatchObject({ kills: 15, lost: [], changedBlocks: [] })
    expect(report.acknowledged).toBeGreaterThan(0)
  })
})
