import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, atomicToPicoUsd, bytesToHex, KoinonError, systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerWriter, TransactionSender } from '@koinon/ledger'
import { testDollarAbi } from '@koinon/ledger/abis'
import { ChannelOpener } from '@koinon/payments/client'
import { ChannelBook, type ChannelState, localDelegatingAccount, paymentsSchema } from '@koinon/payments/core'
import { ChannelAdmission } from '@koinon/payments/provider'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestLedger, type TestLedger } from '../testing/ledger.ts'
import { channelsAhead, ProviderChannels } from './provider-channels.ts'

const hourMs = 3_600_000
const policy = { firstAtomic: 100_000n, mostAtomic: 2_000_000n }
const folder = mkdtempSync(join(tmpdir(), 'koinon-provider-channels-'))
let offsetMs = 0
const clock = { nowMs: () => systemClock.nowMs() + offsetMs }
let ledger: TestLedger
let stores = 0

beforeAll(async () => {
  ledger = await startTestLedger(folder, clock)
}, 120_000)

afterAll(async () => {
  await ledger.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A gateway of its own, with 100 test dollars, and what it told its miners. */
async function startGateway() {
  const secretKey = systemRandom(32)
  const account = localDelegatingAccount(secretKey)
  await ledger.fund(account.address)
  const { network, reader } = ledger
  const sender = new TransactionSender(reader, createLedgerWriter(network, bytesToHex(secretKey)))
  const store = await DurableStore.open(join(folder, `store ${stores++}`), paymentsSchema)
  const book = new ChannelBook({ store, domain: { chainId: network.chainId, escrow: network.contracts.channels } })
  await book.start()
  const terms = {
    receiver: account.address,
    token: network.contracts.dollar,
    minimumWithdrawDelay: 900,
    minimumDepositAtomic: 1n,
    creditLimitPicoUsd: 0n,
    maximumChannels: 100,
  }
  const admission = new ChannelAdmission({ book, reader, terms, clock })
  const announced: Address[] = []
  const deaf = new Set<Address>()
  const channels = () =>
    new ProviderChannels({
      book,
      opener: new ChannelOpener({
        reader,
        sender,
        payer: account,
        domain: book.domain,
        token: network.contracts.dollar,
        collector: network.contracts.depositCollector,
        clock,
        random: systemRandom,
      }),
      account: account.address,
      clock,
      random: systemRandom,
      log: pino({ level: 'silent' }),
      announce: async (provider) => {
        if (deaf.has(provider)) throw new KoinonError({ code: 'test/deaf', message: 'nobody there' })
        announced.push(provider)
      },
      refresh: (channelId) => admission.refresh(channelId),
      policy,
    })
  return {
    book,
    announced,
    deaf,
    channels,
    dollars: () =>
      reader.readContract({
        address: network.contracts.dollar,
        abi: testDollarAbi,
        functionName: 'balanceOf',
        args: [account.address],
      }),
    close: () => store.close(),
  }
}

let gateway: Awaited<ReturnType<typeof startGateway>>
beforeEach(async () => {
  gateway = await startGateway()
})
afterEach(() => gateway.close())

const seats = (count: number): readonly Address[] =>
  Array.from({ length: count }, (_, index) => `0x${(index + 1).toString(16).padStart(40, '0')}` as const)

/** The delay of a withdrawal passes; the ledger's contracts see it with the next block. */
async function passDelay(): Promise<void> {
  offsetMs += 901_000
  await ledger.fund(seats(1)[0] as Address)
}

/** The channel once it is there. */
async function settled(channels: ProviderChannels, seat: Address, neededPicoUsd = 1n): Promise<ChannelState> {
  const channel = channels.channelTo(seat, neededPicoUsd)
  if (channel !== 'coming') return channel as ChannelState
  await channels.stop()
  return channels.channelTo(seat, neededPicoUsd) as ChannelState
}

describe('strangers who register seats', () => {
  it('tie up a small deposit in few of them, and one more only where a question goes', async () => {
    const { channels: start, dollars, book, announced } = gateway
    const before = await dollars()
    const channels = start()
    const strangers = seats(channelsAhead + 4)
    for (const _ of [1, 2]) await Promise.all(strangers.map((seat) => channels.tend(seat)))
    expect(before - (await dollars())).toBe(BigInt(channelsAhead) * policy.firstAtomic)
    const last = strangers.at(-1) as Address
    expect(book.outboundTo(last)).toBeUndefined()
    // Many questions at once open one channel.
    expect(Array.from({ length: 5 }, () => channels.channelTo(last, 1_000n))).toEqual(Array(5).fill('coming'))
    expect(await settled(channels, last)).toMatchObject({ depositAtomic: policy.firstAtomic, status: 'open' })
    expect(before - (await dollars())).toBe(BigInt(channelsAhead + 1) * policy.firstAtomic)
    expect(announced.filter((seat) => seat === last)).toEqual([last])
  })

  it('get no more for dear questions, and back it goes when they leave or stay without answers', async () => {
    const { channels: start, dollars, book } = gateway
    const before = await dollars()
    const channels = start()
    const strangers = seats(channelsAhead + 3)
    for (const seat of strangers) await settled(channels, seat, atomicToPicoUsd(1_500_000n))
    const locked = BigInt(strangers.length) * policy.firstAtomic
    expect(before - (await dollars())).toBe(locked)
    const listed = new Set(strangers.slice(1))
    await channels.takeBack(listed)
    offsetMs += hourMs + 1
    await channels.takeBack(listed)
    const leaving = () => book.list().filter(({ status }) => status === 'withdrawing').length
    // The one that left, and those above the few that stay open.
    expect(leaving()).toBe(3)
    expect(book.outboundTo(strangers[0] as Address)).toBeUndefined()
    // A restart in between forgets nothing.
    const again = start()
    await again.takeBack(listed)
    await passDelay()
    await again.takeBack(listed)
    expect([before - (await dollars()), leaving()]).toEqual([BigInt(channelsAhead) * policy.firstAtomic, 0])
  })
})

describe('a miner that earns', () => {
  it('finds more room the more it has earned, and is owed what it earned when it leaves', async () => {
    const { channels: start, dollars, book } = gateway
    const [seat] = seats(1) as [Address]
    const channels = start()
    const before = await dollars()
    const first = await settled(channels, seat)
    book.applySettlement({ channelId: first.channelId, owedPicoUsd: atomicToPicoUsd(90_000n) + 1n })
    await channels.tend(seat)
    expect(book.require(first.channelId).depositAtomic).toBe(270_001n)
    // Used a moment ago: not idle.
    await channels.takeBack(new Set())
    offsetMs += 599_000
    await channels.takeBack(new Set())
    expect(book.require(first.channelId).status).toBe('open')
    const held = book.reserve(first.channelId, 5n)
    offsetMs += hourMs
    await channels.takeBack(new Set())
    expect(book.require(first.channelId).status).toBe('open')
    book.release(held)
    offsetMs += 601_000
    await channels.takeBack(new Set())
    expect(book.require(first.channelId).status).toBe('withdrawing')
    await passDelay()
    await channels.takeBack(new Set())
    expect(book.require(first.channelId)).toMatchObject({ depositAtomic: 90_001n, status: 'open' })
    expect(before - (await dollars())).toBe(90_001n)
    // It comes back: the same channel is filled again.
    expect(await settled(channels, seat)).toMatchObject({ channelId: first.channelId })
  })
})

describe('a channel that could not be announced', () => {
  it('is not used at once, and announced again without another deposit', async () => {
    const { channels: start, dollars, book, deaf, announced } = gateway
    const [seat] = seats(1) as [Address]
    const channels = start()
    const before = await dollars()
    deaf.add(seat)
    expect(channels.channelTo(seat, 1n)).toBe('coming')
    await channels.stop()
    expect([book.list().length, announced]).toEqual([1, []])
    deaf.clear()
    offsetMs += 2_001
    expect(await settled(channels, seat)).toMatchObject({ status: 'open' })
    expect([announced, before - (await dollars())]).toEqual([[seat], policy.firstAtomic])
  })
})
