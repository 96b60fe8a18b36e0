import { atomicToPicoUsd } from '@koinon/base'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { availablePicoUsd } from './admission.ts'
import { depositDueAtomic, owedAtomicUp } from './channel-room.ts'

const policy = { firstAtomic: 100n, mostAtomic: 2_000n }
const channel = (depositAtomic: bigint, owedAtomic: bigint, reservedAtomic = 0n) => ({
  depositAtomic,
  owedPicoUsd: atomicToPicoUsd(owedAtomic),
  reservedPicoUsd: atomicToPicoUsd(reservedAtomic),
})

describe('depositDueAtomic', () => {
  it.each<[string, Parameters<typeof depositDueAtomic>[0], bigint, bigint]>([
    ['a stranger gets the first room', undefined, 0n, 100n],
    ['or what the question at hand may cost', undefined, 400n, 400n],
    ['a question beyond the most opens nothing', undefined, 2_001n, 0n],
    ['room that is left is enough', channel(100n, 50n), 0n, 0n],
    ['less than half of it is not', channel(100n, 51n), 0n, 53n],
    ['twice of what was earned', channel(500n, 400n), 0n, 700n],
    ['up to the most', channel(50_000n, 49_500n), 0n, 1_500n],
    ['answers under way need room too', channel(100n, 0n, 90n), 20n, 10n],
    ['up to the most as well', channel(2_000n, 0n, 1_990n), 20n, 0n],
    ['a channel that was taken back begins again', channel(30n, 30n), 0n, 100n],
  ])('%s', (_, state, neededAtomic, due) => {
    expect(depositDueAtomic(state, atomicToPicoUsd(neededAtomic), policy)).toBe(due)
  })

  it('locks up no more than twice of what was earned, the first room or the question, and makes that fit', () => {
    const amount = fc.bigInt(0n, 5_000n)
    fc.assert(
      fc.property(amount, amount, amount, amount, (deposit, owed, reserved, needed) => {
        const state = channel(deposit, owed < deposit ? owed : deposit, reserved)
        const neededPicoUsd = atomicToPicoUsd(needed)
        const due = depositDueAtomic(state, neededPicoUsd, policy)
        expect(due).toBeGreaterThanOrEqual(0n)
        if (due === 0n) return
        const after = {
          ...state,
          depositAtomic: deposit + due,
          claimedAtomic: 0n,
          voucherAtomic: 0n,
          creditLimitPicoUsd: 0n,
          status: 'open' as const,
        }
        const room = after.depositAtomic - owedAtomicUp(after)
        expect(room).toBeLessThanOrEqual(policy.mostAtomic)
        const bounds = [policy.firstAtomic, 2n * owedAtomicUp(after), needed + reserved]
        expect(bounds.some((bound) => room <= bound)).toBe(true)
        expect(availablePicoUsd(after)).toBeGreaterThanOrEqual(neededPicoUsd)
      }),
    )
  })

  it("rounds what is owed up: a part of a unit is the receiver's", () => {
    expect([owedAtomicUp({ owedPicoUsd: 1n }), owedAtomicUp({ owedPicoUsd: 1_000_000n })]).toEqual([1n, 1n])
  })
})
