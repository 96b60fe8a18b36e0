import { join } from 'node:path'
import { type Hex, KoinonError, sleep, systemRandom } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { LedgerReader, TransactionSender } from '@koinon/ledger'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ChannelOpener, type OpenedChannel } from '../client/channel-opener.ts'
import { ChannelBook } from '../core/channel-book.ts'
import { readChannelFacts, readUnsettled } from '../core/escrow.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { addChannel, openStore, temporaryFolder } from '../testing/fixtures.ts'
import { ClaimWatcher, type ClaimWatcherOptions } from './claim-watcher.ts'

const folder = temporaryFolder()
let net: TestNetwork
let payer: Awaited<ReturnType<TestNetwork['fund']>>
let receiver: Awaited<ReturnType<TestNetwork['fund']>>
let opener: ChannelOpener
let store: DurableStore
let book: ChannelBook
let transactions: string[]
let nowMs = 1_000_000
let files = 0

beforeAll(async () => {
  net = await startNetwork()
  payer = await net.fund('payer')
  receiver = await net.fund('receiver')
  opener = new ChannelOpener({
    reader: net.reader,
    sender: payer.sender,
    payer: payer.account,
    domain: net.domain,
    token: net.network.contracts.dollar,
    collector: net.network.contracts.depositCollector,
    clock: { nowMs: () => Date.now() },
    random: systemRandom,
  })
}, 120_000)

afterAll(async () => {
  await net.close()
  folder.remove()
})

beforeEach(async () => {
  transactions = []
  await openBook(`${files++}.db`)
  return () => store.close()
})

async function openBook(name: string): Promise<void> {
  store = await openStore(join(folder.path, name))
  book = new ChannelBook({ store, domain: net.domain })
  await book.start()
}

/** The receiver's sender, which also writes down what it sends. */
function noting(before?: (name: string) => Promise<void>, after?: (name: string) => Promise<void>): TransactionSender {
  const sender = Object.create(receiver.sender) as TransactionSender
  sender.call = async (call) => {
    const name = call.functionName as string
    await before?.(name)
    transactions.push(name)
    const receipt = await receiver.sender.call(call as never)
    await after?.(name)
    return receipt
  }
  Object.defineProperty(sender, 'address', { value: receiver.address })
  return sender
}

function watcher(changes: Partial<ClaimWatcherOptions> = {}): ClaimWatcher {
  return new ClaimWatcher({
    book,
    reader: net.reader,
    sender: noting(),
    token: net.network.contracts.dollar,
    policy: { thresholdAtomic: 1_000n, maximumAgeMs: 60_000, maximumRows: 3 },
    intervalMs: 20,
    clock: { nowMs: () => nowMs },
    unit: () => 0.5,
    ...changes,
  })
}

/** A channel on the ledger and in the book, with a debt and a voucher. */
async function owing(owedAtomic: bigint, voucherAtomic = owedAtomic, depositAtomic = 10_000n): Promise<OpenedChannel> {
  const opened = await opener.open({ receiver: receiver.address, payerAuthorizer: payer.address, depositAtomic })
  await addChannel(book, opened.config, 'inbound', depositAtomic)
  await owe(opened.channelId, owedAtomic, voucherAtomic)
  return opened
}

async function owe(channelId: Hex, owedAtomic: bigint, voucherAtomic = owedAtomic): Promise<void> {
  book.applySettlement({ channelId, owedPicoUsd: owedAtomic * 1_000_000n })
  const { signature } = payer.signer.sign({ channelId, maxClaimableAtomic: voucherAtomic })
  await book.raiseVoucher(channelId, voucherAtomic, signature)
}

const claimedOnLedger = async (channelId: Hex) =>
  (await readChannelFacts(net.reader, net.domain, [channelId])).get(channelId)?.claimedAtomic
const balance = () => net.dollarsOf(receiver.address)

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it did not happen')
    await sleep(10)
  }
}

const noAnswer = new KoinonError({ code: 'ledger/rpc-failed', message: 'no answer', retry: 'later' })
/** As from a token that pays the receiver nothing now: claims must not wait for it. */
const paysNobody = new KoinonError({ code: 'ledger/refused', message: 'the token refuses it', retry: 'never' })

