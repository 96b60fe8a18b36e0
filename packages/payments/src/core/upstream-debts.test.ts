import { join } from 'node:path'
import type { Hex } from '@koinon/base'
import type { SignedReceipt } from '@koinon/work'
import { afterAll, describe, expect, it } from 'vitest'
import { channelReceiptsObjection } from '../rules/channel-receipts.ts'
import {
  addChannel,
  answerOn,
  configOf,
  openStore,
  party,
  requestId,
  startLedger,
  temporaryFolder,
  testDomain,
} from '../testing/fixtures.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())
const [user, gateway, miner] = [party('user'), party('gateway'), party('miner')]

/** A miner with receipts for a gateway, and the gateway's own books, on which none of them stands yet. */
async function setup(name: string, count: number) {
  const minerStore = await openStore(join(folder.path, `${name}-miner.db`))
  const gatewayStore = await openStore(join(folder.path, `${name}-gateway.db`))
  const minerSide = await startLedger(minerStore, miner)
  const gatewaySide = await startLedger(gatewayStore, gateway)
  const config = configOf(gateway.address, miner.address)
  const inbound = await addChannel(minerSide.book, config, 'inbound', 10n ** 9n)
  const outbound = await addChannel(gatewaySide.book, config, 'outbound', 10n ** 9n)
  const signed: SignedReceipt[] = []
  for (let index = 0; index < count; index++) {
    const bundle = await minerSide.ledger.finalize(answerOn(minerSide.ledger, inbound, 100n, requestId(index)))
    signed.push(bundle.hops[0] as SignedReceipt)
  }
  return {
    minerSide,
    gatewaySide,
    gatewayStore,
    channelId: outbound.channelId,
    signed,
    close: async () => {
      await minerStore.close()
      await gatewayStore.close()
    },
  }
}

describe('a debt that stands alone', () => {
  it('is owed once, also when it is recorded twice at the same time and after a restart', async () => {
    const { gatewaySide, gatewayStore, channelId, signed, close } = await setup('once', 2)
    const { ledger, book } = gatewaySide
    const [first, second] = signed as [SignedReceipt, SignedReceipt]
    const recorded = await Promise.all([ledger.recordDebt(first, 'recovered'), ledger.recordDebt(first, 'recovered')])
    expect(recorded.sort()).toEqual([false, true])
    expect(await ledger.recordDebt(second, 'unbilled')).toBe(true)
    expect(book.require(channelId).owedPicoUsd).toBe(200n)
    expect(await ledger.debts.recoveredPicoUsd(miner.address, 0)).toBe(100n)
    const again = await startLedger(gatewayStore, gateway)
    expect(again.book.require(channelId).owedPicoUsd).toBe(200n)
    expect(await again.ledger.recordDebt(first, 'recovered')).toBe(false)
    await close()
  })

  it('shares a transaction with answers and is refused where an answer stands already', async () => {
    const { gatewaySide, channelId, signed, close } = await setup('beside', 2)
    const { ledger, book } = gatewaySide
    const [first, second] = signed as [SignedReceipt, SignedReceipt]
    const inbound = await addChannel(book, configOf(user.address, gateway.address), 'inbound', 10n ** 9n)
    const answer = answerOn(ledger, inbound, 150n, requestId(0), {
      upstream: first,
      requestHash: first.receipt.requestHash,
      responseHash: first.receipt.responseHash,
    })
    await Promise.all([ledger.finalize(answer), ledger.recordDebt(second, 'recovered')])
    expect(await ledger.recordDebt(first, 'recovered')).toBe(false)
    expect([book.require(channelId).owedPicoUsd, book.require(inbound.channelId).owedPicoUsd]).toEqual([200n, 150n])
    await close()
  })

  it('is refused on a channel that is not ours to its payee', async () => {
    const { gatewaySide, signed, close } = await setup('foreign', 1)
    const [first] = signed as [SignedReceipt]
    const stranger = { ...first, receipt: { ...first.receipt, payee: party('stranger').address } }
    await expect(gatewaySide.ledger.recordDebt(stranger, 'recovered')).rejects.toThrow(/not ours to its payee/)
    await close()
  })
})

describe('the bill of a channel', () => {
  it('is read newest first, page by page, and holds only that channel', async () => {
    const { minerSide, channelId, signed, close } = await setup('bill', 5)
    const other = await addChannel(minerSide.book, configOf(user.address, miner.address), 'inbound', 10n ** 9n)
    await minerSide.ledger.finalize(answerOn(minerSide.ledger, other, 7n, requestId(99)))
    const { archive } = minerSide.ledger
    const first = await archive.bill({ channelId, limit: 3 })
    const rest = await archive.bill({ channelId, limit: 500, before: first.at(-1)?.receipt.requestId as Hex })
    expect([...first, ...rest]).toEqual([...signed].reverse())
    await expect(archive.bill({ channelId, limit: 1, before: requestId(99) })).rejects.toThrow(/not known/)
    await close()
  })

  it('must be unbroken: every cut, swap and change shows', async () => {
    const { channelId, signed, close } = await setup('unbroken', 4)
    const receipts = [...signed].reverse().map(({ receipt }) => receipt)
    const parties = { chainId: testDomain.chainId, channelId, payer: gateway.address, payee: miner.address }
    const [newest, second, third, oldest] = receipts as [(typeof receipts)[0], (typeof receipts)[0], ...typeof receipts]
    expect(channelReceiptsObjection(receipts, parties)).toBeUndefined()
    expect(channelReceiptsObjection(receipts, parties, 400n)).toBeUndefined()
    expect(channelReceiptsObjection(receipts, parties, 500n)).toMatch(/does not continue/)
    const changed: readonly (readonly [string, readonly (typeof newest)[], RegExp])[] = [
      ['a gap', [newest, third as typeof newest], /does not continue/],
      ['a swap', [second, newest], /does not continue/],
      ['a repeat', [newest, newest], /does not continue/],
      ['a higher price', [newest, { ...second, amountPicoUsd: 200n }, third as typeof newest], /not linked/],
      ['another channel', [{ ...newest, channelId: requestId(1) }], /another channel/],
      ['another payer', [{ ...newest, payer: user.address }], /other parties/],
      ['a false beginning', [{ ...(oldest as typeof newest), sequence: 3 }], /begins no session/],
    ]
    for (const [name, list, objection] of changed) {
      expect([name, channelReceiptsObjection(list, parties)]).toEqual([name, expect.stringMatching(objection)])
    }
    await close()
  })
})
