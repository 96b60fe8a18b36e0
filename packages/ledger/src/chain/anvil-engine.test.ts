import { afterEach, describe, expect, it } from 'vitest'
import { createAnvilEngine } from './anvil-engine.ts'
import { createEdrEngine } from './edr-engine.ts'
import { type ChainEngine, EngineRpcError } from './evm-engine.ts'
import { normalizeGenesis } from './genesis.ts'
import { newAccount, rpc, startChain, testChainId } from './testing/chain-fixture.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

const account = newAccount()
const recipient = newAccount().address
const genesis = normalizeGenesis({
  chainId: testChainId,
  timestampSeconds: 1_750_000_000,
  accounts: [{ address: account.address, balanceWei: 10n ** 20n }],
  predeploys: [{ address: `0x${'11'.repeat(20)}`, runtimeBytecode: '0x60205fa000' }],
})

/** What every engine has to do. */
describe.each([
  ['edr', createEdrEngine],
  ['anvil', createAnvilEngine],
])('the %s engine', (_, create) => {
  it('mines in pool order, at the given time, twice in the same second', async () => {
    const engine = await setup(create)
    const hashes = [await engine.addTransaction(await transfer(0)), await engine.addTransaction(await transfer(1))]
    const first = await engine.mine({ timestampSeconds: 1_760_000_000, prevRandao: `0x${'77'.repeat(32)}` })
    expect(first).toMatchObject({ number: 1, timestampSeconds: 1_760_000_000, transactions: hashes, gasUsed: 42_000n })
    await engine.addTransaction(await transfer(2))
    const second = await engine.mine({ timestampSeconds: 1_760_000_000, prevRandao: `0x${'77'.repeat(32)}` })
    expect(second).toMatchObject({ number: 2, timestampSeconds: 1_760_000_000 })
    expect(await engine.latestBlock()).toEqual(second)
  })

  it('makes the same blocks again, whatever was read in between', async () => {
    const hashes: string[] = []
    for (const isNosy of [false, true]) {
      const engine = await setup(create)
      for (let nonce = 0; nonce < 3; nonce++) {
        await engine.addTransaction(await transfer(nonce))
        if (isNosy) {
          await engine.request('eth_call', [{ to: recipient }, 'pending'])
          await engine.request('eth_getBlockByNumber', ['pending', false])
          await engine.request('eth_estimateGas', [{ from: account.address, to: recipient }])
        }
        const block = await engine.mine({ timestampSeconds: 1_760_000_000 + nonce, prevRandao: `0x${'77'.repeat(32)}` })
        hashes.push(block.hash)
      }
    }
    expect(hashes.slice(3)).toEqual(hashes.slice(0, 3))
  })

  it('lets a transaction be dropped and says why it refuses one', async () => {
    const engine = await setup(create)
    const hash = await engine.addTransaction(await transfer(0))
    await engine.dropTransaction(hash)
    await engine.dropTransaction(hash).catch((error) => expect(error).toBeInstanceOf(EngineRpcError))
    await expect(engine.addTransaction('0x02ff')).rejects.toBeInstanceOf(EngineRpcError)
    const block = await engine.mine({ timestampSeconds: 1_760_000_000, prevRandao: `0x${'00'.repeat(32)}` })
    expect(block.transactions).toEqual([])
  })

  it('shows the present after its clock was aligned', async () => {
    const engine = await setup(create)
    await engine.addTransaction(await transfer(0))
    await engine.mine({ timestampSeconds: 1_760_000_000, prevRandao: `0x${'00'.repeat(32)}` })
    const nowSeconds = 4_000_000_000
    await engine.alignClock(nowSeconds)
    const pending = (await engine.request('eth_getBlockByNumber', ['pending', false])) as { timestamp: string }
    // From there on its time goes with the host's: at least the present, and not another hour's.
    expect(Number(pending.timestamp)).toBeGreaterThanOrEqual(nowSeconds)
    expect(Number(pending.timestamp)).toBeLessThan(nowSeconds + 3_600)
  })

  it('carries a whole chain with recovery', async () => {
    const started = await startChain({ engine: create })
    cleanups.push(started.close)
    const { chain, wallet } = started
    const sent = Array.from({ length: 8 }, () => wallet.sendTransaction({ to: recipient, value: 1n, gas: 21_000n }))
    const hashes = await Promise.all(sent)
    const tip = chain.status().blockHash
    await chain.stop()
    const { url, blockHash } = await chain.start()
    expect(blockHash).toBe(tip)
    for (const hash of hashes) expect((await rpc(url, 'eth_getTransactionReceipt', [hash])).result.status).toBe('0x1')
    const refused = await rpc(url, 'eth_sendRawTransaction', [await transfer(5)])
    expect(refused.error?.message).toMatch(/insufficient funds/)
  })
})

describe('createAnvilEngine', () => {
  it('says what ails a program that is not anvil', async () => {
    const engine = createAnvilEngine({ binaryPath: '/bin/false' })
    await expect(engine.start(genesis)).rejects.toMatchObject({ code: 'chain/engine-died' })
  })
})

async function setup(create: () => ChainEngine): Promise<ChainEngine> {
  const engine = create()
  await engine.start(genesis)
  cleanups.push(() => engine.stop())
  return engine
}

function transfer(nonce: number) {
  return account.signTransaction({
    chainId: testChainId,
    type: 'eip1559',
    nonce,
    to: recipient,
    value: 1n,
    gas: 21_000n,
    maxFeePerGas: 2_000_000_000n,
    maxPriorityFeePerGas: 1n,
  })
}
