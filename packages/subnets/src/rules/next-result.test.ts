import { describe, expect, it } from 'vitest'
import { nextResult } from './next-result.ts'

const clock = {
  genesisSeconds: 1_000,
  epochSeconds: 100,
  workCommitSeconds: 20,
  weightCommitSeconds: 20,
  weightRevealSeconds: 20,
  activationDelaySeconds: 30,
}

describe('the next result', () => {
  it('is that of epoch 1 at first, because epoch 0 only starts the clock', () => {
    const first = { epoch: 1, expectedAtSeconds: 1_260, paysFromSeconds: 1_290, passed: 0 }
    for (const now of [900, 1_000, 1_150, 1_250, 1_299]) expect(nextResult(clock, undefined, now)).toEqual(first)
  })

  it('is that of a later epoch when the time to sign is over, and says how many were missed', () => {
    expect(nextResult(clock, undefined, 1_300)).toMatchObject({ epoch: 2, expectedAtSeconds: 1_360, passed: 1 })
    expect(nextResult(clock, undefined, 1_750)).toMatchObject({ epoch: 6, passed: 5 })
  })

  it('follows the last one that was signed', () => {
    expect(nextResult(clock, 3, 1_470)).toMatchObject({ epoch: 4, expectedAtSeconds: 1_560, passed: 0 })
    expect(nextResult(clock, 3, 1_699)).toMatchObject({ epoch: 5, passed: 1 })
  })
})
