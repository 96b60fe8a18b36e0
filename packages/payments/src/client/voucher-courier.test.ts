import { join } from 'node:path'
import { type Hex, KoinonError, sleep } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChannelBook } from '../core/channel-book.ts'
import type { ChannelState } from '../core/channel-state.ts'
import { VoucherDesk } from '../provider/voucher-desk.ts'
import { decodeVoucherHeader, type SignedVoucher } from '../rules/voucher.ts'
import { addChannel, configOf, openStore, party, temporaryFolder, testDomain } from '../testing/fixtures.ts'
import { VoucherCourier } from './voucher-courier.ts'

const gateway = party('gateway')
const provider = party('provider')
let folder: ReturnType<typeof temporaryFolder>
let stores: DurableStore[]
let book: ChannelBook
let channel: ChannelState
let desk: VoucherDesk
let receiverBook: ChannelBook
let couriers: VoucherCourier[]

/** Both ends are real: the gateway's book and courier, the provider's book and desk. */
beforeEach(async () => {
  folder = temporaryFolder()
  couriers = []
  stores = [await openStore(join(folder.path, 'gateway')), await openStore(join(folder.path, 'provider'))]
  const config = configOf(gateway.address, provider.address)
  book = new ChannelBook({ store: stores[0] as DurableStore, domain: testDomain })
  receiverBook = new ChannelBook({ store: stores[1] as DurableStore, domain: testDomain })
  await book.start()
  await receiverBook.start()
  channel = await addChannel(book, config, 'outbound', 1_000n)
  await addChannel(receiverBook, config, 'inbound', 1_000n)
  desk = new VoucherDesk({ book: receiverBook, refresh: async (id) => receiverBook.require(id) })
})

afterEach(async () => {
  for (const courier of couriers) await courier.stop()
  for (const store of stores) await store.close()
  folder.remove()
})

function courierWith(send: (voucher: SignedVoucher) => Promise<void>): VoucherCourier {
  const courier = new VoucherCourier({
    book,
    signer: gateway.signer,
    send: (_channel, voucher) => send(voucher),
    unit: () => 0,
    flushDelayMs: 5,
  })
  couriers.push(courier)
  courier.start()
  return courier
}

const deliver = async (voucher: SignedVoucher) => void (await desk.deliver(voucher))
const owe = (atomic: bigint) => book.applySettlement({ channelId: channel.channelId, owedPicoUsd: atomic * 1_000_000n })
const arrived = () => receiverBook.require(channel.channelId).voucherAtomic
const confirmed = () => book.require(channel.channelId).voucherAtomic

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it did not happen')
    await sleep(5)
  }
}

describe('VoucherCourier', () => {
  it('brings a debt to the receiver by itself', async () => {
    const courier = courierWith(deliver)
    owe(7n)
    courier.noticeDebt(channel.channelId)
    await until(() => arrived() === 7n && confirmed() === 7n)
    expect(courier.voucherFor(channel.channelId)).toBeUndefined()
  })

  it('lets it ride on a request instead', async () => {
    const courier = courierWith(async () => {
      throw new Error('nothing was to be sent')
    })
    owe(7n)
    const voucher = decodeVoucherHeader(courier.header(channel.channelId) as string)
    expect(desk.accept(voucher)).toMatchObject({ voucherAtomic: 7n, isNew: true })
    await courier.confirm(voucher)
    expect(courier.header(channel.channelId)).toBeUndefined()
    owe(9n)
    expect(courier.voucherFor(channel.channelId)?.maxClaimableAtomic).toBe(9n)
  })

  it('never signs for more than is owed', () => {
    const courier = courierWith(deliver)
    book.applySettlement({ channelId: channel.channelId, owedPicoUsd: 7_999_999n })
    expect(courier.voucherFor(channel.channelId)?.maxClaimableAtomic).toBe(7n)
    book.applySettlement({ channelId: channel.channelId, owedPicoUsd: 999_999n })
    expect(courier.voucherFor(channel.channelId)).toBeUndefined()
  })

  it('tries again after failures and after an answer that was lost on the way', async () => {
    let calls = 0
    const courier = courierWith(async (voucher) => {
      calls += 1
      if (calls === 1) throw new Error('connection refused')
      await deliver(voucher)
      if (calls === 2) throw new KoinonError({ code: 'test/lost', message: 'the answer was lost', retry: 'unknown' })
    })
    owe(7n)
    courier.noticeDebt(channel.channelId)
    await until(() => confirmed() === 7n)
    expect(calls).toBe(3)
    expect(arrived()).toBe(7n)
  })

  it('waits for the next debt when the receiver will never have it', async () => {
    let calls = 0
    const courier = courierWith(async (voucher) => {
      calls += 1
      if (calls === 1) throw new KoinonError({ code: 'test/refused', message: 'no', retry: 'never' })
      await deliver(voucher)
    })
    owe(7n)
    courier.noticeDebt(channel.channelId)
    await until(() => calls === 1)
    await sleep(50)
    expect(calls).toBe(1)
    owe(8n)
    courier.noticeDebt(channel.channelId)
    await until(() => arrived() === 8n)
  })

  it('brings the last debt too when several follow each other', async () => {
    const courier = courierWith(async (voucher) => {
      await sleep(3)
      await deliver(voucher)
    })
    for (let atomic = 1n; atomic <= 40n; atomic++) {
      owe(atomic)
      courier.noticeDebt(channel.channelId)
      await sleep(1)
    }
    await until(() => arrived() === 40n && confirmed() === 40n)
  })

  it('takes up at its start what an earlier process left, and delivers when it stops', async () => {
    owe(7n)
    const courier = courierWith(deliver)
    await until(() => confirmed() === 7n)
    owe(8n)
    await courier.stop()
    expect(arrived()).toBe(8n)
    courier.noticeDebt(channel.channelId)
    owe(9n)
    courier.noticeDebt(channel.channelId)
    await sleep(30)
    expect(arrived()).toBe(8n)
  })

  it('ignores channels that are not its to pay', () => {
    const courier = courierWith(deliver)
    const unknown: Hex = `0x${'01'.repeat(32)}`
    courier.noticeDebt(unknown)
    expect(courier.header(unknown)).toBeUndefined()
  })
})