describe('ClaimWatcher', () => {
  it('waits while little is unclaimed, and claims and settles when it is enough', async () => {
    const before = await balance()
    const { channelId } = await owing(999n)
    const watch = watcher()
    expect((await watch.pass()).claimed).toEqual([])
    await owe(channelId, 1_000n)
    expect((await watch.pass()).claimed).toEqual([{ channelId, totalClaimed: 1_000n, reason: 'threshold' }])
    expect(await claimedOnLedger(channelId)).toBe(1_000n)
    expect((await balance()) - before).toBe(1_000n)
    expect(book.require(channelId).claimedAtomic).toBe(1_000n)
    expect((await watch.pass()).claimed).toEqual([])
    expect(transactions).toEqual(['multicall'])
  })

  it('claims little when it has waited long enough', async () => {
    const { channelId } = await owing(5n)
    const watch = watcher()
    await watch.pass()
    nowMs += 59_999
    expect((await watch.pass()).claimed).toEqual([])
    nowMs += 1
    expect((await watch.pass()).claimed).toMatchObject([{ channelId, reason: 'age' }])
  })

  it('claims at once when the payer begins to withdraw, and the channel takes no more', async () => {
    const { channelId, config } = await owing(5n)
    await opener.initiateWithdrawal(config, 9_995n)
    expect((await watcher().pass()).claimed).toMatchObject([{ channelId, reason: 'withdrawal' }])
    expect(() => book.reserve(channelId, 1n)).toThrow(expect.objectContaining({ code: 'payments/channel-closing' }))
    await net.advanceSeconds(901)
    await opener.finalizeWithdrawal(config)
    expect(await claimedOnLedger(channelId)).toBe(5n)
  })

  it('takes what is owed and no more from a voucher that promises more', async () => {
    const { channelId } = await owing(1_500n, 9_000n)
    await watcher().pass()
    expect(await claimedOnLedger(channelId)).toBe(1_500n)
  })

  it('puts many channels into few transactions', async () => {
    const before = await balance()
    for (let index = 0; index < 5; index++) await owing(2_000n)
    const { claimed } = await watcher().pass()
    expect(claimed).toHaveLength(5)
    expect(transactions).toEqual(['claim', 'multicall'])
    expect((await balance()) - before).toBe(10_000n)
  })

  it('sets one bad voucher aside and claims the others', async () => {
    const good = await owing(2_000n)
    const bad = await opener.open({
      receiver: receiver.address,
      payerAuthorizer: payer.address,
      depositAtomic: 10_000n,
    })
    await addChannel(book, bad.config, 'inbound', 10_000n)
    book.applySettlement({ channelId: bad.channelId, owedPicoUsd: 3_000_000_000n })
    await book.raiseVoucher(bad.channelId, 3_000n, `0x${'11'.repeat(64)}1b`)
    const { claimed, refused, error } = await watcher().pass()
    expect(error).toBeUndefined()
    expect(claimed.map((row) => row.channelId)).toEqual([good.channelId])
    expect(refused.map((row) => row.channelId)).toEqual([bad.channelId])
    expect(refused[0]?.reason).toMatch(/InvalidSignature|ECDSAInvalidSignature/)
  })

  it('claims what is left when it stops, however little', async () => {
    const { channelId } = await owing(3n)
    const watch = watcher()
    watch.start()
    await until(() => watch.status().lastPass !== undefined)
    expect(watch.status().unclaimedAtomic).toBe(3n)
    await watch.stop()
    expect(await claimedOnLedger(channelId)).toBe(3n)
    expect(watch.status().unclaimedAtomic).toBe(0n)
  })

  it('goes on after the ledger was away', async () => {
    const { channelId } = await owing(2_000n)
    let isDown = true
    const flaky = Object.create(net.reader) as LedgerReader
    flaky.multicall = ((options: never) =>
      isDown ? Promise.reject(new Error('connection refused')) : net.reader.multicall(options)) as never
    const watch = watcher({ reader: flaky })
    watch.start()
    await until(() => watch.status().consecutiveFailures >= 2)
    expect(watch.status().lastPass?.error?.code).toBe('payments/ledger-unreachable')
    isDown = false
    await until(async () => (await claimedOnLedger(channelId)) === 2_000n)
    await until(() => watch.status().consecutiveFailures === 0)
    await watch.stop()
  })

  it('does not claim again what was mined although nobody said so', async () => {
    const before = await balance()
    const { channelId } = await owing(2_000n)
    const silent = noting(undefined, async (name) => {
      if (name === 'multicall')
        throw new KoinonError({ code: 'ledger/unknown-outcome', message: 'no answer', retry: 'unknown' })
    })
    const watch = watcher({ sender: silent })
    expect((await watch.pass()).error?.code).toBe('ledger/unknown-outcome')
    const next = await watcher().pass()
    expect(next.claimed).toEqual([])
    expect(transactions).toEqual(['multicall'])
    expect(await claimedOnLedger(channelId)).toBe(2_000n)
    expect((await balance()) - before).toBe(2_000n)
  })

  it('waits while an older transaction of its account is pending, for some time', async () => {
    const { channelId } = await owing(2_000n)
    let pendingCount = 1
    const busy = Object.create(net.reader) as LedgerReader
    busy.getTransactionCount = (async ({ blockTag }: { blockTag?: string }) =>
      blockTag === 'pending' ? pendingCount : 0) as LedgerReader['getTransactionCount']
    const watch = watcher({ reader: busy })
    expect((await watch.pass()).claimed).toEqual([])
    pendingCount = 0
    expect((await watch.pass()).claimed).toMatchObject([{ channelId }])
    await owe(channelId, 4_000n)
    pendingCount = 1
    expect((await watch.pass()).claimed).toEqual([])
    nowMs += 600_001
    expect((await watch.pass()).claimed).toMatchObject([{ channelId, totalClaimed: 4_000n }])
  })

  it('believes the ledger and not its memory: after a restart, and when totals went down', async () => {
    const { channelId } = await owing(2_000n)
    // What a reorganisation leaves behind: the book says claimed, the ledger does not.
    await book.observe(channelId, { depositAtomic: 10_000n, claimedAtomic: 2_000n, status: 'open' })
    await store.close()
    await openBook(`${files - 1}.db`)
    book.applySettlement({ channelId, owedPicoUsd: 2_000_000_000n })
    expect(book.require(channelId).claimedAtomic).toBe(2_000n)
    expect((await watcher().pass()).claimed).toMatchObject([{ channelId, totalClaimed: 2_000n }])
    expect(await claimedOnLedger(channelId)).toBe(2_000n)
  })

  it('sends a small claim on to its account although the settlement failed at first', async () => {
    await owing(2n)
    let fails = 1
    const sender = noting(async (name) => {
      if (name === 'multicall') throw paysNobody
      if (name === 'settle' && fails-- > 0) throw noAnswer
    })
    const before = await balance()
    const watch = watcher({ sender })
    expect((await watch.pass('stopping')).error?.code).toBe('ledger/rpc-failed')
    expect((await watch.pass()).error).toBeUndefined()
    expect((await balance()) - before).toBe(2n)
    expect(transactions).toEqual(['claim', 'settle'])
  })

  it('claims nothing without a voucher in hand', async () => {
    const { config } = await opener.open({
      receiver: receiver.address,
      payerAuthorizer: payer.address,
      depositAtomic: 900n,
    })
    // A store that was lost and a reorganisation after: the book starts from a claim that the ledger no longer knows.
    const facts = { depositAtomic: 900n, claimedAtomic: 500n, status: 'open' } as const
    await book.add({ ...facts, config, role: 'inbound', creditLimitPicoUsd: 0n, nowMs: 1 })
    const pass = await watcher().pass('stopping')
    expect(pass).toMatchObject({ claimed: [], refused: [], error: undefined })
  })

  it('settles what an earlier process claimed', async () => {
    const { channelId } = await owing(2_000n)
    const halfway = noting(async (name) => {
      if (name === 'multicall') throw paysNobody
      if (name === 'settle') throw noAnswer
    })
    expect((await watcher({ sender: halfway }).pass()).error?.code).toBe('ledger/rpc-failed')
    const unsettled = () => readUnsettled(net.reader, net.domain, receiver.address, net.network.contracts.dollar)
    expect(await unsettled()).toBe(2_000n)
    await watcher().pass()
    expect(await unsettled()).toBe(0n)
    expect(await claimedOnLedger(channelId)).toBe(2_000n)
    expect(transactions).toEqual(['claim', 'settle'])
  })
})
