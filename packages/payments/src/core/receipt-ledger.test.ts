import { join } from 'node:path'
import { type Hex, sha256Hex, systemRandom, zeroHash } from '@koinon/base'
import { type DurableStore, verifySessionNative } from '@koinon/base/node'
import { checkBundle, failures, type ReceiptBundle, receiptType, type SignedReceipt } from '@koinon/work'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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
import type { ChannelBook } from './channel-book.ts'
import type { ChannelState } from './channel-state.ts'
import type { ReceiptLedger } from './receipt-ledger.ts'
import { openSession } from './session.ts'
import { verifyVoucher } from './voucher-signing.ts'

const payer = party('payer')
const gateway = party('gateway')
const keyHolder = party('api key')
let folder: ReturnType<typeof temporaryFolder>
let store: DurableStore
let ledger: ReceiptLedger
let book: ChannelBook
let channel: ChannelState

beforeEach(async () => {
  folder = temporaryFolder()
  store = await openStore(join(folder.path, 'ledger.db'))
  ;({ ledger, book } = await startLedger(store, gateway))
  channel = await addChannel(
    book,
    configOf(payer.address, gateway.address, 'key', keyHolder.address),
    'inbound',
    1_000n,
  )
})

afterEach(async () => {
  await ledger.stop()
  await store.close()
  folder.remove()
})

const receiptOf = (bundle: ReceiptBundle): SignedReceipt['receipt'] => (bundle.hops[0] as SignedReceipt).receipt
const owed = () => book.require(channel.channelId).owedPicoUsd
const finalize = (index: number, amount: bigint, changes = {}) =>
  ledger.finalize(answerOn(ledger, book.require(channel.channelId), amount, requestId(index), changes))
const codes = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.map((result) => (result.status === 'fulfilled' ? 'ok' : (result.reason as { code: string }).code))

