import { join } from 'node:path'
import type { Hex } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import { type ReceiptBundle, receiptType, type SignedReceipt } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addChannel,
  answerOn,
  configOf,
  openStore,
  party,
  requestId,
  startLedger,
  temporaryFolder,
} from '../testing/fixtures.ts'
import type { ReceiptArchive } from './receipt-archive.ts'

const alice = party('alice')
const bob = party('bob')
const payee = party('payee')
const folder = temporaryFolder()
const epochMs = 1_750_000_000_000
let store: DurableStore
let archive: ReceiptArchive
let channels: { alice: Hex; bob: Hex }
const bundles: ReceiptBundle[] = []

/** Ten receipts over two sessions, one a second, alternating between two payers. */
beforeAll(async () => {
  store = await openStore(join(folder.path, 'archive.db'))
  const clock = { nowMs: () => epochMs }
  for (const session of [0, 1]) {
    const { ledger, book } = await startLedger(store, payee, { clock })
    const states = [
      await addChannel(book, configOf(alice.address, payee.address), 'inbound', 1_000n),
      await addChannel(book, configOf(bob.address, payee.address), 'inbound', 1_000n),
    ] as const
    channels = { alice: states[0].channelId, bob: states[1].channelId }
    for (let index = 0; index < 5; index++) {
      const number = session * 5 + index
      const endedAtMs = epochMs + number * 1000
      const times = { receivedAtMs: endedAtMs - 2, firstByteAtMs: endedAtMs - 1, endedAtMs }
      const channel = states[number % 2] as (typeof states)[0]
      bundles.push(await ledger.finalize(answerOn(ledger, channel, BigInt(100 + number), requestId(number), { times })))
    }
    await ledger.stop()
    archive = ledger.archive
  }
})

afterAll(async () => {
  await store.close()
  folder.remove()
})

describe('ReceiptArchive', () => {
  it('gives bundles back as they were signed, to their payer', async () => {
    expect(await archive.byId(requestId(3))).toEqual(bundles[3])
    expect(await archive.byId(requestId(3), bob.address)).toEqual(bundles[3])
    expect(await archive.byId(requestId(3), alice.address)).toBeUndefined()
    expect(await archive.byId(requestId(99))).toBeUndefined()
    expect(await archive.isFinal(requestId(3), bob.address)).toBe(true)
    expect(await archive.isFinal(requestId(3), alice.address)).toBe(false)
  })

  it('lists newest first in pages', async () => {
    const first = await archive.list({ payer: alice.address, limit: 2 })
    expect(first.map((summary) => summary.requestId)).toEqual([requestId(8), requestId(6)])
    const second = await archive.list({ payer: alice.address, limit: 2, before: requestId(6) })
    expect(second.map((summary) => summary.requestId)).toEqual([requestId(4), requestId(2)])
    const all = await archive.list({ limit: 100 })
    expect(all).toHaveLength(10)
    expect(all[0]).toMatchObject({
      payer: bob.address,
      amountPicoUsd: 109n,
      upstreamPayee: undefined,
      kind: 'inference',
    })
  })

  it('bounds pages and refuses a strange cursor', async () => {
    expect(await archive.list({ limit: -5 })).toHaveLength(1)
    await expect(archive.list({ limit: 5, before: requestId(99) })).rejects.toMatchObject({
      code: 'payments/unknown-cursor',
    })
  })

  it('gives the hashes of an epoch in signing order, half open', async () => {
    const from = epochMs + 2_000
    const window = await archive.endedBetween({ payee: payee.address, fromMs: from, toMs: epochMs + 8_000 })
    expect(window.map((row) => row.requestId)).toEqual([2, 3, 4, 5, 6, 7].map(requestId))
    const receipts = bundles.slice(2, 8).map((bundle) => (bundle.hops[0] as SignedReceipt).receipt)
    expect(window.map((row) => row.receiptHash)).toEqual(receipts.map((receipt) => receiptType.hash(receipt)))
    expect(await archive.endedBetween({ payee: alice.address, fromMs: 0, toMs: epochMs * 2 })).toEqual([])
  })

  it('counts and sums', async () => {
    expect(await archive.stats({ sinceMs: 0 })).toEqual({ count: 10, amountPicoUsd: 1_045n })
    expect(await archive.stats({ sinceMs: epochMs * 2 })).toEqual({ count: 0, amountPicoUsd: 0n })
    const since = epochMs + 6_000
    const ofAlice = { count: 2, amountPicoUsd: 214n }
    const ofAll = { [channels.alice]: ofAlice, [channels.bob]: { count: 2, amountPicoUsd: 216n } }
    expect(Object.fromEntries(await archive.statsByChannel(since))).toEqual(ofAll)
    expect(Object.fromEntries(await archive.statsByChannel(since, alice.address))).toEqual({
      [channels.alice]: ofAlice,
    })
    expect(await archive.statsByChannel(epochMs * 2, alice.address)).toEqual(new Map())
  })
})
