/** The desk over a real store and no chain: whatever comes in whichever order, and when the process dies. */
import { join } from 'node:path'
import { bytesToHex, type Hex, sha256, systemRandom, utf8ToBytes } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChannelBook } from '../core/channel-book.ts'
import type { ChannelState } from '../core/channel-state.ts'
import type { ReceiptLedger } from '../core/receipt-ledger.ts'
import { paymentsSchema } from '../core/schema.ts'
import { channelIdOf } from '../rules/channel.ts'
import { claimableTotal } from '../rules/claims.ts'
import { requestHashOf } from '../rules/http-call.ts'
import type { PaymentTerms } from '../rules/terms.ts'
import type { SignedVoucher } from '../rules/voucher.ts'
import {
  addChannel,
  configOf,
  openStore,
  type Party,
  party,
  startLedger,
  temporaryFolder,
  testDomain,
} from '../testing/fixtures.ts'
import type { CallResult, HeldPayment, PaidCall } from './cash-desk.ts'
import { ChannelAdmission } from './channel-admission.ts'
import { SellerDesk } from './seller-desk.ts'

const payer = party('payer')
const payee = party('payee')
const clock = { nowMs: () => Date.now() }
// Nobody listens there: a known channel must not need the ledger.
const reader = createLedgerReader({
  chainId: testDomain.chainId,
  name: 'none',
  rpcUrl: 'http://127.0.0.1:9',
} as NetworkFile)

let folder: ReturnType<typeof temporaryFolder>
let open: { store: DurableStore; book: ChannelBook; ledger: ReceiptLedger; desk: SellerDesk }

async function start(name = 'desk.db'): Promise<typeof open> {
  const store = await openStore(join(folder.path, name))
  const { ledger, book } = await startLedger(store, payee)
  const terms = {
    receiver: payee.address,
    token: configOf(payer.address, payee.address).token,
    minimumWithdrawDelay: 900,
    minimumDepositAtomic: 1n,
    creditLimitPicoUsd: 0n,
    maximumChannels: 100,
  }
  const admission = new ChannelAdmission({ book, reader, terms, clock })
  const desk = new SellerDesk({ store, book, ledger, admission, clock, random: systemRandom })
  await desk.start()
  return { store, book, ledger, desk }
}

/** What is left when a process is killed: the store. */
async function crash(): Promise<void> {
  await open.store.close()
  open = await start()
}

beforeEach(async () => {
  folder = temporaryFolder()
  open = await start()
})

afterEach(async () => {
  await open.ledger.stop()
  await open.store.close()
  folder.remove()
})

const channelOf = (deposit: bigint, salt = 'one'): Promise<ChannelState> =>
  addChannel(open.book, configOf(payer.address, payee.address, salt), 'inbound', deposit, 0n)

function termsOf(channel: ChannelState, maximumAtomic: bigint, changes: Partial<PaymentTerms> = {}): PaymentTerms {
  return {
    resource: { url: 'https://seller.example/answer', method: 'GET' },
    chainId: testDomain.chainId,
    asset: { token: channel.config.token, name: 'Test Dollar', version: '1', decimals: 6 },
    payTo: payee.address,
    maximumAtomic,
    backEnds: ['channel', 'exact'],
    timeoutSeconds: 60,
    ...changes,
  }
}

function callOf(
  channel: ChannelState,
  voucherAtomic: bigint,
  maximumAtomic: bigint,
  changes: Partial<PaidCall> = {},
): PaidCall {
  const voucher = payer.signer.sign({ channelId: channel.channelId, maxClaimableAtomic: voucherAtomic })
  return {
    terms: termsOf(channel, maximumAtomic),
    commitment: { backEnd: 'channel', config: channel.config, voucher },
    requestHash: requestHashOf('GET', 'https://seller.example/answer', new Uint8Array()),
    receivedAtMs: Date.now() - 1,
    ...changes,
  }
}

const hash = (text: string): Hex => bytesToHex(sha256(utf8ToBytes(text)))

