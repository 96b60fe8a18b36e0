import { seatRuleBounds } from '@koinon/ledger'
import { subnetTermsAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestLedger, type TestLedger, testPhases } from '../testing/test-ledger.ts'
import {
  announceRules,
  announceTexts,
  dropOwnerHotkey,
  mostOwnerHotkeys,
  nameOwnerHotkey,
  readNextForce,
  readOwnerHotkeys,
  readTextsAt,
} from './announcements.ts'
import { readPendingChanges } from './pending-changes.ts'

const unit = 10n ** 18n
const rules = {
  minBurn: unit,
  maxBurn: 2n * unit,
  burnHalfLifeSeconds: 600,
  immunitySeconds: 3_600,
  noticeSeconds: 300,
  maxRegistrationsPerEpoch: 4,
} as const
const [firstHash, secondHash, thirdHash] = (['5c', '6d', '7e'] as const).map((byte) => `0x${byte.repeat(32)}` as const)

let ledger: TestLedger
beforeAll(async () => {
  ledger = await startTestLedger()
}, 120_000)
afterAll(() => ledger?.close())

const as = (sender: TestLedger['owner']['sender']) => ({ network: ledger.network, reader: ledger.reader, sender })
const owner = () => as(ledger.owner.sender)

describe('what an owner announces', () => {
  it('holds from the first second of the second epoch after this one', async () => {
    const { netuid, genesisSeconds } = await ledger.createSubnet(firstHash as `0x${string}`)
    const next = { fromEpoch: 2, fromSeconds: genesisSeconds + 2 * testPhases.epochSeconds }
    expect(await readNextForce(owner(), netuid)).toEqual(next)
    const texts = { specHash: secondHash as `0x${string}`, metadataURI: 'https://example.org/2' }
    expect(await announceTexts(owner(), netuid, texts)).toEqual(next)
    expect(await announceRules(owner(), netuid, rules)).toEqual(next)
    expect(await readTextsAt(owner(), netuid, 1)).toMatchObject({ specHash: firstHash, fromEpoch: 0 })
    expect(await readTextsAt(owner(), netuid, 2)).toEqual({ ...texts, ...next })
    expect(await readPendingChanges(owner(), netuid)).toMatchObject({
      texts: { ...texts, fromSeconds: next.fromSeconds },
    })
  })

  it('is replaced by other texts, with a notice of their own, and not by other rules', async () => {
    const { netuid, genesisSeconds } = await ledger.createSubnet(firstHash as `0x${string}`)
    await announceRules(owner(), netuid, rules)
    await announceTexts(owner(), netuid, { specHash: secondHash as `0x${string}`, metadataURI: '' })
    await ledger.moveTo(genesisSeconds + testPhases.epochSeconds)
    const third = { specHash: thirdHash as `0x${string}`, metadataURI: '' }
    expect(await announceTexts(owner(), netuid, third)).toMatchObject({ fromEpoch: 3 })
    expect(await readTextsAt(owner(), netuid, 2)).toMatchObject({ specHash: firstHash })
    await expect(announceRules(owner(), netuid, rules)).rejects.toMatchObject({ code: 'ledger/change-pending' })
    await ledger.moveTo(genesisSeconds + 2 * testPhases.epochSeconds)
    expect(await announceRules(owner(), netuid, rules)).toMatchObject({ fromEpoch: 4 })
  })

  it('is for the owner alone, within the bounds that are told', async () => {
    const { netuid } = await ledger.createSubnet(firstHash as `0x${string}`)
    const stranger = as(ledger.nextAccount().sender)
    const texts = { specHash: secondHash as `0x${string}`, metadataURI: '' }
    const notOwner = { code: 'ledger/not-owner' }
    await expect(announceTexts(stranger, netuid, texts)).rejects.toMatchObject(notOwner)
    await expect(announceRules(stranger, netuid, rules)).rejects.toMatchObject(notOwner)
    await expect(nameOwnerHotkey(stranger, netuid, stranger.sender.address)).rejects.toMatchObject(notOwner)
    const outOfBounds = { code: 'ledger/out-of-bounds' }
    await expect(announceTexts(owner(), netuid, { ...texts, specHash: `0x${'00'.repeat(32)}` })).rejects.toMatchObject(
      outOfBounds,
    )
    for (const [rule, [least, most]] of Object.entries(seatRuleBounds)) {
      const over = { ...rules, [rule]: typeof most === 'bigint' ? most + 1n : most + 1 }
      await expect(announceRules(owner(), netuid, over)).rejects.toMatchObject(outOfBounds)
      if (least === 0) continue
      const under = { ...rules, [rule]: typeof least === 'bigint' ? least - 1n : (least as number) - 1 }
      await expect(announceRules(owner(), netuid, under)).rejects.toMatchObject(outOfBounds)
    }
    const { terms } = ledger.network.contracts
    const at = { address: terms, abi: subnetTermsAbi } as const
    expect(await ledger.reader.readContract({ ...at, functionName: 'MIN_BURN' })).toBe(seatRuleBounds.minBurn[0])
    expect(await ledger.reader.readContract({ ...at, functionName: 'MAX_BURN' })).toBe(seatRuleBounds.maxBurn[1])
    await expect(readNextForce(owner(), 77)).rejects.toThrow(/SubnetNotFound/)
  })
})

describe("an owner's hotkeys", () => {
  it('are protected two epochs later, an eighth of the seats at most, and dropped at once', async () => {
    const { netuid, genesisSeconds } = await ledger.createSubnet(firstHash as `0x${string}`)
    expect(mostOwnerHotkeys(16)).toBe(2)
    expect(mostOwnerHotkeys(256)).toBe(10)
    const [first, second, third] = ['11', '22', '33'].map((byte) => `0x${byte.repeat(20)}` as const)
    const fromSeconds = genesisSeconds + 2 * testPhases.epochSeconds
    expect(await nameOwnerHotkey(owner(), netuid, first as `0x${string}`)).toEqual({ fromEpoch: 2, fromSeconds })
    await nameOwnerHotkey(owner(), netuid, second as `0x${string}`)
    await expect(nameOwnerHotkey(owner(), netuid, third as `0x${string}`)).rejects.toMatchObject({
      code: 'ledger/owner-hotkeys-full',
    })
    await dropOwnerHotkey(owner(), netuid, first as `0x${string}`)
    expect(await readOwnerHotkeys(owner(), netuid)).toEqual([
      { hotkey: second, isProtected: false, fromEpoch: 2, fromSeconds },
    ])
    await expect(dropOwnerHotkey(owner(), netuid, first as `0x${string}`)).rejects.toMatchObject({
      code: 'ledger/no-owner-hotkey',
    })
    await ledger.moveTo(fromSeconds)
    expect(await readOwnerHotkeys(owner(), netuid)).toMatchObject([{ isProtected: true }])
  })
})