describe('ReceiptLedger', () => {
  it('lets time go one way in what it signs, but believes a clock that was set back', async () => {
    const at = (endedAtMs: number) => ({
      times: { receivedAtMs: endedAtMs - 2, firstByteAtMs: endedAtMs - 1, endedAtMs },
    })
    const ended = async (index: number, endedAtMs: number) =>
      receiptOf(await finalize(index, 1n, at(endedAtMs))).endedAtMs
    const start = 1_900_000_000_000
    expect(await ended(1, start)).toBe(start)
    expect(await ended(2, start - 5)).toBe(start)
    expect(await ended(3, start - 100_000)).toBe(start - 100_000)
    expect(await ended(4, start + 1)).toBe(start + 1)
    const both = await Promise.all([ended(5, start + 9), ended(6, start + 7)])
    expect(both).toEqual([start + 9, start + 9])
  })

  it('closes the past, so that a list of it is whole', async () => {
    const nowMs = 1_900_000_000_000
    const times = { receivedAtMs: nowMs - 9, firstByteAtMs: nowMs - 8, endedAtMs: nowMs - 7 }
    const underWay = finalize(1, 1n, { times })
    // The first answer is on its way to the disk when the past is closed, the second one comes too late for it.
    await new Promise((resolve) => setTimeout(resolve, 0))
    const closing = ledger.closeBefore(nowMs)
    const late = finalize(2, 1n, { times })
    await closing
    const past = { payee: gateway.address, fromMs: 0, toMs: nowMs }
    const list = await ledger.archive.endedBetween(past)
    const bundles = await Promise.all([underWay, late])
    expect(await ledger.archive.endedBetween(past)).toEqual(list)
    expect(receiptOf(bundles[1] as ReceiptBundle).endedAtMs).toBe(nowMs)
    expect(await ledger.archive.shown([...list, { requestId: requestId(9), receiptHash: zeroHash }])).toEqual([
      ...bundles.slice(0, list.length).map((bundle) => receiptType.toJson(receiptOf(bundle))),
      undefined,
    ])
  })

  it('makes a receipt that a stranger can check', async () => {
    const bundle = await finalize(1, 1_500_000n)
    const checks = checkBundle({
      bundle,
      chainId: testDomain.chainId,
      requestHash: sha256Hex(`request ${requestId(1)}`),
      responseHash: sha256Hex(`response ${requestId(1)}`),
      verifySession: verifySessionNative,
      hashWork: () => sha256Hex(`work ${requestId(1)}`),
    })
    expect(failures({ checks })).toEqual([])
    expect(receiptOf(bundle)).toMatchObject({ payee: gateway.address, cumulativePicoUsd: 1_500_000n, sequence: 0 })
  })

  it('lets answers that end one after the other share a signature while others are under way, and only then', async () => {
    const answers = [1, 2, 3].map((index) =>
      answerOn(ledger, book.require(channel.channelId), 1_000n, requestId(index)),
    )
    const finals: Promise<ReceiptBundle>[] = []
    for (const answer of answers) {
      finals.push(ledger.finalize(answer))
      await new Promise((resolve) => setImmediate(resolve))
    }
    const bundles = await Promise.all(finals)
    // Only the last had nobody left to wait for; it ended the waiting of the others.
    expect(new Set(bundles.map((bundle) => bundle.hops[0]?.signature)).size).toBe(1)
    const alone = await finalize(4, 1_000n)
    expect(alone.hops[0]?.proof.count).toBe(1)
  })

  it('lets answers that come with every turn of a busy process share a signature, though nobody else is under way', async () => {
    const finals: Promise<ReceiptBundle>[] = []
    for (const index of [1, 2, 3]) {
      const turn = new Promise((resolve) => setImmediate(resolve))
      finals.push(finalize(index, 1_000n))
      await turn
    }
    const [first] = await Promise.all(finals)
    expect(first?.hops[0]?.proof.count).toBeGreaterThan(1)
    expect((await finalize(4, 1_000n)).hops[0]?.proof.count).toBe(1)
  })

  it('does not wait for an answer that never becomes final, nor for one that was given up', async () => {
    const held = ledger.reserve(channel.channelId, 1_000n)
    expect((await finalize(1, 1_000n)).hops[0]?.proof.count).toBe(1)
    const second = finalize(2, 1_000n)
    ledger.release(held)
    expect((await second).hops[0]?.proof.count).toBe(1)
    expect(book.heldReservations).toBe(0)
  })

  it('shares one signature among answers that end together and chains them', async () => {
    const bundles = await Promise.all(Array.from({ length: 40 }, (_, index) => finalize(index, 1_000n)))
    const signatures = new Set(bundles.map((bundle) => bundle.hops[0]?.signature))
    expect(signatures.size).toBeLessThan(bundles.length)
    const receipts = bundles.map(receiptOf).sort((a, b) => a.sequence - b.sequence)
    receipts.forEach((receipt, index) => {
      expect(receipt.sequence).toBe(index)
      expect(receipt.cumulativePicoUsd).toBe(1_000n * BigInt(index + 1))
      if (index > 0) expect(receipt.previousReceipt).toBe(receiptType.hash(receipts[index - 1] as typeof receipt))
    })
    expect(owed()).toBe(40_000n)
    expect(book.require(channel.channelId).reservedPicoUsd).toBe(0n)
  })

  it('signs the voucher of an API key for exactly what is owed, and stores it', async () => {
    const signer = keyHolder.signer
    await Promise.all([1, 2, 3].map((index) => finalize(index, 700_000n, { voucherSigner: signer })))
    const state = book.require(channel.channelId)
    expect(state.voucherAtomic).toBe(2n)
    const voucher = { channelId: channel.channelId, maxClaimableAtomic: 2n, signature: state.voucherSignature as Hex }
    expect(verifyVoucher(voucher, keyHolder.address, testDomain)).toBe(true)
    const again = await startLedger(store, gateway)
    expect(again.book.require(channel.channelId)).toMatchObject({ voucherAtomic: 2n, owedPicoUsd: 2_100_000n })
    await again.ledger.stop()
  })

  it('makes a request final once, at the same time and after a restart', async () => {
    const results = await Promise.allSettled([finalize(1, 10n), finalize(1, 10n), finalize(2, 10n)])
    expect(codes(results)).toEqual(['ok', 'payments/already-final', 'ok'])
    expect(owed()).toBe(20n)
    await expect(finalize(1, 10n)).rejects.toMatchObject({ code: 'payments/already-final' })
    await ledger.stop()
    ;({ ledger, book } = await startLedger(store, gateway))
    const late = await Promise.allSettled([finalize(1, 10n), finalize(3, 10n)])
    expect(codes(late)).toEqual(['payments/already-final', 'ok'])
    expect(owed()).toBe(30n)
    expect(book.require(channel.channelId).reservedPicoUsd).toBe(0n)
  })

  it('lets two payers use the same request id: a stranger cannot burn it', async () => {
    const other = party('other payer')
    const second = await addChannel(book, configOf(other.address, gateway.address), 'inbound', 1_000n)
    await finalize(1, 10n)
    const bundle = await ledger.finalize(answerOn(ledger, second, 10n, requestId(1)))
    expect(receiptOf(bundle).payer).toBe(other.address)
    expect(receiptOf((await ledger.archive.byId(requestId(1), payer.address)) as ReceiptBundle).payer).toBe(
      payer.address,
    )
  })

  it('keeps rows of the caller with the answer, and one bad row takes no neighbour with it', async () => {
    const good = { extraStatements: [{ sql: 'insert into notes values (?)', values: ['good'] }] }
    const bad = { extraStatements: [{ sql: 'insert into no_such_table values (1)' }] }
    const results = await Promise.allSettled([finalize(1, 10n, good), finalize(2, 10n, bad), finalize(3, 10n)])
    expect(codes(results)).toEqual(['ok', 'store/failed', 'ok'])
    expect(owed()).toBe(20n)
    expect(await store.read('select note from notes')).toEqual([{ note: 'good' }])
    expect(await ledger.archive.isFinal(requestId(2), payer.address)).toBe(false)
  })

  it('never signs a sequence number twice, even when a write fails', async () => {
    const first = await finalize(1, 10n)
    const bad = { extraStatements: [{ sql: 'insert into no_such_table values (1)' }] }
    await expect(finalize(2, 10n, bad)).rejects.toMatchObject({ code: 'store/failed' })
    const second = await finalize(3, 10n)
    expect(receiptOf(second).sessionKey).not.toBe(receiptOf(first).sessionKey)
    expect(receiptOf(second)).toMatchObject({ sequence: 0, cumulativePicoUsd: 20n })
  })

  it('charges nobody when the store is gone, and says so', async () => {
    await finalize(1, 10n)
    await store.close()
    const results = await Promise.allSettled([finalize(2, 10n), finalize(3, 10n)])
    expect(codes(results)).toEqual(['store/closed', 'store/closed'])
    expect(owed()).toBe(10n)
    await expect(finalize(4, 10n)).rejects.toMatchObject({ code: 'payments/not-running' })
    expect(book.require(channel.channelId).reservedPicoUsd).toBe(0n)
    store = await openStore(join(folder.path, 'ledger.db'))
  })

  it('charges nobody when the disk is full, and goes on when there is room again', async () => {
    await finalize(1, 10n)
    const [pages] = await store.read('pragma page_count')
    await store.read(`pragma max_page_count = ${pages?.['page_count']}`)
    const results = await Promise.allSettled(Array.from({ length: 30 }, (_, index) => finalize(100 + index, 10n)))
    const failed = codes(results).filter((code) => code === 'store/failed').length
    expect(failed).toBeGreaterThan(0)
    expect(owed()).toBe(10n + 10n * BigInt(30 - failed))
    expect(book.require(channel.channelId).reservedPicoUsd).toBe(0n)
    await store.read('pragma max_page_count = 1000000')
    const again = await Promise.allSettled(Array.from({ length: 30 }, (_, index) => finalize(100 + index, 10n)))
    expect(codes(again).filter((code) => code === 'ok')).toHaveLength(failed)
    expect(owed()).toBe(310n)
    const reopened = await startLedger(store, gateway)
    expect(reopened.book.require(channel.channelId).owedPicoUsd).toBe(310n)
    await reopened.ledger.stop()
  })

  it('renews the session before its delegation ends', async () => {
    let nowMs = Date.now()
    const clock = { nowMs: () => nowMs }
    const renewing = await startLedger(store, gateway, { book, clock })
    const answer = (index: number) =>
      renewing.ledger.finalize(answerOn(renewing.ledger, book.require(channel.channelId), 10n, requestId(index)))
    const first = receiptOf(await answer(1))
    nowMs += 86_400_000 - 200_000
    const second = receiptOf(await answer(2))
    expect(second.sessionKey).not.toBe(first.sessionKey)
    expect(second).toMatchObject({ sequence: 0, cumulativePicoUsd: 20n })
    await renewing.ledger.stop()
  })

  it('refuses a session of another account', async () => {
    const wrong = startLedger(store, gateway, {
      book,
      openSession: () =>
        openSession({
          account: payer.account,
          chainId: 1,
          lifetimeSeconds: 60,
          clock: { nowMs: () => 1 },
          random: systemRandom,
        }),
    })
    await expect(wrong).rejects.toMatchObject({ code: 'payments/wrong-session' })
  })

  it('tells who listens about debts once they are durable', async () => {
    const heard: Hex[] = []
    const listening = await startLedger(store, gateway, {
      book,
      onSettled: (settlements) => heard.push(...settlements.map((settlement) => settlement.channelId)),
    })
    await listening.ledger.finalize(answerOn(listening.ledger, book.require(channel.channelId), 10n, requestId(1)))
    expect(heard).toEqual([channel.channelId])
    await listening.ledger.stop()
  })

  it('finishes what was handed in when it stops, and takes nothing after', async () => {
    const late = Array.from({ length: 20 }, (_, index) => finalize(index, 10n))
    await ledger.stop()
    expect(codes(await Promise.allSettled(late)).every((code) => code === 'ok')).toBe(true)
    await expect(finalize(99, 10n)).rejects.toMatchObject({ code: 'payments/not-running' })
    expect(book.require(channel.channelId).reservedPicoUsd).toBe(0n)
  })
})
