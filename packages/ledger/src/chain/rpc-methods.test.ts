import { ContractFunctionRevertedError, type Hex, parseAbi, parseEther } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import { nextBaseFeeWei } from './base-fee.ts'
import type { EmbeddedChainOptions } from './chain-options.ts'
import { createEdrEngine } from './edr-engine.ts'
import { clientsFor, newAccount, rpc, startChain } from './testing/chain-fixture.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** Emits LOG0 of 32 zero bytes when called. */
const logger = { address: `0x${'11'.repeat(20)}`, runtimeBytecode: '0x60205fa000' } as const
/** Reverts with Error("closed"). */
const reason = '08c379a0'.concat(
  '20'.padStart(64, '0'),
  '6'.padStart(64, '0'),
  Buffer.from('closed').toString('hex').padEnd(64, '0'),
)
const reverter = {
  address: `0x${'22'.repeat(20)}`,
  runtimeBytecode: `0x6064600c5f3960645ffd${'0000'}${reason}`,
} as const
/** Loops until the gas is gone. */
const looper = { address: `0x${'33'.repeat(20)}`, runtimeBytecode: '0x5b5f56' } as const

describe('the allow-list', () => {
  it.each([
    'eth_sendTransaction',
    'eth_sign',
    'eth_signTransaction',
    'personal_unlockAccount',
    'evm_mine',
    'evm_revert',
    'evm_setNextBlockTimestamp',
    'hardhat_setBalance',
    'hardhat_impersonateAccount',
    'anvil_setCode',
    'debug_traceTransaction',
    'txpool_content',
    'eth_newPendingTransactionFilter',
    'eth_pendingTransactions',
    'constructor',
    '__proto__',
    'toString',
  ])('does not know %s', async (method) => {
    const { url } = await setup()
    expect((await rpc(url, method)).error).toMatchObject({ code: -32601 })
  })

  it('answers what wallets ask first', async () => {
    const { url, reader } = await setup()
    expect((await rpc(url, 'net_version')).result).toBe('424242')
    expect((await rpc(url, 'web3_clientVersion')).result).toMatch(
      /^koinon-chain\/1\/edr \(hardhat 3\.18\.0, edr 0\.22\.0\)$/,
    )
    expect((await rpc(url, 'eth_syncing')).result).toBe(false)
    expect((await rpc(url, 'eth_getTransactionReceipt', [`0x${'00'.repeat(32)}`])).result).toBe(null)
    expect(await reader.estimateFeesPerGas()).toMatchObject({ maxFeePerGas: expect.any(BigInt) })
  })
})

describe('calls', () => {
  it('gives reverts the shape that viem decodes', async () => {
    const { reader } = await setup()
    const abi = parseAbi(['function open() view'])
    const failure = await reader.readContract({ address: reverter.address, abi, functionName: 'open' }).catch((e) => e)
    const reverted = failure.walk((e: unknown) => e instanceof ContractFunctionRevertedError)
    expect(reverted).toMatchObject({ reason: 'closed' })
  })

  it('bounds the gas of a call, so that an endless loop ends', async () => {
    const { url } = await setup({ engine: () => createEdrEngine({ maxTransactionGas: 1_000_000n }) })
    for (const method of ['eth_call', 'eth_estimateGas']) {
      const unsaid = await rpc(url, method, [{ to: looper.address }])
      expect(unsaid.error?.message).toMatch(/out of gas|ran out of gas|OutOfGas/i)
      const { error } = await rpc(url, method, [{ to: looper.address, gas: '0xffffffffffff' }])
      expect(error?.message).toMatch(/out of gas|ran out of gas|OutOfGas/i)
    }
    expect((await rpc(url, 'eth_blockNumber')).result).toBe('0x0')
  })

  it('estimates gas for an account that can pay the call but not a whole block', async () => {
    const { wallet, url, account } = await setup()
    const poor = newAccount()
    await wallet.sendTransaction({ to: poor.address, value: parseEther('0.001') })
    const { wallet: poorWallet } = clientsFor(url, poor)
    const hash = await poorWallet.sendTransaction({ to: account.address, value: 1n })
    expect((await rpc(url, 'eth_getTransactionReceipt', [hash])).result.gasUsed).toBe('0x5208')
  })

  it('refuses nonsense with an answer instead of a crash', async () => {
    const { url } = await setup()
    const cases: readonly (readonly [string, readonly unknown[]])[] = [
      ['eth_call', []],
      ['eth_call', ['x']],
      ['eth_call', [{ to: 5 }]],
      ['eth_getBalance', ['0x12', 'latest']],
      ['eth_getBalance', []],
      ['eth_getTransactionCount', ['nobody', 'pending']],
      ['eth_getBlockByNumber', ['0xffffffffffffffffffffff', false]],
      ['eth_feeHistory', ['many', 'latest', []]],
      ['eth_getFilterChanges', ['0xdead']],
      ['eth_sendRawTransaction', []],
    ]
    for (const [method, params] of cases) {
      expect((await rpc(url, method, params)).error, method).toMatchObject({ code: expect.any(Number) })
    }
    expect((await rpc(url, 'eth_chainId')).error).toBeUndefined()
  })
})

