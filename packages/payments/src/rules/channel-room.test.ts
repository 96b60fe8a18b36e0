import { atomicToPicoUsd } from '@koinon/base'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
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
    ['and no more for a dear question', undefined, 101n, 100n],
    ['room that is left is enough', channel(100n, 50n), 0n, 0n],
    ['less than half of it is not', channel(100n, 51n), 0n, 53n],
    ['twice of what was earned', channel(500n, 400n), 0n, 700n],
    ['up to the most', channel(50_000n, 49_500n), 0n, 1_500n],
    ['answers under way leave no room', channel(160n, 80n, 70n), 20n, 80n],
    ['which cannot grow', channel(100n, 0n, 90n), 20n, 0n],
    ['a question beyond all room changes nothing', channel(160n, 80n, 70n), 161n, 0n],
    ['a channel that was taken back begins again', channel(30n, 30n), 0n, 100n],
  ])('%s', (_, state, neededAtomic, due) => {
    expect(depositDueAtomic(state, atomicToPicoUsd(neededAtomic), policy)).toBe(due)
  })

  it('locks up no more than the first room or twice of what was earned, and is done in one step', () => {
    const amount = fc.bigInt(0n, 5_000n)
    fc.assert(
      fc.property(amount, amount, amount, amount, (deposit, owed, reserved, needed) => {
        const state = channel(deposit, owed < deposit ? owed : deposit, reserved)
        const due = depositDueAtomic(state, atomicToPicoUsd(needed), policy)
        expect(due).toBeGreaterThanOrEqual(0n)
        if (due === 0n) return
        const room = deposit + due - owedAtomicUp(state)
        const earned = 2n * owedAtomicUp(state)
        expect(room).toBe(earned < 100n ? 100n : earned > 2_000n ? 2_000n : earned)
        const after = { ...state, depositAtomic: deposit + due }
        expect(depositDueAtomic(after, atomicToPicoUsd(needed), policy)).toBe(0n)
      }),
    )
  })

  it("rounds what is owed up: a part of a unit is the receiver's", () => {
    expect([owedAtomicUp({ owedPicoUsd: 1n }), owedAtomicUp({ owedPicoUsd: 1_000_000n })]).toEqual([1n, 1n])
  })
})
