import { permitsAbi } from '@koinon/ledger/abis'
import { encodeAbiParameters, encodeEventTopics } from 'viem'
import { describe, expect, it } from 'vitest'
import { LedgerEvents } from './ledger-events.ts'

const address = `0x${'11'.repeat(20)}` as const
const contracts = { subnets: address, permits: address, work: address, weights: address, epochs: address }
/** As a server answers, at the last block asked for. */
const logAt = (blockNumber: string) => ({
  address,
  blockNumber,
  logIndex: '0x0',
  topics: encodeEventTopics({
    abi: permitsAbi,
    eventName: 'PermittedStakeChanged',
    args: { netuid: 1, hotkey: address },
  }),
  data: encodeAbiParameters([{ type: 'uint256' }, { type: 'uint256' }], [1n, 2n]),
})

type Request = { readonly params: readonly [{ readonly toBlock: string }] }

describe('LedgerEvents', () => {
  it('lets all who ask meanwhile share one look, and each see what was there when it asked', async () => {
    let [head, looks] = [10, 0]
    const reader = {
      getBlockNumber: async () => BigInt(head),
      request: async ({ params: [{ toBlock }] }: Request) => {
        looks++
        return [logAt(toBlock)]
      },
    }
    const options = { startBlock: 1, unsettledBlocks: 0 }
    const events = new LedgerEvents(reader as never, contracts, options)
    const first = events.read()
    await Promise.resolve()
    head = 20
    const others = Array.from({ length: 8 }, () => events.read())
    expect(await first).not.toHaveLength(0)
    for (const seen of await Promise.all(others)) expect(seen.at(-1)?.blockNumber).toBe(20n)
    expect(looks).toBeLessThanOrEqual(2)
    head = 30
    expect((await events.read()).at(-1)?.blockNumber).toBe(30n)
  })

  it('goes on after a look that failed', async () => {
    let isDown = true
    const reader = {
      getBlockNumber: async () => {
        if (isDown) throw new Error('down')
        return 5n
      },
      request: async () => [logAt('0x5')],
    }
    const options = { startBlock: 1, unsettledBlocks: 0 }
    const events = new LedgerEvents(reader as never, contracts, options)
    const failed = await Promise.allSettled([events.read(), events.read()])
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    isDown = false
    expect(await events.read()).toHaveLength(1)
  })
})
