import type { Address } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RootDividends } from './root-dividends.ts'

const [hotkey, ann, bob] = ['11', '22', '33'].map((byte) => `0x${byte.repeat(20)}` as Address) as [
  Address,
  Address,
  Address,
]

describe('root dividends', () => {
  it('are shared by the shares that were there at each payment', () => {
    const root = new RootDividends()
    root.setShares(hotkey, ann, 1_000n)
    expect(root.add(1, hotkey, 600n, 1_000n).payment).toBe(1)
    root.setShares(hotkey, bob, 2_000n)
    root.add(1, hotkey, 600n, 3_000n)
    root.add(2, hotkey, 30n, 3_000n)
    root.setShares(hotkey, ann, 0n)
    root.add(1, hotkey, 100n, 2_000n)
    // Rates round down, and so does each stretch.
    expect([root.owed(1, hotkey, ann), root.owed(1, hotkey, bob)]).toEqual([799n, 499n])
    expect([root.owed(2, hotkey, ann), root.owed(2, hotkey, bob)]).toEqual([9n, 19n])
    expect(root.unclaimedOf(1)).toBe(1_300n)
    expect(root.claimants()).toHaveLength(4)
  })

  it('are claimed once, in as many parts as wished', () => {
    const root = new RootDividends()
    root.setShares(hotkey, ann, 1n << 96n)
    for (const amount of [5n, 7n, 11n]) root.add(1, hotkey, amount, 1n << 96n)
    expect(root.claim(1, hotkey, ann, 1)).toBe(5n)
    expect(root.owed(1, hotkey, ann)).toBe(18n)
    expect(root.claim(1, hotkey, ann, 3)).toBe(18n)
    expect(root.claim(1, hotkey, ann, 3)).toBe(0n)
    expect(root.unclaimedOf(1)).toBe(0n)
    expect(root.paymentsOf(hotkey)).toBe(3)
  })

  it('are never more than was paid in', () => {
    const step = fc.record({
      who: fc.constantFrom(ann, bob),
      shares: fc.bigInt(0n, 10n ** 24n),
      amount: fc.bigInt(1n, 10n ** 20n),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const root = new RootDividends()
        const held = new Map<Address, bigint>()
        for (const { who, shares, amount } of steps) {
          held.set(who, shares)
          root.setShares(hotkey, who, shares)
          const all = [...held.values()].reduce((sum, one) => sum + one, 0n)
          if (all > 0n) root.add(1, hotkey, amount, all)
        }
        const owed = root.owed(1, hotkey, ann) + root.owed(1, hotkey, bob)
        expect(owed <= root.unclaimedOf(1)).toBe(true)
        expect(root.unclaimedOf(1) - owed <= BigInt(3 * steps.length + 3)).toBe(true)
      }),
    )
  })
})
