import { type Address, KoinonError } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { SubmittedRoot, SubnetLedger, SubnetLedgerWriter } from '../client/index.ts'
import { amountWord } from '../rules/seat-words.ts'
import { Claimer } from './claimer.ts'

const clock = { genesisSeconds: 0, epochSeconds: 100 }
const account = (uid: number): Address => `0x${(uid + 1).toString(16).padStart(40, '0')}`
const refused = (code: string) => new KoinonError({ code, message: 'no', hint: 'none' })

/** A subnet of so many seats that are all owed something, and a ledger that takes batches as `isTaken` says. */
function setup(
  seats: number,
  isTaken: (uids: readonly number[]) => boolean,
  code = 'ledger/refused',
  upkeep: () => Promise<void> = async () => undefined,
) {
  const uids = Array.from({ length: seats }, (_, uid) => uid)
  const paid = new Set<Address>()
  const batches: number[][] = []
  let due = 5n
  const posting = {
    seats: [],
    validators: [],
    carry: [],
    amounts: uids.map(() => amountWord({ mined: 7n, dividends: 1n })),
  }
  const root = { epoch: 1, activatesAtSeconds: 300, result: { root: '0x01' }, posting } as unknown as SubmittedRoot
  const ledger = {
    nowSeconds: async () => 400,
    roots: async () => [root],
    clock: async () => clock,
    seatsAt: async () => uids.map((uid) => ({ uid, hotkey: account(uid), sinceSeconds: 0 })),
    paidTo: async (_: number, { hotkey }: { hotkey: Address }) =>
      paid.has(hotkey) ? { mined: 7n, dividends: 1n } : { mined: 7n, dividends: 0n },
    ownerDue: async () => due,
  } as unknown as SubnetLedger
  const writer = {
    claimMany: async (_netuid: number, _epoch: number, claims: readonly { uid: number; hotkey: Address }[]) => {
      const batch = claims.map(({ uid }) => uid)
      if (!isTaken(batch)) throw refused(code)
      batches.push(batch)
      for (const { hotkey } of claims) paid.add(hotkey)
    },
    claimOwner: async () => {
      due = 0n
    },
  } as unknown as SubnetLedgerWriter
  const claimed: number[] = []
  const errors: unknown[] = []
  const claimer = new Claimer({
    netuid: 1,
    ledger,
    writer,
    pollMs: 1,
    delaySeconds: async () => 0,
    onClaimed: (_, accounts) => claimed.push(accounts),
    upkeep,
    onError: (error) => errors.push(error),
  })
  return { claimer, batches, paid, claimed, errors, due: () => due }
}

describe('Claimer', () => {
  it('pays what either part still owes, and the owner, once', async () => {
    const world = setup(45, () => true)
    await world.claimer.tick()
    await world.claimer.tick()
    expect(world.batches.map((batch) => batch.length)).toEqual([20, 20, 5])
    expect([world.claimed, world.due()]).toEqual([[45], 0n])
  })

  it.each(['ledger/refused', 'ledger/rpc-failed'])('halves a batch that takes too much gas (%s)', async (code) => {
    const world = setup(20, (uids) => uids.length <= 6, code)
    await world.claimer.tick()
    expect(world.batches.map((batch) => batch.length)).toEqual([5, 5, 5, 5])
    expect([world.paid.size, world.due()]).toEqual([20, 0n])
  })

  it('pays all others when one claim is refused for ever, and tries that again', async () => {
    const world = setup(20, (uids) => !uids.includes(13))
    await expect(world.claimer.tick()).rejects.toMatchObject({ code: 'ledger/refused' })
    expect([world.paid.size, world.paid.has(account(13)), world.due()]).toEqual([19, false, 0n])
    await expect(world.claimer.tick()).rejects.toMatchObject({ code: 'ledger/refused' })
  })

  it('looks after the network once a root, when all are paid, and goes on where that fails', async () => {
    const paidThen: number[] = []
    const world = setup(
      3,
      () => true,
      undefined,
      async () => {
        paidThen.push(world.paid.size)
        throw new Error('no gas')
      },
    )
    await world.claimer.tick()
    await world.claimer.tick()
    expect([paidThen, world.claimed, world.errors.length]).toEqual([[3], [3], 1])
  })

  it('does not send anything twice whose outcome is unknown', async () => {
    const world = setup(20, () => false, 'ledger/unknown-outcome')
    await expect(world.claimer.tick()).rejects.toMatchObject({ code: 'ledger/unknown-outcome' })
    expect(world.batches).toEqual([])
  })
})
