import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneQ64 } from '../fixed/q64.ts'
import { divideAlpha, rootProportionQ64 } from './coinbase.ts'

const parts = { ownerBps: 1800, minersBps: 4100, validatorsBps: 4100 }

describe('divideAlpha', () => {
  it('has one place for every unit, and less than three of them are left over', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 1n << 96n), fc.nat(1800), fc.nat(8200), (issued, ownerBps, minersBps) => {
        const validatorsBps = 10_000 - ownerBps - minersBps
        const { owner, miners, dividends, recycled } = divideAlpha(issued, { ownerBps, minersBps, validatorsBps })
        expect(owner + miners + dividends + recycled).toBe(issued)
        expect(recycled >= 0n && recycled < 3n).toBe(true)
      }),
    )
  })

  it('refuses parts that do not add up', () => {
    expect(() => divideAlpha(1n, { ...parts, ownerBps: 1801 })).toThrow(/10,000/)
    expect(() => divideAlpha(1n, { ...parts, ownerBps: -1, minersBps: 5901 })).toThrow(/10,000/)
    expect(() => divideAlpha(1n, { ...parts, ownerBps: 1800.5, minersBps: 4099.5 })).toThrow(/10,000/)
  })
})

describe('rootProportionQ64', () => {
  it('is nothing without KOIN on the root, and half where both weigh the same', () => {
    expect(rootProportionQ64(0n, oneQ64, 0n)).toBe(0n)
    expect(rootProportionQ64(0n, oneQ64, 5n)).toBe(0n)
    expect(rootProportionQ64(10n, oneQ64, 10n)).toBe(oneQ64 / 2n)
    expect(rootProportionQ64(10n, oneQ64 / 10n, 1n)).toBeLessThanOrEqual(oneQ64 / 2n)
  })
})
