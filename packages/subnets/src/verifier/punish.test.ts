import { type Hex, KoinonError } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { Offence } from '../client/index.ts'
import { punishStep } from './dispute-step.ts'
import type { EpochStep } from './epoch-step.ts'
import type { ValidatorEvent } from './ports.ts'
import { punishSigners } from './punish.ts'

const refused = (code: string) => new KoinonError({ code, message: 'no', hint: 'none' })

function offenceOf(epoch: number, signers: number): Offence {
  const resultHash: Hex = `0x${epoch.toString(16).padStart(64, '0')}`
  const places = Array.from({ length: signers }, (_, place) => place)
  return { epoch, resultHash, overturnedAtSeconds: 100, signers: places } as unknown as Offence
}

/** A ledger with these offences that takes portions as `isTaken` says. */
function setup(
  offences: readonly Offence[],
  isTaken: (epoch: number, places: readonly number[]) => boolean,
  code = 'ledger/refused',
) {
  const open = new Map(offences.map((offence) => [offence.resultHash, offence]))
  const portions: (readonly number[])[] = []
  const slash = ({ resultHash }: Offence, places: readonly number[]): void => {
    const offence = open.get(resultHash)
    const left = offence?.signers.filter((place) => !places.includes(place)) ?? []
    // As the contract: whom nobody is left of is no offence.
    if (offence === undefined || left.length === offence.signers.length) throw refused('ledger/refused')
    if (left.length === 0) open.delete(resultHash)
    else open.set(resultHash, { ...offence, signers: left })
  }
  const ledger = {
    clock: async () => ({ activationDelaySeconds: 10 }),
    offences: async () => [...open.values()],
  }
  const writer = {
    punish: async (root: unknown, places: readonly number[]) => {
      const offence = root as Offence
      if (!isTaken(offence.epoch, places)) throw refused(code)
      slash(offence, places)
      portions.push(places)
    },
  }
  return { by: { netuid: 1, ledger, writer }, portions, slash, open }
}

describe('punishSigners', () => {
  it('slashes all in one transaction where that is taken', async () => {
    const offence = offenceOf(1, 43)
    const world = setup([offence], () => true)
    expect(await punishSigners(world.by, offence)).toBe(true)
    expect([world.portions.length, world.open.size]).toEqual([1, 0])
  })

  it.each(['ledger/refused', 'ledger/rpc-failed'])('halves what takes too much gas (%s), down to one', async (code) => {
    const offence = offenceOf(1, 43)
    const some = setup([offence], (_, places) => places.length <= 6, code)
    expect(await punishSigners(some.by, offence)).toBe(true)
    expect(some.portions.map((places) => places.length)).toEqual([6, 5, 6, 5, 6, 5, 5, 5])
    expect(some.portions.flat()).toEqual(offence.signers)
    const one = setup([offence], (_, places) => places.length === 1, code)
    expect(await punishSigners(one.by, offence)).toBe(true)
    expect([one.portions.length, one.open.size]).toEqual([43, 0])
  })

  it('slashes all others when one cannot be slashed, and says so', async () => {
    const offence = offenceOf(1, 20)
    const world = setup([offence], (_, places) => !places.includes(13))
    await expect(punishSigners(world.by, offence)).rejects.toMatchObject({ code: 'ledger/refused' })
    expect(world.open.get(offence.resultHash)?.signers).toEqual([13])
  })

  it('does not mind whom another slashed meanwhile', async () => {
    const offence = offenceOf(1, 4)
    const world = setup([offence], (_, places) => places.length <= 2)
    world.slash(offence, [0, 1])
    expect(await punishSigners(world.by, offence)).toBe(true)
    expect([world.portions, world.open.size]).toEqual([[[2, 3]], 0])
    expect(await punishSigners(world.by, offence)).toBe(false)
  })

  it('sends nothing in portions whose outcome is unknown', async () => {
    const offence = offenceOf(1, 8)
    const world = setup([offence], () => false, 'ledger/unknown-outcome')
    await expect(punishSigners(world.by, offence)).rejects.toMatchObject({ code: 'ledger/unknown-outcome' })
    expect(world.portions).toEqual([])
  })
})

describe('punishStep', () => {
  it('reports an offence that cannot be punished, and goes on to the younger ones', async () => {
    const world = setup([offenceOf(1, 3), offenceOf(2, 3)], (epoch) => epoch !== 1)
    const events: ValidatorEvent[] = []
    const step = { options: { ...world.by, onEvent: (event: ValidatorEvent) => events.push(event) }, nowSeconds: 110 }
    await punishStep(step as unknown as EpochStep<unknown, unknown, unknown>)
    expect(events).toEqual([
      { kind: 'problem', step: 'punish', error: expect.objectContaining({ code: 'ledger/refused' }) },
      { kind: 'punished', epoch: 2 },
    ])
    expect([...world.open.values()]).toEqual([offenceOf(1, 3)])
  })
})
