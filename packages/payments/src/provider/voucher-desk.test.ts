import { join } from 'node:path'
import { bytesToHex } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import { signVoucher } from '@x402/evm/batch-settlement/client'
import * as fc from 'fast-check'
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChannelBook } from '../core/channel-book.ts'
import type { ChannelState } from '../core/channel-state.ts'
import { nobleSecp256k1 } from '../core/native-secp256k1.ts'
import { parseVoucher, type SignedVoucher } from '../rules/voucher.ts'
import { addChannel, configOf, openStore, party, temporaryFolder, testDomain } from '../testing/fixtures.ts'
import { VoucherDesk } from './voucher-desk.ts'

const payer = party('payer')
const payee = party('payee')
const thief = party('thief')
let folder: ReturnType<typeof temporaryFolder>
let store: DurableStore
let book: ChannelBook
let channel: ChannelState
let desk: VoucherDesk
let refreshes: number

beforeEach(async () => {
  folder = temporaryFolder()
  store = await openStore(join(folder.path, 'desk.db'))
  book = new ChannelBook({ store, domain: testDomain })
  await book.start()
  channel = await addChannel(book, configOf(payer.address, payee.address), 'inbound', 100n)
  refreshes = 0
  desk = new VoucherDesk({
    book,
    refresh: async (channelId) => {
      refreshes += 1
      return book.observe(channelId, { ...book.require(channelId), depositAtomic: 200n })
    },
  })
})

afterEach(async () => {
  await store.close()
  folder.remove()
})

const sign = (maxClaimableAtomic: bigint, signer = payer.signer, channelId = channel.channelId): SignedVoucher =>
  signer.sign({ channelId, maxClaimableAtomic })
const held = () => book.require(channel.channelId).voucherAtomic

describe('VoucherDesk', () => {
  it('takes a voucher of the stock x402 client', async () => {
    const account = privateKeyToAccount(bytesToHex(payer.secretKey))
    const stock = await signVoucher(account, channel.channelId, '42', `eip155:${testDomain.chainId}`)
    expect(await desk.deliver(parseVoucher(stock))).toMatchObject({ voucherAtomic: 42n, isNew: true })
    const again = new ChannelBook({ store, domain: testDomain })
    await again.start()
    expect(again.require(channel.channelId)).toMatchObject({ voucherAtomic: 42n, voucherSignature: stock.signature })
  })

  it('counts it at once', () => {
    desk.accept(sign(42n))
    expect(held()).toBe(42n)
  })

  it('answers repeated and overtaken vouchers with the one it holds', () => {
    desk.accept(sign(42n))
    expect(desk.accept(sign(42n))).toMatchObject({ voucherAtomic: 42n, isNew: false })
    expect(desk.accept(sign(41n))).toMatchObject({ voucherAtomic: 42n, isNew: false })
    // A lower one is not even looked at, so a forged one costs nothing and changes nothing.
    expect(desk.accept(sign(41n, thief.signer))).toMatchObject({ voucherAtomic: 42n, isNew: false })
  })

  it.each<readonly [string, () => SignedVoucher, string]>([
    ['of somebody else', () => sign(50n, thief.signer), 'payments/voucher-forged'],
    [
      'for another amount than was signed',
      () => ({ ...sign(50n), maxClaimableAtomic: 51n }),
      'payments/voucher-forged',
    ],
    ['with a broken signature', () => ({ ...sign(50n), signature: `0x${'00'.repeat(65)}` }), 'payments/voucher-forged'],
    ['for an unknown channel', () => sign(50n, payer.signer, `0x${'09'.repeat(32)}`), 'payments/channel-unknown'],
    ['beyond the deposit', () => sign(101n), 'payments/voucher-over-deposit'],
    ['of the largest amount there is', () => sign((1n << 128n) - 1n), 'payments/voucher-over-deposit'],
  ])('refuses a voucher %s', (_, voucher, code) => {
    expect(() => desk.accept(voucher())).toThrow(expect.objectContaining({ code }))
    expect(held()).toBe(0n)
  })

  it('refuses a voucher made for the same channel on another chain or escrow', () => {
    const other = party('payer', { ...testDomain, chainId: 1 })
    expect(() => desk.accept(sign(50n, other.signer))).toThrow(
      expect.objectContaining({ code: 'payments/voucher-forged' }),
    )
  })

  it('refuses a voucher for a channel that we pay', async () => {
    const outbound = await addChannel(book, configOf(payee.address, payer.address), 'outbound', 100n)
    expect(() => desk.accept(sign(5n, payee.signer, outbound.channelId))).toThrow(
      expect.objectContaining({ code: 'payments/voucher-forged' }),
    )
  })

  it('looks for a top-up once, and only for a voucher the payer signed', async () => {
    expect(await desk.deliver(sign(150n))).toMatchObject({ voucherAtomic: 150n })
    expect(refreshes).toBe(1)
    await expect(desk.deliver(sign(999n, thief.signer))).rejects.toMatchObject({ code: 'payments/voucher-forged' })
    expect(refreshes).toBe(1)
    await expect(desk.deliver(sign(201n))).rejects.toMatchObject({ code: 'payments/voucher-over-deposit' })
    expect(refreshes).toBe(2)
  })

  it('tells who waits when the store is gone, and does not crash who does not', async () => {
    await store.close()
    expect(desk.accept(sign(10n)).isNew).toBe(true)
    await expect(desk.deliver(sign(11n))).rejects.toMatchObject({ code: 'store/closed' })
    store = await openStore(join(folder.path, 'desk.db'))
  })

  it('holds the highest valid voucher, whatever comes in which order, with either engine', async () => {
    let salt = 0
    const offers = fc.array(fc.record({ amount: fc.bigInt(0n, 130n), signer: fc.constantFrom(payer, payer, thief) }), {
      maxLength: 12,
    })
    await fc.assert(
      fc.asyncProperty(offers, fc.boolean(), async (list, isPortable) => {
        const state = await addChannel(book, configOf(payer.address, payee.address, `p${salt++}`), 'inbound', 100n)
        const counter = new VoucherDesk({
          book,
          refresh: async () => state,
          ...(isPortable ? { engine: nobleSecp256k1 } : {}),
        })
        let highest = 0n
        for (const { amount, signer } of list) {
          const isValid = signer === payer && amount <= 100n
          try {
            const accepted = counter.accept(
              signer.signer.sign({ channelId: state.channelId, maxClaimableAtomic: amount }),
            )
            expect(accepted.isNew).toBe(isValid && amount > highest)
          } catch {
            expect(isValid).toBe(false)
          }
          if (isValid && amount > highest) highest = amount
          expect(book.require(state.channelId).voucherAtomic).toBe(highest)
        }
      }),
      { numRuns: 25 },
    )
  })
})
