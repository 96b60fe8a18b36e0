import { KoinonError } from '@koinon/base'
import { afterEach, describe, expect, it } from 'vitest'
import { createEdrEngine } from './edr-engine.ts'
import type { ChainEngine, EngineBlock } from './evm-engine.ts'
import { normalizeGenesis } from './genesis.ts'
import type { JournalRecord } from './journal-format.ts'
import { type ReplayProgress, replayRecords, requireSameHash } from './journal-replay.ts'
import { newAccount, testChainId } from './testing/chain-fixture.ts'

const account = newAccount()
const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

describe('replayRecords', () => {
  it('skips voided blocks and ends at the last one', async () => {
    const { replay } = await setup()
    const wrong: JournalRecord = { ...(await block(2, 9)), number: 2 }
    const records = [
      await block(1, 0),
      seal(1),
      wrong,
      { kind: 'void', number: 2 } as const,
      await block(2, 1),
      seal(2),
    ]
    expect(await replay(records)).toMatchObject({ tip: { number: 2 }, missing: undefined })
  })

  it('mines an unsealed last block and hands back its seal', async () => {
    const { replay } = await setup()
    const { tip, missing } = await replay([await block(1, 0), seal(1), await block(2, 1)])
    expect(missing).toEqual({ kind: 'seal', number: 2, blockHash: tip.hash, receiptsRoot: tip.receiptsRoot })
  })

  it('hands back a void for an unsealed last block that cannot be mined, and keeps the tip', async () => {
    const { replay, engine } = await setup()
    const { tip, missing } = await replay([await block(1, 0), seal(1), await block(2, 0)])
    expect([tip.number, missing]).toEqual([1, { kind: 'void', number: 2 }])
    expect((await engine.latestBlock()).number).toBe(1)
  })

  it('stops at a sealed block that cannot be mined', async () => {
    const { replay } = await setup()
    await expect(replay([await block(1, 7), seal(1), await block(2, 1), seal(2)])).rejects.toMatchObject({
      code: 'chain/replay-diverged',
    })
  })

  it('stops, without a void, when the engine dies', async () => {
    const { engine, replay } = await setup()
    const dead = new KoinonError({ code: 'chain/engine-died', message: 'gone' })
    const dying: ChainEngine = { ...engine, mine: () => Promise.reject(dead) }
    await expect(replay([await block(1, 0)], dying)).rejects.toBe(dead)
  })

  it('reports from nothing to everything, in steps of a thousand', async () => {
    const { replay, progress } = await setup()
    await replay([await block(1, 0), seal(1)])
    expect(progress).toEqual([
      { transactions: 0, totalTransactions: 1 },
      { transactions: 1, totalTransactions: 1 },
    ])
  })
})

describe('requireSameHash', () => {
  it('names the block and both hashes', async () => {
    const mined = { hash: `0x${'01'.repeat(32)}` } as EngineBlock
    const record = await block(3, 0)
    expect(() => requireSameHash(record, { ...seal(3), blockHash: mined.hash }, mined)).not.toThrow()
    expect(() => requireSameHash(record, undefined, mined)).not.toThrow()
    expect(() => requireSameHash(record, seal(3), mined)).toThrow(/Block 3 came out as 0x01.*the journal says 0xab/)
  })
})

async function setup() {
  const engine = createEdrEngine()
  const accounts = [{ address: account.address, balanceWei: 10n ** 20n }]
  await engine.start(
    normalizeGenesis({ chainId: testChainId, timestampSeconds: 1_750_000_000, accounts, predeploys: [] }),
  )
  cleanups.push(() => engine.stop())
  const progress: ReplayProgress[] = []
  const replay = (records: readonly JournalRecord[], on: ChainEngine = engine) =>
    replayRecords({
      engine: on,
      records: stream(records),
      totalTransactions: records.filter((record) => record.kind === 'block').length,
      onProgress: (step) => progress.push(step),
      check: () => undefined,
    })
  return { engine, progress, replay }
}

async function* stream(records: readonly JournalRecord[]): AsyncGenerator<JournalRecord> {
  for (const record of records) yield record
}

async function block(number: number, nonce: number) {
  const raw = await account.signTransaction({
    chainId: testChainId,
    type: 'eip1559',
    nonce,
    to: account.address,
    gas: 21_000n,
    maxFeePerGas: 2_000_000_000n,
    maxPriorityFeePerGas: 1n,
  })
  const timestampSeconds = 1_760_000_000 + number
  // A high nonce stands for bytes that no engine takes.
  const transactions = nonce > 5 ? ['0x02ff' as const] : [raw]
  return { kind: 'block', number, timestampSeconds, prevRandao: `0x${'5a'.repeat(32)}`, transactions } as const
}

function seal(number: number) {
  return { kind: 'seal', number, blockHash: `0x${'ab'.repeat(32)}`, receiptsRoot: `0x${'cd'.repeat(32)}` } as const
}
