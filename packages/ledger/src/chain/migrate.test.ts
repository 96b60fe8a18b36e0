import { existsSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { createAnvilEngine } from './anvil-engine.ts'
import { createEdrEngine } from './edr-engine.ts'
import { EmbeddedChain } from './embedded-chain.ts'
import type { ChainEngine } from './engine.ts'
import type { SealRecord } from './journal-format.ts'
import { migrateJournal } from './migrate.ts'
import { newAccount, rpc, startChain } from './testing/chain-fixture.ts'
import { readAllRecords } from './testing/journal-fixture.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

describe('migrateJournal', () => {
  it('moves a chain from EDR to anvil: every receipt the same, the old journal untouched', async () => {
    const { chain, options, account, hashes } = await setup()
    await chain.stop()
    const toPath = `${options.journalPath}.anvil`
    const before = readFileSync(options.journalPath)
    const { tip, blocks } = await migrateJournal({ fromPath: options.journalPath, toPath, engine: createAnvilEngine() })
    expect({ blocks, number: tip.number }).toEqual({ blocks: 4, number: 4 })
    expect(readFileSync(options.journalPath).equals(before)).toBe(true)
    expect(await receiptsRoots(toPath)).toEqual(await receiptsRoots(options.journalPath))
    const moved = new EmbeddedChain({ ...options, journalPath: toPath, engine: createAnvilEngine })
    cleanups.push(() => moved.stop())
    const { url, blockHash } = await moved.start()
    expect(blockHash).toBe(tip.hash)
    for (const hash of hashes) expect((await rpc(url, 'eth_getTransactionReceipt', [hash])).result.status).toBe('0x1')
    expect((await rpc(url, 'eth_getTransactionCount', [account.address, 'latest'])).result).toBe('0x4')
  })

  it('refuses an engine that executes a block differently', async () => {
    const { chain, options } = await setup()
    await chain.stop()
    const edr = createEdrEngine()
    const wrong: ChainEngine = {
      ...edr,
      version: 'next',
      mine: async (request) => ({ ...(await edr.mine(request)), receiptsRoot: `0x${'00'.repeat(32)}` }),
    }
    const toPath = `${options.journalPath}.next`
    const moving = migrateJournal({ fromPath: options.journalPath, toPath, engine: wrong })
    await expect(moving).rejects.toMatchObject({ code: 'chain/migration-diverged', details: { blockNumber: 1 } })
  })

  it('does not write over a journal, nor read one that runs or is not there', async () => {
    const { chain, options } = await setup()
    const { journalPath } = options
    const engine = createEdrEngine()
    const running = migrateJournal({ fromPath: journalPath, toPath: `${journalPath}.b`, engine })
    await expect(running).rejects.toMatchObject({ code: 'chain/journal-locked' })
    await chain.stop()
    const onto = migrateJournal({ fromPath: journalPath, toPath: journalPath, engine })
    await expect(onto).rejects.toMatchObject({ code: 'chain/target-exists' })
    const nothing = migrateJournal({ fromPath: `${journalPath}.none`, toPath: `${journalPath}.b`, engine })
    await expect(nothing).rejects.toMatchObject({ code: 'chain/no-journal' })
    expect(existsSync(`${journalPath}.b`)).toBe(false)
  })
})

async function setup() {
  const started = await startChain()
  cleanups.push(started.close)
  const hashes: string[] = []
  const storeAndLog = '0x435f5560205fa0' // contract creation that stores the block number and logs 32 bytes
  hashes.push(await started.wallet.sendTransaction({ data: storeAndLog, gas: 200_000n }))
  for (let count = 0; count < 3; count++) {
    hashes.push(await started.wallet.sendTransaction({ to: newAccount().address, value: 1n }))
  }
  return { ...started, hashes }
}

async function receiptsRoots(path: string): Promise<readonly string[]> {
  const seals = (await readAllRecords(path)).filter((record): record is SealRecord => record.kind === 'seal')
  return seals.map((seal) => seal.receiptsRoot)
}
