import { open } from 'node:fs/promises'
import { type Clock, type Hex, KoinonError, systemRandom } from '@koinon/base'
import { afterEach, describe, expect, it } from 'vitest'
import { BlockCommitter } from './block-committer.ts'
import { createEdrEngine } from './edr-engine.ts'
import type { ChainEngine, EngineBlock } from './evm-engine.ts'
import { normalizeGenesis } from './genesis.ts'
import { Journal } from './journal.ts'
import { decodeRawTransaction } from './raw-transaction.ts'
import { newAccount, testChainId } from './testing/chain-fixture.ts'
import { journalFile, recordKinds } from './testing/journal-fixture.ts'
import type { WaitingTransaction } from './transaction-pool.ts'

const account = newAccount()
const clock: Clock = { nowMs: () => 1_760_000_000_500 }
const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

describe('BlockCommitter.commit', () => {
  it('writes, mines, seals, and only then reports the block', async () => {
    const { committer, path, blocks } = await setup()
    const batch = [await waiting(0), await waiting(1)]
    const { included, refused } = await committer.commit(batch)
    expect([included, refused.size]).toEqual([batch, 0])
    expect(await recordKinds(path)).toEqual(['block', 'seal'])
    expect(blocks).toEqual([committer.tip])
    expect(committer.tip).toMatchObject({ number: 1, timestampSeconds: 1_760_000_000 })
  })

  it('has the block on the disk before the engine mines it', async () => {
    const seen: (readonly string[])[] = []
    const { committer } = await setup((engine, path) => ({
      ...engine,
      mine: async (request) => {
        seen.push(await recordKinds(path))
        return engine.mine(request)
      },
    }))
    await committer.commit([await waiting(0)])
    expect(seen).toEqual([['block']])
  })

  it('writes nothing when the engine takes none of the transactions', async () => {
    const { committer, path } = await setup()
    const { included, refused } = await committer.commit([await waiting(0, { value: 10n ** 30n }), await waiting(1)])
    expect([included, [...refused.values()].map((error) => error.message.slice(0, 18))]).toEqual([
      [],
      ['insufficient funds'],
    ])
    expect(await recordKinds(path)).toEqual([])
  })

  it('voids a block that the engine refuses and mines its good members', async () => {
    const { committer, path, engine } = await setup()
    const half = 6n * 10n ** 19n
    const to = newAccount().address
    const batch = [await waiting(0, { value: half, to }), await waiting(1, { value: half, to })]
    const { included, refused } = await committer.commit(batch)
    expect(included).toEqual([batch[0]])
    expect(refused.get(batch[1] as WaitingTransaction)?.message).toMatch(/insufficient funds/)
    expect(await recordKinds(path)).toEqual(['block', 'void', 'block', 'seal'])
    const { transactions } = (await engine.request('eth_getBlockByNumber', ['pending', false])) as EngineBlock
    expect(transactions).toEqual([])
  })

  it('leaves the engine pool empty and the tip where it was when the disk is full', async () => {
    const { committer, engine, failWrites } = await setup()
    await committer.commit([await waiting(0)])
    failWrites()
    await expect(committer.commit([await waiting(1)])).rejects.toMatchObject({ code: 'chain/disk-full' })
    expect(committer.tip.number).toBe(1)
    const pending = (await engine.request('eth_getBlockByNumber', ['pending', false])) as EngineBlock
    expect(pending.transactions).toEqual([])
  })

  it('still acknowledges a durable block whose seal cannot be written', async () => {
    const started = await setup((engine) => ({
      ...engine,
      mine: async (request) => {
        started.failWrites()
        return engine.mine(request)
      },
    }))
    const { committer, path } = started
    const { included } = await committer.commit([await waiting(0)])
    expect(included).toHaveLength(1)
    expect(await recordKinds(path)).toEqual(['block'])
    await expect(committer.commit([await waiting(1)])).rejects.toMatchObject({ code: 'chain/disk-full' })
  })

  it('stops without a void when the engine dies, so that the next start decides', async () => {
    const dead = new KoinonError({ code: 'chain/engine-died', message: 'gone' })
    const { committer, path } = await setup((engine) => ({ ...engine, mine: () => Promise.reject(dead) }))
    await expect(committer.commit([await waiting(0)])).rejects.toBe(dead)
    expect(await recordKinds(path)).toEqual(['block'])
  })

  it('stops when the engine mines something else than it was asked', async () => {
    const { committer } = await setup((engine) => ({
      ...engine,
      mine: async (request) => engine.mine({ ...request, timestampSeconds: request.timestampSeconds + 5 }),
    }))
    await expect(committer.commit([await waiting(0)])).rejects.toMatchObject({ code: 'chain/engine-strayed' })
  })
})

async function setup(change: (engine: ChainEngine, path: string) => ChainEngine = (engine) => engine) {
  const { path, bytes, remove } = journalFile([])
  const edr = createEdrEngine()
  const accounts = [{ address: account.address, balanceWei: 10n ** 20n }]
  await edr.start(normalizeGenesis({ chainId: testChainId, timestampSeconds: 1_750_000_000, accounts, predeploys: [] }))
  const file = await open(path, 'r+')
  let isFull = false
  const write = async (content: Uint8Array, offset: number, length: number, position: number) => {
    if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    return file.write(content, offset, length, position)
  }
  const limited = {
    write: write as typeof file.write,
    datasync: () => file.datasync(),
    truncate: (length?: number) => file.truncate(length),
    close: () => file.close(),
  }
  cleanups.push(
    () => edr.stop(),
    () => file.close(),
    remove,
  )
  const blocks: EngineBlock[] = []
  const committer = new BlockCommitter({
    engine: change(edr, path),
    journal: new Journal(path, limited, bytes.length),
    clock,
    random: systemRandom,
    tip: await edr.latestBlock(),
    onBlock: (block) => blocks.push(block),
  })
  const failWrites = () => {
    isFull = true
  }
  return { committer, engine: edr, path, blocks, failWrites }
}

async function waiting(nonce: number, change: { readonly value?: bigint; readonly to?: Hex } = {}) {
  const raw = await account.signTransaction({
    chainId: testChainId,
    type: 'eip1559',
    nonce,
    to: account.address,
    gas: 21_000n,
    maxFeePerGas: 2_000_000_000n,
    maxPriorityFeePerGas: 1n,
    ...change,
  })
  const decoded = decodeRawTransaction(raw, testChainId, 8_000_000n)
  return { ...decoded, sender: account.address, sequence: nonce, receivedAtMs: 0 }
}
