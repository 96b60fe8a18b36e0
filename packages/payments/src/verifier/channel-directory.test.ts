import { type Hex, systemRandom, zeroHash } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChannelOpener } from '../client/channel-opener.ts'
import { channelIdOf } from '../rules/channel.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { ChannelDirectory } from './channel-directory.ts'

let net: TestNetwork
let payer: Awaited<ReturnType<TestNetwork['fund']>>
let opener: ChannelOpener

beforeAll(async () => {
  net = await startNetwork()
  payer = await net.fund('payer')
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
afterAll(() => net.close())

const receiver: Hex = `0x${'5e'.repeat(20)}`

async function open(depositAtomic: bigint): Promise<Hex> {
  const { config } = await opener.open({ receiver, payerAuthorizer: payer.address, depositAtomic })
  return channelIdOf(config, net.domain)
}

describe.each([0, 1_000])('ChannelDirectory with %i unsettled blocks', (unsettledBlocks) => {
  const directory = (): ChannelDirectory =>
    new ChannelDirectory({ reader: net.reader, escrow: net.domain.escrow, startBlock: 0, unsettledBlocks })

  it('knows who opened a channel to whom, and what lay in it, also of channels opened later', async () => {
    const channels = directory()
    const first = await open(700n)
    const parties = { payer: payer.address, receiver, token: net.network.contracts.dollar }
    expect(await channels.find([first, zeroHash])).toEqual(
      new Map([[first, { ...parties, mostDepositedAtomic: 700n }]]),
    )
    const second = await open(900n)
    const found = await channels.find([first, second])
    expect([...found.values()].map(({ mostDepositedAtomic }) => mostDepositedAtomic)).toEqual([700n, 900n])
  })

  it('answers questions asked at once alike', async () => {
    const channels = directory()
    const id = await open(5_000n)
    const answers = await Promise.all([channels.find([id]), channels.find([id]), channels.find([])])
    expect(answers.map(({ size }) => size)).toEqual([1, 1, 0])
  })
})

it('says so when the ledger does not answer', async () => {
  const reader = {
    getBlockNumber: async () => 5n,
    getLogs: async () => {
      throw new Error('gone')
    },
  } as never
  const channels = new ChannelDirectory({ reader, escrow: net.domain.escrow, startBlock: 0, unsettledBlocks: 0 })
  await expect(channels.find([zeroHash])).rejects.toMatchObject({ code: 'payments/ledger-unreachable' })
})

it('forgets channels of blocks that were replaced, however deep', async () => {
  const channelId: Hex = `0x${'c1'.repeat(32)}`
  const config = { payer: receiver, payerAuthorizer: receiver, receiver, receiverAuthorizer: receiver, token: receiver }
  const logs = [
    { eventName: 'ChannelCreated', blockNumber: 7n, args: { channelId, config } },
    { eventName: 'Deposited', blockNumber: 7n, args: { channelId, newBalance: 9n } },
  ]
  let fork = 'a'
  const reader = {
    getBlockNumber: async () => 100n,
    getBlock: async ({ blockNumber }: { blockNumber: bigint }) => ({ hash: `0x${blockNumber}${fork}`, timestamp: 1n }),
    getLogs: async ({ fromBlock }: { fromBlock: bigint }) => (fork === 'a' && fromBlock <= 7n ? logs : []),
  } as never
  const channels = new ChannelDirectory({ reader, escrow: net.domain.escrow, startBlock: 0, unsettledBlocks: 32 })
  expect((await channels.find([channelId])).get(channelId)?.mostDepositedAtomic).toBe(9n)
  expect((await channels.find([channelId])).size).toBe(1)
  fork = 'b'
  expect((await channels.find([channelId])).size).toBe(0)
})