describe('logs and filters', () => {
  it('finds logs by range and by filter, and lets viem watch them', async () => {
    const { wallet, reader, url } = await setup()
    const seen: Hex[] = []
    const stop = reader.watchEvent({
      address: logger.address,
      onLogs: (logs) => seen.push(...logs.map((l) => l.transactionHash)),
    })
    await expect.poll(() => rpc(url, 'eth_blockNumber').then((answer) => answer.result)).toBe('0x0')
    await new Promise((resolve) => setTimeout(resolve, 150))
    const hash = await wallet.sendTransaction({ to: logger.address, gas: 60_000n })
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([hash])
    stop()
    expect(await reader.getLogs({ fromBlock: 0n })).toMatchObject([{ transactionHash: hash, address: logger.address }])
  })

  it('bounds the range of a query and the number of filters', async () => {
    const { wallet, url } = await setup({ limits: { maxLogBlocks: 2, maxFilters: 2 } })
    for (let count = 0; count < 3; count++) await wallet.sendTransaction({ to: logger.address, gas: 60_000n })
    const query = { fromBlock: '0x0', toBlock: '0x3' }
    expect((await rpc(url, 'eth_getLogs', [query])).error?.message).toBe('query exceeds max block range 2')
    expect((await rpc(url, 'eth_getLogs', [{ fromBlock: '0x2' }])).result).toHaveLength(2)
    const ids: Hex[] = []
    for (let count = 0; count < 3; count++) ids.push((await rpc(url, 'eth_newBlockFilter')).result)
    const answers = await Promise.all(ids.map((id) => rpc(url, 'eth_getFilterChanges', [id])))
    expect(answers.map((answer) => answer.error === undefined)).toEqual([false, true, true])
  })
})

describe('fees', () => {
  it('predicts the base fee that the engine will use', async () => {
    const { wallet, reader } = await setup()
    await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    const parent = await reader.getBlock()
    const { gasUsed, gasLimit } = parent
    const expected = nextBaseFeeWei({ gasUsed, gasLimit, baseFeePerGas: parent.baseFeePerGas ?? 0n })
    await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    expect((await reader.getBlock()).baseFeePerGas).toBe(expected)
    const { baseFeePerGas } = await reader.getFeeHistory({
      blockCount: 1,
      rewardPercentiles: [],
      blockNumber: parent.number,
    })
    expect(baseFeePerGas).toEqual([parent.baseFeePerGas, expected])
  })

  it('answers eth_sendRawTransactionSync with the receipt', async () => {
    const { wallet, url } = await setup()
    const request = await wallet.prepareTransactionRequest({ to: newAccount().address, value: 1n })
    const raw = await wallet.signTransaction(request as never)
    expect((await rpc(url, 'eth_sendRawTransactionSync', [raw])).result).toMatchObject({
      status: '0x1',
      blockNumber: '0x1',
    })
  })
})

async function setup(changes: Partial<EmbeddedChainOptions> = {}) {
  const started = await startChain(changes, [logger, reverter, looper])
  cleanups.push(started.close)
  return started
}
