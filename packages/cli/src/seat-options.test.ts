import { describe, expect, it } from 'vitest'
import { seatConfig } from './seat-options.ts'

describe('the options about seats', () => {
  it('become atomic units, and nothing when nothing was said', () => {
    expect(seatConfig({})).toEqual({})
    expect(seatConfig({ maxBurn: '1.5' })).toEqual({ seat: { maxBurn: 1_500_000_000_000_000_000n } })
    expect(seatConfig({ matchUpTo: '0' })).toEqual({ seat: { matchUpTo: 0n } })
    expect(() => seatConfig({ maxBurn: 'much' })).toThrow(/much/)
  })
})
