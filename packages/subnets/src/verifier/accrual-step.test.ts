import { type Address, KoinonError } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { SubnetLedger, SubnetLedgerWriter } from '../client/index.ts'
import { accrualStep } from './accrual-step.ts'
import type { ValidatorEvent, ValidatorOptions } from './ports.ts'

const clock = {
  genesisSeconds: 1_000,
  epochSeconds: 600,
  workCommitSeconds: 60,
  weightCommitSeconds: 60,
  weightRevealSeconds: 60,
  activationDelaySeconds: 60,
}
const account = (byte: number): Address => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
const accrual = { owner: 1n, miners: 1n, dividends: 1n }

/**
 * Epoch 2 begins at 2,200; periods of 12 s since 0 end at 2,196 and 2,208. `subnets` are still to be paid when a step is opened; the
 * `refusedAbove` is how many at once are too much gas.
 */
function setup(hotkey: Address, { subnets = 1, refusedAbove = 99, isLost = false, periodSeconds = 12 } = {}) {
  const calls: number[] = []
  const events: ValidatorEvent[] = []
  let left: number | undefined
  let nowOfLedger = 0
  const ledger = {
    clock: async () => clock,
    accrued: async () => (left === 0 ? accrual : undefined),
    emissionClock: async () => ({ startsAtSeconds: 0, periodSeconds, finalUntilSeconds: 0 }),
    permittedAt: async (_: number, atSeconds: number) => {
      if (nowOfLedger <= atSeconds) throw new Error('SnapshotNotFinal')
      return [1, 2, 3].map((byte) => ({ hotkey: account(byte), stake: 1n }))
    },
  } as unknown as SubnetLedger
  const writer = {
    hotkey,
    advanceEmission: async (most: number) => {
      if (most > refusedAbove) throw new KoinonError({ code: 'ledger/refused', message: 'too much gas', hint: 'none' })
      calls.push(most)
      left = Math.max(0, (left ?? subnets) - most)
      if (isLost) throw new KoinonError({ code: 'ledger/reverted', message: 'another came first', hint: 'none' })
    },
  } as unknown as SubnetLedgerWriter
  const options = { netuid: 1, ledger, writer, onEvent: (event: ValidatorEvent) => events.push(event) }
  const step = (nowSeconds: number): Promise<void> => {
    nowOfLedger = nowSeconds
    return accrualStep(options as unknown as ValidatorOptions<unknown, unknown, unknown>, 2, nowSeconds)
  }
  return { step, calls, events }
}

describe('accrualStep', () => {
  it('is taken once, as soon as a period has ended after the start of the epoch', async () => {
    // 2 mod 3: the third of the permitted is first.
    const world = setup(account(3))
    await world.step(2_207)
    expect(world.calls).toEqual([])
    await world.step(2_208)
    await world.step(2_209)
    expect(world.calls).toEqual([16])
    expect(world.events).toEqual([{ kind: 'advanced', epoch: 2 }])
  })

  it('waits a second where a period ends with the epoch: until then nobody knows who has a permit', async () => {
    const world = setup(account(3), { periodSeconds: 10 })
    await world.step(2_200)
    expect(world.calls).toEqual([])
    await world.step(2_201)
    expect(world.calls).toEqual([16])
  })

  it('is left to those whose turn it is: a quarter of the phases for all of them, and then for anybody', async () => {
    for (const [hotkey, turn] of [
      [account(1), 1],
      [account(2), 2],
      [account(9), 3],
    ] as const) {
      const world = setup(hotkey)
      await world.step(2_208 + turn * 12 - 1)
      expect(world.calls).toEqual([])
      await world.step(2_208 + turn * 12)
      expect(world.calls).toEqual([16])
    }
  })

  it('goes on in portions, and opens a step alone where opening and paying are too much', async () => {
    const many = setup(account(3), { subnets: 40 })
    await many.step(2_208)
    expect(many.calls).toEqual([16, 16, 16])
    const heavy = setup(account(3), { refusedAbove: 0 })
    await heavy.step(2_208)
    // Seventeen times, which would be enough for all subnets that can live at once; the next look goes on.
    expect([new Set(heavy.calls), heavy.events]).toEqual([new Set([0]), []])
  })

  it('is no error, and nobody is told, when another took it at the same moment', async () => {
    const world = setup(account(3), { isLost: true })
    await world.step(2_208)
    expect([world.calls, world.events]).toEqual([[16], []])
  })
})
