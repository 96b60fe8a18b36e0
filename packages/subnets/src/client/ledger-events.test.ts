import type { Hex } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { permitsAbi, subnetsAbi } from '@koinon/ledger/abis'
import { encodeAbiParameters, encodeEventTopics, numberToHex } from 'viem'
import { describe, expect, it } from 'vitest'
import { LedgerEvents } from './ledger-events.ts'

const address = `0x${'11'.repeat(20)}` as const
const contracts = { subnets: address, permits: address, work: address, weights: address, epochs: address }
const hash = `0x${'ab'.repeat(32)}` as const

type Made = { readonly topics: readonly Hex[]; readonly data: Hex }
type Log = Made & { readonly block: number }
const removed = (netuid: number): Made => ({
  topics: encodeEventTopics({
    abi: subnetsAbi,
    eventName: 'NeuronRemoved',
    args: { netuid, hotkey: address, agentId: 1n },
  }) as Hex[],
  data: encodeAbiParameters([{ type: 'uint16' }, { type: 'bool' }], [3, true]),
})
const sought: Made = {
  topics: encodeEventTopics({
    abi: permitsAbi,
    eventName: 'PermitSought',
    args: { netuid: 1, hotkey: address },
  }) as Hex[],
  data: encodeAbiParameters([{ type: 'bool' }], [true]),
}

/** A server as others run them: it filters by topics, and gives at most so many logs at once. */
function readerOf(logs: readonly Log[], most: number) {
  const answered: number[] = []
  const request = async ({ method, params }: { method: string; params: readonly Record<string, unknown>[] }) => {
    expect(method).toBe('eth_getLogs')
    const { fromBlock, toBlock, topics = [] } = params[0] as Record<string, string> & { topics?: (Hex | Hex[])[] }
    const found = logs.filter(
      (log) =>
        log.block >= Number(fromBlock) &&
        log.block <= Number(toBlock) &&
        topics.every((wanted, place) => [wanted].flat().includes(log.topics[place] as Hex)),
    )
    if (found.length > most) throw new Error('query returned more than 10000 results')
    answered.push(found.length)
    return found.map(({ topics, data, block }, index) => ({
      address,
      topics,
      data,
      blockNumber: numberToHex(block),
      blockHash: hash,
      transactionHash: hash,
      transactionIndex: '0x0',
      logIndex: numberToHex(index),
      removed: false,
    }))
  }
  const reader = {
    request,
    getBlockNumber: async () => 20_000n,
    getBlock: async ({ blockNumber }: { blockNumber: bigint }) => ({
      hash: `0x${blockNumber}`,
      timestamp: blockNumber,
    }),
    getLogs: async ({ fromBlock, toBlock }: { fromBlock: bigint; toBlock: bigint }) =>
      request({
        method: 'eth_getLogs',
        params: [{ fromBlock: numberToHex(fromBlock), toBlock: numberToHex(toBlock) }],
      }),
  }
  return { reader: reader as unknown as LedgerReader, answered }
}
const repeat = (count: number, log: Log): Log[] => Array<Log>(count).fill(log)

describe('LedgerEvents', () => {
  it('gets past blocks that strangers filled with events, and does not ask for those of no use', async () => {
    const logs = [
      { ...removed(1), block: 6_999 },
      ...repeat(12_000, { ...sought, block: 7_000 }),
      ...repeat(800, { ...removed(1), block: 7_001 }),
      ...repeat(800, { ...removed(1), block: 7_002 }),
      { ...removed(2), block: 19_990 },
    ]
    const { reader, answered } = readerOf(logs, 1_000)
    const events = new LedgerEvents(reader, contracts, { startBlock: 1, unsettledBlocks: 32 })
    const found = await events.read()
    expect(found).toHaveLength(1_602)
    expect(found.map(({ blockNumber }) => Number(blockNumber))).toEqual(
      found.map(({ blockNumber }) => Number(blockNumber)).sort((a, b) => a - b),
    )
    expect(answered.reduce((sum, count) => sum + count, 0)).toBe(1_602)
    expect(await events.read()).toEqual(found)
  })

  it('reads one subnet only where it is told so', async () => {
    const { reader, answered } = readerOf(
      [...repeat(5_000, { ...removed(7), block: 8 }), { ...removed(1), block: 9 }],
      10,
    )
    const events = new LedgerEvents(reader, contracts, { startBlock: 1, unsettledBlocks: 0, netuid: 1 })
    expect((await events.read()).map(({ args }) => args.netuid)).toEqual([1])
    expect(answered.reduce((sum, count) => sum + count, 0)).toBe(1)
  })

  it('reads all anew when a reorganisation went deeper than it expects', async () => {
    const { reader: before } = readerOf(
      [
        { ...removed(1), block: 100 },
        { ...removed(2), block: 200 },
      ],
      5_000,
    )
    const { reader: after } = readerOf(
      [
        { ...removed(1), block: 100 },
        { ...removed(3), block: 201 },
      ],
      5_000,
    )
    let fork = before
    let name = 'a'
    const reader = {
      request: (request: never) => fork.request(request),
      getBlockNumber: async () => 20_000n,
      getBlock: async ({ blockNumber }: { blockNumber: bigint }) => ({
        hash: blockNumber < 200n ? `0x${blockNumber}` : `0x${blockNumber}${name}`,
        timestamp: blockNumber,
      }),
    }
    const events = new LedgerEvents(reader as never, contracts, { startBlock: 1, unsettledBlocks: 32 })
    const uids = async () => (await events.read()).map(({ blockNumber }) => Number(blockNumber))
    expect(await uids()).toEqual([100, 200])
    fork = after
    name = 'b'
    expect(await uids()).toEqual([100, 201])
    expect(await uids()).toEqual([100, 201])
  })
})
