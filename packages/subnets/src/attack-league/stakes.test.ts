import { describe, expect, it } from 'vitest'
import { heldPpm, holdersUpTo, spreadStake } from './stakes.ts'

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((left, right) => left + right, 0)

describe('stakes', () => {
  it.each(['equal', 'zipf', 'whale'] as const)('of spread %s sum to a billion, less what rounding takes', (spread) => {
    for (const validators of [4, 24, 64, 128]) {
      const stake = spreadStake(spread, validators)
      expect(sum(stake)).toBeLessThanOrEqual(1_000_000_000)
      expect(sum(stake)).toBeGreaterThan(1_000_000_000 - validators)
      expect([...stake]).toEqual([...stake].sort((a, b) => b - a))
    }
  })

  it('give a whale half of all', () => {
    expect(heldPpm(spreadStake('whale', 11), [0])).toBe(500_000)
  })

  it('are picked up to a limit and never beyond it', () => {
    const stake = spreadStake('zipf', 24)
    for (const limit of [100_000, 450_000, 600_000]) {
      for (const first of ['largest', 'smallest'] as const) {
        const picked = holdersUpTo(stake, limit, first)
        expect(heldPpm(stake, picked)).toBeLessThanOrEqual(limit)
        if (first === 'largest') expect(heldPpm(stake, picked)).toBeGreaterThan(limit - 40_000)
      }
    }
    expect(holdersUpTo(stake, 450_000, 'smallest').length).toBeGreaterThan(holdersUpTo(stake, 450_000).length)
  })
})
