import { join } from 'node:path'
import { zeroHash } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { SignedReceipt } from '@koinon/work'
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
import type { ChannelBook } from './channel-book.ts'
import type { ChannelState } from './channel-state.ts'
import type { ReceiptLedger } from './receipt-ledger.ts'
import type { FinalAnswer } from './receipt-types.ts'

const payer = party('payer')
const gateway = party('gateway')
const provider = party('provider')
const folder = temporaryFolder()
const stores: DurableStore[] = []
let hub: { ledger: ReceiptLedger; book: ChannelBook; inbound: ChannelState; outbound: ChannelState }
let worker: { ledger: ReceiptLedger; book: ChannelBook; inbound: ChannelState }

beforeAll(async () => {
  for (const name of ['hub', 'worker']) stores.push(await openStore(join(folder.path, name)))
  const toProvider = configOf(gateway.address, provider.address)
  const started = await startLedger(stores[0] as DurableStore, gateway)
  hub = {
    ...started,
    inbound: await addChannel(started.book, configOf(payer.address, gateway.address), 'inbound', 10_000n),
    outbound: await addChannel(started.book, toProvider, 'outbound', 10_000n),
  }
  const provided = await startLedger(stores[1] as DurableStore, provider)
  worker = { ...provided, inbound: await addChannel(provided.book, toProvider, 'inbound', 10_000n) }
})

afterAll(async () => {
  await hub.ledger.stop()
  await worker.ledger.stop()
  for (const store of stores) await store.close()
  folder.remove()
})

let next = 1
/** The provider's receipt for a request, as a gateway gets it. */
async function provide(id = requestId(next++), amount = 1_000_000n): Promise<SignedReceipt> {
  const bundle = await worker.ledger.finalize(answerOn(worker.ledger, worker.inbound, amount, id))
  return bundle.hops[0] as SignedReceipt
}

/** The gateway's own answer around it. */
function pass(upstream: SignedReceipt, changes: Partial<FinalAnswer> = {}): FinalAnswer {
  return answerOn(hub.ledger, hub.inbound, 1_200_000n, upstream.receipt.requestId, {
    upstream,
    upstreamReservation: hub.ledger.reserve(hub.outbound.channelId, 2_000_000n),
    ...changes,
  })
}

const refused = (answer: FinalAnswer, code = 'payments/bad-answer') =>
  expect(hub.ledger.finalize(answer)).rejects.toMatchObject({ code })

describe('answers passed on', () => {
  it('owe the provider, and carry its receipt', async () => {
    const before = hub.book.require(hub.outbound.channelId).owedPicoUsd
    const upstream = await provide()
    const bundle = await hub.ledger.finalize(pass(upstream))
    expect(bundle.hops).toHaveLength(2)
    expect(bundle.hops[1]).toEqual(upstream)
    expect(bundle.hops[0]?.receipt.upstreamReceipt).not.toBe(zeroHash)
    expect(hub.book.require(hub.outbound.channelId).owedPicoUsd - before).toBe(1_000_000n)
    expect(hub.book.require(hub.outbound.channelId).reservedPicoUsd).toBe(0n)
  })

  it('may owe less than the provider asks, never more', async () => {
    const before = hub.book.require(hub.outbound.channelId).owedPicoUsd
    await hub.ledger.finalize(pass(await provide(), { upstreamOwedPicoUsd: 400_000n }))
    expect(hub.book.require(hub.outbound.channelId).owedPicoUsd - before).toBe(400_000n)
    await refused(pass(await provide(), { upstreamOwedPicoUsd: 1_000_001n }))
    await refused(pass(await provide(), { upstreamOwedPicoUsd: -1n }))
  })

  it('are refused when the provider lies about them', async () => {
    const upstream = await provide()
    const lie = (changes: Partial<SignedReceipt['receipt']>): SignedReceipt => ({
      ...upstream,
      receipt: { ...upstream.receipt, ...changes },
    })
    await refused(pass(upstream, { responseHash: `0x${'01'.repeat(32)}` }))
    await refused(pass(lie({ requestHash: `0x${'02'.repeat(32)}` })))
    await refused(pass(lie({ payer: payer.address })))
    await refused(pass(lie({ payee: payer.address })))
    await refused(pass(lie({ channelId: `0x${'03'.repeat(32)}` })), 'payments/channel-unknown')
    await refused(pass(lie({ channelId: hub.inbound.channelId })))
    await refused(pass(upstream, { requestId: requestId(77_777) }))
    await refused(pass(lie({ amountPicoUsd: 3_000_000n })), 'payments/over-reservation')
    expect(hub.book.require(hub.outbound.channelId).reservedPicoUsd).toBe(0n)
    expect(hub.book.require(hub.inbound.channelId).reservedPicoUsd).toBe(0n)
  })
})

describe('answers', () => {
  const own = (changes: Partial<FinalAnswer>) => answerOn(hub.ledger, hub.inbound, 5n, requestId(next++), changes)
  const times = { receivedAtMs: 10, firstByteAtMs: 20, endedAtMs: 30 }

  it.each<readonly [string, Partial<FinalAnswer>]>([
    ['a short request id', { requestId: '0x01' }],
    ['an upper-case hash', { requestHash: `0x${'AB'.repeat(32)}` }],
    ['a negative amount', { amountPicoUsd: -1n }],
    ['an amount beyond 63 bits', { amountPicoUsd: 1n << 63n }],
    ['rung 5', { rung: 5 }],
    ['a broken rung', { rung: 0.5 }],
    ['times out of order', { times: { ...times, firstByteAtMs: 31 } }],
    ['times before the epoch', { times: { ...times, receivedAtMs: -1 } }],
    ['times that are none', { times: { ...times, endedAtMs: Number.NaN } }],
    ['another payer', { payer: provider.address }],
    ['a voucher key of somebody else', { voucherSigner: provider.signer }],
    ['a made-up reservation', { reservation: { id: 4242, channelId: zeroHash, maximumPicoUsd: 10n } }],
  ])('are refused with %s', async (_, changes) => {
    const answer = own({})
    await refused({ ...answer, ...changes })
    hub.ledger.release(answer.reservation)
  })

  it('are refused on a channel of the other direction', async () => {
    await refused(answerOn(hub.ledger, hub.outbound, 5n, requestId(next++)))
  })

  it('are refused beyond what was reserved', async () => {
    await refused(own({ amountPicoUsd: 6n }), 'payments/over-reservation')
  })

  it('cannot be made final with the reservation of another answer', async () => {
    const reservation = hub.ledger.reserve(hub.inbound.channelId, 5n)
    const [one, two] = [own({}), own({})]
    hub.ledger.release(one.reservation)
    hub.ledger.release(two.reservation)
    const results = await Promise.allSettled([
      hub.ledger.finalize({ ...one, reservation }),
      hub.ledger.finalize({ ...two, reservation }),
    ])
    expect(results.map((result) => result.status)).toContain('rejected')
  })

  it('may cost nothing', async () => {
    const before = hub.book.require(hub.inbound.channelId).owedPicoUsd
    await hub.ledger.finalize(own({ amountPicoUsd: 0n }))
    expect(hub.book.require(hub.inbound.channelId).owedPicoUsd).toBe(before)
  })
})
