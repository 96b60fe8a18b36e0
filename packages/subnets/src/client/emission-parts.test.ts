import { afterAll, beforeAll, expect, it } from 'vitest'
import { partsDelaySeconds } from '../rules/emission/constants.ts'
import { startTestLedger, type TestLedger } from '../testing/test-ledger.ts'
import { announceParts, readParts } from './emission-parts.ts'

let ledger: TestLedger
beforeAll(async () => {
  ledger = await startTestLedger()
}, 120_000)
afterAll(() => ledger?.close())

it('tells how new alpha is divided, and from when otherwise once the owner said so', async () => {
  const { netuid } = await ledger.createSubnet(`0x${'5c'.repeat(32)}`)
  const { network, reader } = ledger
  const owner = { network, reader, sender: ledger.owner.sender }
  const now = { ownerBps: 1_800, minersBps: 4_100, validatorsBps: 4_100 }
  expect(await readParts(owner, netuid)).toEqual({ now, announced: undefined })
  await announceParts(owner, netuid, { ownerBps: 1_000, minersBps: 5_000 })
  const later = { ownerBps: 1_000, minersBps: 5_000, validatorsBps: 4_000 }
  expect(await readParts(owner, netuid)).toEqual({ now, announced: later })
  await ledger.moveTo((await ledger.nowSeconds()) + partsDelaySeconds + 1)
  expect(await readParts(owner, netuid)).toEqual({ now: later, announced: undefined })
})

it('is announced by the owner only, and within bounds', async () => {
  const { netuid } = await ledger.createSubnet(`0x${'5c'.repeat(32)}`)
  const { network, reader } = ledger
  const stranger = { network, reader, sender: ledger.nextAccount().sender }
  await expect(announceParts(stranger, netuid, { ownerBps: 0, minersBps: 5_000 })).rejects.toMatchObject({
    code: 'ledger/not-owner',
  })
  const owner = { network, reader, sender: ledger.owner.sender }
  await expect(announceParts(owner, netuid, { ownerBps: 1_801, minersBps: 5_000 })).rejects.toMatchObject({
    code: 'ledger/refused',
  })
  await expect(announceParts(owner, netuid, { ownerBps: 1_000, minersBps: 1_999 })).rejects.toMatchObject({
    code: 'ledger/refused',
  })
})