function resultOf(chargedAtomic: bigint, body = 'answer'): CallResult {
  const times = { receivedAtMs: Date.now() - 1, firstByteAtMs: Date.now(), endedAtMs: Date.now() }
  return {
    chargedAtomic,
    responseHash: hash(body),
    kind: 'http',
    work: { body },
    workHash: hash(`work ${body}`),
    times,
    answer: { status: 200, headers: { 'content-type': 'text/plain' }, body: utf8ToBytes(body) },
  }
}

async function held(call: PaidCall): Promise<HeldPayment> {
  const admission = await open.desk.admit(call)
  if (admission.state !== 'held') throw new Error('it was done before')
  return admission.payment
}

const stateOf = (channel: ChannelState) => open.book.require(channel.channelId)
const code = (name: string) => expect.objectContaining({ code: `payments/${name}` })

describe('a desk', () => {
  it('charges what a call came to, keeps the voucher, and gives a receipt', async () => {
    const channel = await channelOf(100n)
    const payment = await held(callOf(channel, 30n, 30n))
    const { charge, bundle } = await payment.charge(resultOf(20n))
    expect(charge).toMatchObject({
      payer: payer.address,
      chargedAtomic: 20n,
      channel: { owedAtomic: 20n, depositAtomic: 100n },
    })
    expect(bundle.hops[0]?.receipt).toMatchObject({
      kind: 'http',
      amountPicoUsd: 20_000_000n,
      channelId: channel.channelId,
    })
    await crash()
    expect(stateOf(channel)).toMatchObject({ owedPicoUsd: 20_000_000n, voucherAtomic: 30n, reservedPicoUsd: 0n })
    expect(claimableTotal(stateOf(channel))).toBe(20n)
  })

  it('numbers calls by their time, so that the store keeps neighbours together, and by chance', async () => {
    const channel = await channelOf(1_000n)
    const calls: { id: Hex; fromMs: number; untilMs: number }[] = []
    for (let count = 0; count < 50; count++) {
      const fromMs = Date.now()
      const payment = await held(callOf(channel, 1n, 1n))
      calls.push({ id: payment.requestId, fromMs, untilMs: Date.now() })
      payment.release()
    }
    for (const { id, fromMs, untilMs } of calls) {
      expect(id).toMatch(/^0x[0-9a-f]{32}$/)
      const atMs = Number(id.slice(0, 14))
      expect(atMs >= fromMs && atMs <= untilMs).toBe(true)
    }
    expect(new Set(calls.map(({ id }) => id.slice(14))).size).toBe(50)
  })

  it.each<readonly [string, Partial<PaymentTerms>, string]>([
    [
      'another token',
      { asset: { token: `0x${'ee'.repeat(20)}`, name: 'T', version: '1', decimals: 6 } },
      'commitment-mismatch',
    ],
    ['another payee', { payTo: `0x${'ee'.repeat(20)}` }, 'commitment-mismatch'],
    ['another chain', { chainId: 1 }, 'commitment-mismatch'],
    ['another way to pay', { backEnds: ['exact'] }, 'commitment-mismatch'],
    ['more money', { maximumAtomic: 31n }, 'voucher-short'],
    ['more than the deposit', { maximumAtomic: 101n }, 'voucher-short'],
  ])('refuses a voucher where the terms ask for %s', async (_, changes, name) => {
    const channel = await channelOf(100n)
    const call = callOf(channel, 30n, 30n)
    await expect(open.desk.admit({ ...call, terms: { ...call.terms, ...changes } })).rejects.toEqual(code(name))
    expect(stateOf(channel).reservedPicoUsd).toBe(0n)
  })

  it('refuses a voucher of somebody else, of another channel, and one that was changed', async () => {
    const channel = await channelOf(100n)
    const other = await channelOf(100n, 'two')
    const call = callOf(channel, 30n, 30n)
    const sign = (who: Party, maxClaimableAtomic: bigint, channelId = channel.channelId) =>
      who.signer.sign({ channelId, maxClaimableAtomic })
    const forged: readonly SignedVoucher[] = [
      sign(party('thief'), 30n),
      { ...sign(payer, 30n), maxClaimableAtomic: 40n },
      { ...sign(payer, 30n, other.channelId), channelId: channel.channelId },
      { ...sign(payer, 30n), signature: '0x1234' },
    ]
    for (const voucher of forged) {
      const commitment = { backEnd: 'channel', config: channel.config, voucher } as const
      await expect(open.desk.admit({ ...call, commitment })).rejects.toEqual(code('voucher-forged'))
    }
    const commitment = { backEnd: 'channel', config: other.config, voucher: sign(payer, 30n) } as const
    await expect(open.desk.admit({ ...call, commitment })).rejects.toEqual(code('commitment-mismatch'))
    expect(open.desk.underWay(channel.channelId)).toEqual([])
  })

  it('begins one of six copies, and tells a payer of a short voucher what to sign', async () => {
    const channel = await channelOf(100n)
    const call = callOf(channel, 10n, 10n)
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => held(call)))
    const [first] = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(5)
    await first?.charge(resultOf(10n))
    await expect(held(call)).rejects.toMatchObject({
      code: 'payments/voucher-short',
      details: { status: 402, channel: { owedAtomic: '10', keptAtomic: '10', nextAtomic: '20', depositAtomic: '100' } },
    })
  })

  it('owes nothing for a call that failed or died, and takes its voucher again', async () => {
    const channel = await channelOf(100n)
    const call = callOf(channel, 10n, 10n)
    ;(await held(call)).release()
    const dying = await held(call)
    await open.store.close()
    await expect(dying.charge(resultOf(10n))).rejects.toMatchObject({ code: 'store/closed' })
    open = await start()
    expect(stateOf(channel)).toMatchObject({ owedPicoUsd: 0n, voucherAtomic: 0n })
    await (await held(call)).charge(resultOf(10n))
    expect(stateOf(channel).owedPicoUsd).toBe(10_000_000n)
  })

  it('ends a held payment once, whatever the seller does', async () => {
    const channel = await channelOf(100n)
    const payment = await held(callOf(channel, 10n, 10n))
    const [first, second] = await Promise.allSettled([payment.charge(resultOf(10n)), payment.charge(resultOf(10n))])
    expect([first?.status, second?.status]).toEqual(['fulfilled', 'rejected'])
    payment.release()
    await expect(payment.charge(resultOf(1n))).rejects.toEqual(code('bad-answer'))
    const dear = await held(callOf(channel, 20n, 10n))
    await expect(dear.charge(resultOf(11n))).rejects.toEqual(code('over-reservation'))
    expect(stateOf(channel)).toMatchObject({ owedPicoUsd: 10_000_000n, reservedPicoUsd: 0n })
  })

  it('lets a stream grow with further vouchers of its channel', async () => {
    const channel = await channelOf(100n)
    const stream = await held(callOf(channel, 10n, 10n))
    const other = await held(callOf(channel, 15n, 5n))
    const sign = (maxClaimableAtomic: bigint, who = payer) =>
      who.signer.sign({ channelId: channel.channelId, maxClaimableAtomic })
    await expect(stream.extend?.(sign(20n), 20n)).rejects.toThrow(code('voucher-short'))
    await expect(stream.extend?.(sign(40n, party('thief')), 30n)).rejects.toThrow(code('voucher-forged'))
    await expect(stream.extend?.(sign(200n), 30n)).rejects.toThrow(code('voucher-over-deposit'))
    const salt: Hex = `0x${'00'.repeat(32)}`
    const deposit = { amountAtomic: 100n, validAfter: 0n, validBefore: 9_999_999_999n, salt, signature: salt }
    // A deposit is sent only for a voucher that would be held with it.
    await expect(stream.extend?.(sign(20n), 20n, deposit)).rejects.toThrow(code('voucher-short'))
    await expect(stream.extend?.(sign(300n), 30n, deposit)).rejects.toThrow(code('voucher-over-deposit'))
    await expect(stream.extend?.(sign(200n), 30n, deposit)).rejects.toThrow(code('deposit-refused'))
    await stream.extend?.(sign(40n), 30n)
    expect([stream.maximumAtomic, stateOf(channel).reservedPicoUsd]).toEqual([30n, 35_000_000n])
    await stream.charge(resultOf(30n))
    await expect(stream.extend?.(sign(60n), 50n)).rejects.toThrow()
    await other.charge(resultOf(5n))
    expect(stateOf(channel)).toMatchObject({ owedPicoUsd: 35_000_000n, voucherAtomic: 40n, reservedPicoUsd: 0n })
  })

  it('answers a payment id once, to its payer, for its request', async () => {
    const channel = await channelOf(100n)
    const paymentId = 'pay_0123456789abcdef'
    const call = callOf(channel, 10n, 10n, { paymentId })
    const payment = await held(call)
    await expect(open.desk.admit(call)).rejects.toEqual(code('payment-id-busy'))
    await expect(open.desk.admit({ ...call, requestHash: hash('other') })).rejects.toEqual(code('payment-id-reused'))
    await payment.charge(resultOf(7n, 'once'))
    await crash()
    for (const voucherAtomic of [10n, 17n]) {
      const again = await open.desk.admit(callOf(channel, voucherAtomic, 10n, { paymentId }))
      expect(again).toMatchObject({ state: 'repeated', charge: { chargedAtomic: 7n, channel: { owedAtomic: 7n } } })
      if (again.state === 'repeated') expect(Buffer.from(again.answer?.body ?? []).toString()).toBe('once')
    }
    await expect(open.desk.admit({ ...call, requestHash: hash('other') })).rejects.toEqual(code('payment-id-reused'))
    // Who did not sign hears nothing of it.
    const voucher = party('thief').signer.sign({ channelId: channel.channelId, maxClaimableAtomic: 17n })
    const commitment = { backEnd: 'channel', config: channel.config, voucher } as const
    await expect(open.desk.admit({ ...call, commitment })).rejects.toEqual(code('voucher-forged'))
    expect(stateOf(channel).owedPicoUsd).toBe(7_000_000n)
  })

  it('tells nobody an answer who names its payer as the payer of a channel of his own', async () => {
    const channel = await channelOf(100n)
    const paymentId = 'pay_0123456789abcdef'
    await (await held(callOf(channel, 10n, 10n, { paymentId }))).charge(resultOf(7n, 'private'))
    const thief = party('thief')
    const config = configOf(payer.address, payee.address, 'of the thief', thief.address)
    const made = channelIdOf(config, testDomain)
    // A channel that exists nowhere, and one that the thief paid into for the other.
    for (const isFunded of [false, true]) {
      if (isFunded) await addChannel(open.book, config, 'inbound', 100n, 0n)
      const voucher = thief.signer.sign({ channelId: made, maxClaimableAtomic: 10n })
      const commitment = { backEnd: 'channel', config, voucher } as const
      const call = { ...callOf(channel, 17n, 10n, { paymentId }), commitment }
      const admission = await open.desk.admit(call).catch(() => undefined)
      expect(admission?.state).not.toBe('repeated')
      // Nor does it keep the payer from its own id.
      expect((await open.desk.admit(callOf(channel, 17n, 10n, { paymentId }))).state).toBe('repeated')
    }
  })

  it('frees the id of a call that failed, and refuses malformed ids', async () => {
    const channel = await channelOf(100n)
    const call = callOf(channel, 10n, 10n, { paymentId: 'pay_0123456789abcdef' })
    ;(await held(call)).release()
    expect((await open.desk.admit(call)).state).toBe('held')
    for (const paymentId of ['short', 'x'.repeat(129), 'pay 0123456789abcdef', '../../../etc/passwd']) {
      await expect(open.desk.admit({ ...call, paymentId })).rejects.toEqual(code('bad-payment-id'))
    }
  })

  it('serves many calls of a payer that counts what it has under way', async () => {
    const channel = await channelOf(10_000n)
    let base = 0n
    const calls = Array.from({ length: 60 }, () => callOf(channel, (base += 10n), 10n))
    // They overtake each other on the way.
    const shuffled = calls.map((call, index) => ({ call, order: (index * 37) % 60 })).sort((a, b) => a.order - b.order)
    const payments = await Promise.all(shuffled.map(({ call }) => held(call)))
    await Promise.all(
      payments.map((payment, index) => (index % 5 === 0 ? payment.release() : payment.charge(resultOf(10n)))),
    )
    const owed = stateOf(channel).owedPicoUsd / 1_000_000n
    expect(owed).toBe(480n)
    expect(claimableTotal(stateOf(channel))).toBe(owed)
  })

  it('never owes more than is signed and charged, through any calls, copies, failures and crashes', async () => {
    let salt = 0
    const steps = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ kind: fc.constant('call' as const), rest: fc.bigInt(0n, 6n) }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('copy' as const), back: fc.nat(5) }) },
        {
          weight: 4,
          arbitrary: fc.record({ kind: fc.constant('end' as const), index: fc.nat(4), charged: fc.bigInt(0n, 5n) }),
        },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
      ),
      { maxLength: 14 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const channel = await channelOf(60n, `property ${salt++}`)
        const sent: PaidCall[] = []
        let running: { payment: HeldPayment; voucher: bigint }[] = []
        let charged = 0n
        let covered = 0n
        for (const step of list) {
          if (step.kind === 'crash') {
            await crash()
            running = []
          } else if (step.kind === 'end') {
            const [call] = running.splice(step.index % Math.max(1, running.length), 1)
            if (call === undefined) continue
            await call.payment.charge(resultOf(step.charged))
            charged += step.charged
            if (step.charged > 0n && call.voucher > covered) covered = call.voucher
          } else {
            const standing = open.desk.standing(channel.channelId, 5n)
            if (step.kind === 'call') sent.push(callOf(channel, (standing?.nextAtomic ?? 0n) + step.rest, 5n))
            const call = step.kind === 'copy' ? sent.at(-1 - step.back) : sent.at(-1)
            if (call === undefined || call.commitment.backEnd !== 'channel') continue
            const voucher = call.commitment.voucher.maxClaimableAtomic
            const isRunning = running.some((other) => other.voucher === voucher)
            const payment = await held(call).catch(() => undefined)
            expect(payment !== undefined && isRunning).toBe(false)
            if (payment !== undefined) running.push({ payment, voucher })
          }
          const state = stateOf(channel)
          expect(state.owedPicoUsd).toBe(charged * 1_000_000n)
          expect(charged <= covered && covered <= 60n).toBe(true)
          expect(state.voucherAtomic).toBe(covered)
        }
        for (const { payment } of running) payment.release()
        expect(stateOf(channel).reservedPicoUsd).toBe(0n)
      }),
      { numRuns: 40 },
    )
  })

  it('works over a store of an earlier version', async () => {
    const path = join(folder.path, 'old.db')
    const old = paymentsSchema
      .split(';')
      .filter((statement) => !/payment_(prepaid|exact|calls)/.test(statement))
      .join(';')
    const store = await DurableStore.open(path, old)
    const book = new ChannelBook({ store, domain: testDomain })
    await store.write([
      { sql: 'create table payment_prepaid (channel_id text, config text, owed_pico_usd text, opened_at_ms integer)' },
    ])
    await book.start()
    const channel = await addChannel(book, configOf(payer.address, payee.address), 'inbound', 100n)
    await store.write([{ sql: 'drop table payment_prepaid' }])
    await store.close()
    const before = open
    open = await start('old.db')
    await (await held(callOf(channel, 10n, 10n))).charge(resultOf(10n))
    expect(stateOf(channel).owedPicoUsd).toBe(10_000_000n)
    await before.store.close()
  })
})
