import { describe, expect, it } from 'vitest'
import { UnpaidTokens } from './unpaid-tokens.ts'

describe('UnpaidTokens', () => {
  it('refuses a payer over its allowance until an hour has leaked it away', () => {
    const unpaid = new UnpaidTokens({ tokensPerHour: 100 })
    unpaid.add('0xaa', 60, 0)
    unpaid.admit('0xaa', 0)
    unpaid.add('0xaa', 60, 0)
    expect(() => unpaid.admit('0xaa', 0)).toThrow(/unpaid/)
    unpaid.admit('0xbb', 0)
    unpaid.admit('0xaa', 0.3 * 3_600_000)
    unpaid.sweep(10 * 3_600_000)
    unpaid.admit('0xaa', 10 * 3_600_000)
  })
})
