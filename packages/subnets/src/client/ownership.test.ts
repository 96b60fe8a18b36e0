import type { Address } from '@koinon/base'
import { createRpcSource, runChecks } from '@koinon/ledger/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convictionRules } from '../rules/conviction.ts'
import { type PoolLedger, startPoolLedger } from '../testing/pool-ledger.ts'
import { ownershipCheck } from '../verifier/audit/ownership-check.ts'
import {
  contestOwnership,
  endContest,
  lockAlpha,
  readLock,
  readOwnership,
  takeOverSubnet,
  unlockAlpha,
  withdrawLocked,
} from './ownership.ts'

const unit = 10n ** 18n
const day = 86_400
let place: PoolLedger
let netuid: number
let holder: Awaited<ReturnType<PoolLedger['account']>>
let rival: typeof holder
beforeAll(async () => {
  place = await startPoolLedger()
  netuid = await place.openSubnet(100n * unit)
  holder = await place.account(0n)
  rival = await place.account(0n)
  await place.mint(netuid, holder.address, 200n * unit)
  await place.mint(netuid, place.ledger.owner.address, 200n * unit)
}, 120_000)
afterAll(() => place?.ledger.close())

const owner = () => ({ ...holder, sender: place.ledger.owner.sender })
const wait = async (seconds: number) => place.ledger.moveTo((await place.ledger.nowSeconds()) + seconds)

describe('the ownership of a subnet', () => {
  it('is told with who leads and when it could pass', async () => {
    const before = await readOwnership(holder, netuid)
    expect(before).toMatchObject({ owner: place.ledger.owner.address, candidates: [], contest: undefined })
    expect(before.couldPass).toBeUndefined()
    await lockAlpha(holder, netuid, rival.address, 150n * unit)
    await expect(lockAlpha(holder, netuid, rival.address, 51n * unit)).rejects.toMatchObject({
      code: 'ledger/too-little-alpha',
    })
    const after = await readOwnership(holder, netuid)
    expect(after.candidates).toMatchObject([{ candidate: rival.address, locked: 150n * unit, leads: false }])
    expect(after.couldPass).toEqual({
      candidate: rival.address,
      fromSeconds: after.contestableFromSeconds + convictionRules.noticeSeconds,
    })
    expect(await readLock(holder, netuid, holder.address, rival.address)).toMatchObject({
      kept: 150n * unit,
      free: 0n,
      endsAtSeconds: undefined,
    })
  })

  it('is not contested in the first year, nor by who does not lead', async () => {
    await expect(contestOwnership(holder, netuid, rival.address)).rejects.toMatchObject({
      code: 'ledger/subnet-too-young',
    })
    await wait(366 * day)
    await expect(contestOwnership(holder, netuid, holder.address)).rejects.toMatchObject({ code: 'ledger/no-lead' })
    await expect(endContest(holder, netuid)).rejects.toMatchObject({ code: 'ledger/no-contest' })
  })

  it('passes to the candidate after a notice in which the owner did not lock enough', async () => {
    await contestOwnership(holder, netuid, rival.address)
    await lockAlpha(owner(), netuid, place.ledger.owner.address, 50n * unit)
    const open = await readOwnership(holder, netuid)
    expect(open.contest).toMatchObject({ candidate: rival.address, isVoid: false })
    expect(open.couldPass).toEqual({ candidate: rival.address, fromSeconds: open.contest?.fromSeconds })
    await expect(contestOwnership(holder, netuid, rival.address)).rejects.toMatchObject({
      code: 'ledger/contest-stands',
    })
    await expect(takeOverSubnet(rival, netuid)).rejects.toMatchObject({ code: 'ledger/notice-not-over' })
    await wait(30 * day)
    await expect(takeOverSubnet(holder, netuid)).rejects.toMatchObject({ code: 'ledger/not-candidate' })
    await takeOverSubnet(rival, netuid)
    expect(await readOwnership(holder, netuid)).toMatchObject({ owner: rival.address, contest: undefined })
  })

  it('is kept by locking as much in time, and what was locked comes back', async () => {
    const founder: Address = place.ledger.owner.address
    await unlockAlpha(holder, netuid, rival.address, 150n * unit)
    await expect(withdrawLocked(holder, netuid, founder)).rejects.toMatchObject({ code: 'ledger/nothing-free' })
    await expect(unlockAlpha(holder, netuid, rival.address, 1n)).rejects.toMatchObject({
      code: 'ledger/too-little-locked',
    })
    await wait(270 * day)
    const paid = await withdrawLocked(holder, netuid, rival.address)
    expect(Number(paid) / 1e18).toBeCloseTo(131.25, 1)
    await lockAlpha(owner(), netuid, founder, 30n * unit)
    await wait(60 * day)
    await contestOwnership(holder, netuid, founder)
    await place.mint(netuid, rival.address, 200n * unit)
    await lockAlpha(rival, netuid, rival.address, 100n * unit)
    expect((await readOwnership(holder, netuid)).contest).toBeUndefined()
    await unlockAlpha(rival, netuid, rival.address, 100n * unit)
    await wait(200 * day)
    await contestOwnership(holder, netuid, founder)
    await wait(45 * day)
    expect((await readOwnership(holder, netuid)).contest).toMatchObject({ isVoid: true })
    await expect(takeOverSubnet(owner(), netuid)).rejects.toMatchObject({ code: 'ledger/contest-passed' })
    await endContest(holder, netuid)
  })

  it('is what an audit computes from the events alone', async () => {
    // A block, so that views are as of its second.
    await wait(1)
    const { reader, network } = place.ledger
    const source = await createRpcSource({ reader, network, transfers: 'supply', onProgress: () => undefined })
    const scope = { netuid: undefined, fromEpoch: 0, toEpoch: Number.MAX_SAFE_INTEGER }
    const [report] = await runChecks(source, [ownershipCheck], scope, () => undefined)
    expect(report).toMatchObject({ differences: [], open: [] })
    expect(report?.agreed).toBeGreaterThan(30)
    // One that took the subnet without the notice, or was paid what was not free, is named.
    const forged = (name: string, change: Record<string, unknown>) => ({
      ...source,
      events: source.events.map((event) =>
        event.name === name ? { ...event, args: { ...event.args, ...change } } : event,
      ),
    })
    const found = async (name: string, change: Record<string, unknown>) =>
      (await runChecks(forged(name, change), [ownershipCheck], scope, () => undefined))[0]?.differences.map(
        ({ what }) => what,
      )
    expect(await found('OwnerChanged', { to: holder.address })).toContain('change of owner')
    expect(await found('Withdrawn', { amount: 7n })).toContainEqual(expect.stringMatching(/^paid in block/))
    expect(await found('Locked', { amount: 1n })).toContain('change of owner')
    expect(await found('ContestOpened', { endsAt: 5 })).toContain('end of the notice')
    expect(await found('Unlocked', { endsAt: 5 })).toContain('end of what was unlocked')
  })
})
