import { join } from 'node:path'
import type { Hex } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addChannel, configOf, openStore, party, temporaryFolder, testDomain } from '../testing/fixtures.ts'
import { ChannelBook, type Reservation } from './channel-book.ts'
import { owedUpdate } from './channel-state.ts'

const payer = party('payer')
const payee = party('payee')
let folder: ReturnType<typeof temporaryFolder>
let store: DurableStore
let book: ChannelBook

beforeEach(async () => {
  folder = temporaryFolder()
  store = await openStore(join(folder.path, 'book.db'))
  book = new ChannelBook({ store, domain: testDomain })
  await book.start()
})

afterEach(async () => {
  await store.close()
  folder.remove()
})

async function reopened(): Promise<ChannelBook> {
  const again = new ChannelBook({ store, domain: testDomain })
  await again.start()
  return again
}

describe('ChannelBook', () => {
  it('keeps channels over a restart, without reservations', async () => {
    const state = await addChannel(book, configOf(payer.address, payee.address), 'inbound', 100n)
    book.reserve(state.channelId, 40_000_000n)
    await book.raiseVoucher(state.channelId, 7n, `0x${'ab'.repeat(65)}`)
    await book.observe(state.channelId, { depositAtomic: 120n, claimedAtomic: 5n, status: 'withdrawing' })
    const again = (await reopened()).require(state.channelId)
    expect(again).toEqual({ ...book.require(state.channelId), reservedPicoUsd: 0n })
    expect(again.depositAtomic).toBe(120n)
    expect(again.voucherAtomic).toBe(7n)
  })

  it('begins a channel with what was claimed before, so a lost store bills nobody twice', async () => {
    const state = await book.add({
      config: configOf(payer.address, payee.address),
      role: 'inbound',
      depositAtomic: 100n,
      claimedAtomic: 30n,
      status: 'open',
      creditLimitPicoUsd: 0n,
      nowMs: 1,
    })
    expect(state.owedPicoUsd).toBe(30_000_000n)
    expect(state.voucherAtomic).toBe(30n)
  })

  it('takes over new facts of a channel that is added again and keeps its debts', async () => {
    const config = configOf(payer.address, payee.address)
    const state = await addChannel(book, config, 'inbound', 100n)
    book.applySettlement({ channelId: state.channelId, owedPicoUsd: 5_000_000n })
    const again = await addChannel(book, config, 'inbound', 250n)
    expect(again.depositAtomic).toBe(250n)
    expect(again.owedPicoUsd).toBe(5_000_000n)
  })

  it('adds a channel once when two callers come together', async () => {
    const config = configOf(payer.address, payee.address)
    const [one, two] = await Promise.all([
      addChannel(book, config, 'inbound', 100n),
      addChannel(book, config, 'inbound', 100n),
    ])
    expect(one).toBe(two)
    expect(book.list()).toHaveLength(1)
  })

  it('refuses what it does not know', () => {
    expect(() => book.reserve(`0x${'99'.repeat(32)}`, 1n)).toThrow(/not known here/)
  })

  it('refuses a store of another escrow', async () => {
    await addChannel(book, configOf(payer.address, payee.address), 'inbound', 100n)
    const other = new ChannelBook({ store, domain: { ...testDomain, chainId: 1 } })
    await expect(other.start()).rejects.toMatchObject({ code: 'payments/wrong-escrow' })
  })

  it('answers with the four refusals', async () => {
    const state = await addChannel(book, configOf(payer.address, payee.address), 'inbound', 10n, 2_000_000n)
    const reserve = (amount: bigint) => () => book.reserve(state.channelId, amount)
    expect(reserve(10_000_001n)).toThrow(expect.objectContaining({ code: 'payments/channel-empty' }))
    expect(reserve(-1n)).toThrow(expect.objectContaining({ code: 'payments/bad-amount' }))
    const held = book.reserve(state.channelId, 3_000_000n)
    expect(reserve(1n)).toThrow(expect.objectContaining({ code: 'payments/credit-exhausted' }))
    await book.raiseVoucher(state.channelId, 1n, undefined)
    book.release(book.reserve(state.channelId, 1n))
    await book.setStatus(state.channelId, 'withdrawing')
    expect(reserve(1n)).toThrow(expect.objectContaining({ code: 'payments/channel-closing' }))
    book.release(held)
    expect(book.require(state.channelId).reservedPicoUsd).toBe(0n)
  })

  it('gives a payer its credit once, however many channels it opens', async () => {
    const limit = 2_000_000n
    const channels = await Promise.all(
      ['one', 'two', 'three'].map((salt) =>
        addChannel(book, configOf(payer.address, payee.address, salt), 'inbound', 10n, limit),
      ),
    )
    const [one, two, three] = channels.map(({ channelId }) => channelId) as [Hex, Hex, Hex]
    const exhausted = expect.objectContaining({
      code: 'payments/credit-exhausted',
      message: expect.stringContaining('0.000003 dollars are owed or in work without a voucher'),
    })
    const held = book.reserve(one, 3_000_000n)
    for (const channelId of [one, two, three]) expect(() => book.reserve(channelId, 1n)).toThrow(exhausted)
    // A debt counts like a reservation, also after its channel has ended and after a restart.
    book.applySettlement({ channelId: one, owedPicoUsd: 3_000_000n })
    book.release(held)
    await store.write([owedUpdate(one, 3_000_000n)])
    await book.setStatus(one, 'closed')
    expect(() => book.reserve(two, 1n)).toThrow(exhausted)
    const again = await reopened()
    expect(() => again.reserve(three, 1n)).toThrow(exhausted)
    // Others are not touched, and a voucher gives the credit back on every channel.
    const stranger = await addChannel(book, configOf(party('other').address, payee.address), 'inbound', 10n, limit)
    book.release(book.reserve(stranger.channelId, 1n))
    await book.raiseVoucher(one, 3n, undefined)
    book.release(book.reserve(two, 1n))
    expect(book.unsecuredOf(payer.address)).toBe(0n)
  })

  it('frees a reservation once, and a made-up one never', async () => {
    const state = await addChannel(book, configOf(payer.address, payee.address), 'inbound', 10n)
    const held = book.reserve(state.channelId, 4n)
    expect(book.isHeld(held)).toBe(true)
    book.release(held)
    book.release(held)
    book.release({ id: 999, channelId: state.channelId, maximumPicoUsd: 1_000n })
    expect(book.isHeld(held)).toBe(false)
    expect(book.require(state.channelId).reservedPicoUsd).toBe(0n)
  })

  it('never lowers a voucher', async () => {
    const state = await addChannel(book, configOf(payer.address, payee.address), 'inbound', 10n)
    await book.raiseVoucher(state.channelId, 5n, `0x${'05'.repeat(65)}`)
    await book.raiseVoucher(state.channelId, 4n, `0x${'04'.repeat(65)}`)
    book.applySettlement({
      channelId: state.channelId,
      owedPicoUsd: 1n,
      voucher: { voucherAtomic: 3n, signature: '0x03' },
    })
    expect(book.require(state.channelId).voucherAtomic).toBe(5n)
    expect((await reopened()).require(state.channelId).voucherSignature).toBe(`0x${'05'.repeat(65)}`)
  })

  it('finds the outbound channel with the most left', async () => {
    await addChannel(book, configOf(payer.address, payee.address, 'small'), 'outbound', 10n)
    const large = await addChannel(book, configOf(payer.address, payee.address, 'large'), 'outbound', 20n)
    const closing = await addChannel(book, configOf(payer.address, payee.address, 'closing'), 'outbound', 99n)
    await book.setStatus(closing.channelId, 'withdrawing')
    expect(book.outboundTo(payee.address)?.channelId).toBe(large.channelId)
    book.applySettlement({ channelId: large.channelId, owedPicoUsd: 15_000_000n })
    expect(book.outboundTo(payee.address)?.depositAtomic).toBe(10n)
    expect(book.outboundTo(payer.address)).toBeUndefined()
  })

  it('never promises more than the deposit under any order of events', async () => {
    let salt = 0
    const step = fc.oneof(
      fc.record({ kind: fc.constant('reserve' as const), amount: fc.bigInt(0n, 8_000_000n) }),
      fc.record({ kind: fc.constant('release' as const), amount: fc.bigInt(0n, 20n) }),
      fc.record({ kind: fc.constant('settle' as const), amount: fc.bigInt(0n, 8_000_000n) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const config = configOf(payer.address, payee.address, `property ${salt++}`)
        const { channelId } = await addChannel(book, config, 'inbound', 20n)
        const held: Reservation[] = []
        for (const { kind, amount } of steps) {
          const reservation = held[Number(amount) % Math.max(1, held.length)]
          if (kind === 'reserve') {
            try {
              held.push(book.reserve(channelId, amount))
            } catch {
              continue
            }
          } else if (reservation !== undefined) {
            const cost =
              kind === 'settle' ? (amount < reservation.maximumPicoUsd ? amount : reservation.maximumPicoUsd) : 0n
            book.applySettlement({ channelId, owedPicoUsd: book.require(channelId).owedPicoUsd + cost })
            book.release(reservation)
            held.splice(held.indexOf(reservation), 1)
          }
          const state = book.require(channelId)
          expect(state.owedPicoUsd + state.reservedPicoUsd).toBeLessThanOrEqual(20_000_000n)
          expect(state.reservedPicoUsd).toBe(held.reduce((sum, item) => sum + item.maximumPicoUsd, 0n))
        }
      }),
      { numRuns: 40 },
    )
  })
})
