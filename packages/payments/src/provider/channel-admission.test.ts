import { join } from 'node:path'
import { type Address, systemRandom } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { LedgerReader } from '@koinon/ledger'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ChannelOpener } from '../client/channel-opener.ts'
import { ChannelBook } from '../core/channel-book.ts'
import { type ChannelConfig, channelIdOf } from '../rules/channel.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { openStore, party, temporaryFolder } from '../testing/fixtures.ts'
import { ChannelAdmission, type ChannelTerms } from './channel-admission.ts'

const folder = temporaryFolder()
const receiver = party('receiver').address
let net: TestNetwork
let alice: Awaited<ReturnType<TestNetwork['fund']>>
let opener: ChannelOpener
let store: DurableStore
let terms: ChannelTerms
let book: ChannelBook
let reads: number
let files = 0

beforeAll(async () => {
  net = await startNetwork()
  alice = await net.fund('alice')
  opener = new ChannelOpener({
    reader: net.reader,
    sender: alice.sender,
    payer: alice.account,
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
  store = await openStore(join(folder.path, `${files++}.db`))
  book = new ChannelBook({ store, domain: net.domain })
  await book.start()
  reads = 0
  terms = {
    receiver,
    token: net.network.contracts.dollar,
    minimumWithdrawDelay: 900,
    minimumDepositAtomic: 1_000n,
    creditLimitPicoUsd: 5n,
    maximumChannels: 3,
  }
  return () => store.close()
})

let nowMs = 1_000_000
function admission(changes: Partial<ChannelTerms> = {}): ChannelAdmission {
  const counting = Object.create(net.reader) as LedgerReader
  counting.multicall = ((options: never) => {
    reads += 1
    return net.reader.multicall(options)
  }) as never
  return new ChannelAdmission({
    book,
    reader: counting,
    terms: { ...terms, ...changes },
    clock: { nowMs: () => nowMs },
  })
}

const open = (depositAtomic = 2_000n, to: Address = receiver) =>
  opener.open({ receiver: to, payerAuthorizer: alice.address, depositAtomic })

describe('ChannelAdmission', () => {
  it('reads a channel once and remembers it', async () => {
    const { config, channelId } = await open()
    const desk = admission()
    const [one, two] = await Promise.all([desk.admit(config), desk.admit(config)])
    expect(one).toMatchObject({
      channelId,
      depositAtomic: 2_000n,
      creditLimitPicoUsd: 5n,
      role: 'inbound',
      status: 'open',
    })
    expect(two).toEqual(one)
    const after = reads
    await desk.admit(config)
    expect(reads).toBe(after)
    expect(after).toBe(2)
  })

  it('gives a channel the credit that is asked for it', async () => {
    const { config } = await open()
    expect((await admission().admit(config, 77n)).creditLimitPicoUsd).toBe(77n)
  })

  it.each<readonly [string, (config: ChannelConfig) => ChannelConfig]>([
    ['pays somebody else', (config) => ({ ...config, receiver: config.payer, receiverAuthorizer: config.payer })],
    ['lets the payer refund itself', (config) => ({ ...config, receiverAuthorizer: config.payer })],
    ['holds another token', (config) => ({ ...config, token: config.payer })],
    ['could be emptied at once', (config) => ({ ...config, withdrawDelay: 899 })],
    ['has no voucher key', (config) => ({ ...config, payerAuthorizer: `0x${'00'.repeat(20)}` })],
  ])('refuses, without a look at the ledger, a channel that %s', async (_, change) => {
    const { config } = await open()
    await expect(admission().admit(change(config))).rejects.toMatchObject({ code: 'payments/channel-unsuitable' })
    expect(reads).toBe(0)
  })

  it('refuses channels without enough behind them', async () => {
    const { config } = await open(999n)
    await expect(admission().admit(config)).rejects.toMatchObject({ code: 'payments/channel-empty' })
    const invented = { ...config, salt: `0x${'0f'.repeat(32)}` } as const
    await expect(admission().admit(invented)).rejects.toMatchObject({ code: 'payments/channel-empty' })
    expect(book.list()).toHaveLength(0)
  })

  it('refuses a channel that its payer is leaving', async () => {
    const { config } = await open()
    await opener.initiateWithdrawal(config, 5n)
    await expect(admission().admit(config)).rejects.toMatchObject({ code: 'payments/channel-closing' })
  })

  it('sees a top-up when asked, but not more than every two seconds', async () => {
    const desk = admission()
    const { config, channelId } = await open()
    await desk.admit(config)
    await opener.deposit(config, 500n)
    expect((await desk.refresh(channelId)).depositAtomic).toBe(2_500n)
    await opener.deposit(config, 500n)
    expect((await desk.refresh(channelId)).depositAtomic).toBe(2_500n)
    nowMs += 2_000
    expect((await desk.refresh(channelId)).depositAtomic).toBe(3_000n)
  })

  it('looks again at a channel that its payer registers anew', async () => {
    const desk = admission()
    const { config } = await open()
    expect((await desk.register(config)).depositAtomic).toBe(2_000n)
    await opener.deposit(config, 500n)
    expect((await desk.register(config)).depositAtomic).toBe(2_500n)
  })

  it('bounds memory and look-ups that strangers can cause', async () => {
    const desk = admission({ maximumChannels: 2 })
    for (let index = 0; index < 2; index++) await desk.admit((await open()).config)
    const { config } = await open()
    await expect(desk.admit(config)).rejects.toMatchObject({ code: 'payments/busy' })
    const crowd = admission()
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        crowd.admit({ ...config, salt: `0x${(index + 1).toString(16).padStart(64, '0')}` }),
      ),
    )
    const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'admitted'))
    expect(codes.filter((code) => code === 'payments/busy')).toHaveLength(12)
    expect(codes.filter((code) => code === 'payments/channel-empty')).toHaveLength(8)
  })

  it('says that the ledger cannot be reached, and works again after', async () => {
    const { config, channelId } = await open()
    const broken = Object.create(net.reader) as LedgerReader
    broken.multicall = (() => Promise.reject(new Error('connection refused'))) as never
    const desk = new ChannelAdmission({ book, reader: broken, terms, clock: { nowMs: () => nowMs } })
    await expect(desk.admit(config)).rejects.toMatchObject({ code: 'payments/ledger-unreachable', retry: 'later' })
    expect((await admission().admit(config)).channelId).toBe(channelId)
    expect(channelIdOf(config, net.domain)).toBe(channelId)
  })
})
