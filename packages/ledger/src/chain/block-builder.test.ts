import { sleep } from '@koinon/base'
import { createWalletClient, type Hex, http, InsufficientFundsError, NonceTooHighError, NonceTooLowError } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { afterEach, describe, expect, it } from 'vitest'
import type { EmbeddedChainOptions } from './chain-options.ts'
import { newAccount, rpc, startChain, testChainId } from './testing/chain-fixture.ts'
import { recordKinds } from './testing/journal-fixture.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})
/** For what comes in its order sooner or later: on a full machine transactions of one sender pass each other by seconds. */
const patient = { limits: { nonceGapTimeoutMs: 50_000 } }

describe('eth_sendRawTransaction', () => {
  it('answers when the receipt is there', async () => {
    const { wallet, reader } = await setup()
    const hash = await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    expect(await reader.getTransactionReceipt({ hash })).toMatchObject({ status: 'success', blockNumber: 1n })
  })

  it('takes 200 concurrent transactions of a stock viem wallet with a nonce manager, in few blocks', async () => {
    const { wallet, reader, account } = await setup(patient)
    const send = () => wallet.sendTransaction({ to: newAccount().address, value: 1n, gas: 21_000n })
    const hashes = await Promise.all(Array.from({ length: 200 }, send))
    const receipts = await Promise.all(hashes.map((hash) => reader.getTransactionReceipt({ hash })))
    expect(receipts.every((receipt) => receipt.status === 'success')).toBe(true)
    expect(await reader.getTransactionCount({ address: account.address })).toBe(200)
    expect(Number(await reader.getBlockNumber())).toBeLessThan(200)
  })

  it('mines no empty block', async () => {
    const { reader } = await setup()
    await sleep(300)
    expect(await reader.getBlockNumber()).toBe(0n)
  })

  it('puts a JSON-RPC batch given backwards into one block, in nonce order', async () => {
    const { url, account } = await setup()
    const raws = await Promise.all([4, 3, 2, 1, 0].map((nonce) => transfer(account, nonce)))
    const hashes = (await sendTogether(url, raws)).map(({ result }) => result)
    const block = (await rpc(url, 'eth_getBlockByNumber', ['0x1', false])).result
    expect(block.transactions).toEqual(hashes.toReversed())
  })

  it('gives the same answer to the same bytes, waiting or mined', async () => {
    const { url, account } = await setup()
    const raw = await transfer(account, 0)
    const [a, b] = await Promise.all([send(url, raw), send(url, raw)])
    const again = await send(url, raw)
    expect([b.result, again.result]).toEqual([a.result, a.result])
    expect((await rpc(url, 'eth_blockNumber')).result).toBe('0x1')
  })

  it('keeps a transaction whose predecessor is late, and counts it in the pending nonce', async () => {
    const { url, account } = await setup(patient)
    const second = send(url, await transfer(account, 1))
    await sleep(50)
    expect((await rpc(url, 'eth_getTransactionCount', [account.address, 'pending'])).result).toBe('0x0')
    const first = send(url, await transfer(account, 0))
    expect([typeof (await first).result, typeof (await second).result]).toEqual(['string', 'string'])
    expect((await rpc(url, 'eth_getTransactionCount', [account.address, 'pending'])).result).toBe('0x2')
  })

  it('gives a gap up after its time, with an error that viem knows', async () => {
    const { wallet } = await setup({ limits: { nonceGapTimeoutMs: 100 } })
    const failure = await wallet.sendTransaction({ to: newAccount().address, nonce: 9, gas: 21_000n }).catch((e) => e)
    expect(failure.walk((e: unknown) => e instanceof NonceTooHighError)).toBeInstanceOf(NonceTooHighError)
  })

  it('does not keep gaps of accounts that could not pay', async () => {
    const { url } = await setup()
    const answer = await send(url, await transfer(newAccount(), 5))
    expect(answer.error?.message).toMatch(/insufficient funds/)
  })

  it('bounds what one sender may have waiting', async () => {
    const { url, account } = await setup({ limits: { maxWaitingPerSender: 2, nonceGapTimeoutMs: 300 } })
    const answers = await sendTogether(url, await Promise.all([5, 6, 7].map((nonce) => transfer(account, nonce))))
    expect(answers.filter((answer) => answer.error?.code === -32005)).toHaveLength(1)
    expect(answers.filter((answer) => answer.error?.message.startsWith('nonce too high'))).toHaveLength(2)
  })

  it('tells the reasons of a refusal in the words of geth', async () => {
    const { url, account, wallet } = await setup()
    await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    const poor = newAccount()
    const cases: readonly (readonly [Hex, RegExp])[] = [
      [await transfer(account, 0), /nonce too low: next nonce 1, tx nonce 0/],
      [
        await transfer(account, 1, { maxFeePerGas: 5n, maxPriorityFeePerGas: 1n }),
        /max fee per gas less than block base fee/,
      ],
      [await transfer(account, 1, { gas: 20_999n }), /intrinsic gas too low/],
      [await transfer(account, 1, { gas: 10_000_001n }), /exceeds the cap of 10000000/],
      [await transfer(account, 1, { value: 10n ** 22n }), /insufficient funds for gas \* price \+ value/],
      [await transfer(poor, 0), /insufficient funds for gas \* price \+ value/],
      [await transfer(account, 1, { chainId: 1 }), /invalid chain id/],
    ]
    for (const [raw, reason] of cases) expect((await send(url, raw)).error?.message).toMatch(reason)
    expect((await rpc(url, 'eth_blockNumber')).result).toBe('0x1')
  })

  it('lets viem throw its own error classes', async () => {
    const { wallet, url, network } = await setup()
    await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    const low = await wallet.sendTransaction({ to: newAccount().address, nonce: 0, gas: 21_000n }).catch((e) => e)
    expect(low.walk((e: unknown) => e instanceof NonceTooLowError)).toBeInstanceOf(NonceTooLowError)
    const beggar = createWalletClient({ account: newAccount(), chain: network, transport: http(url) })
    const poor = await beggar.sendTransaction({ to: newAccount().address, value: 1n, gas: 21_000n }).catch((e) => e)
    expect(poor.walk((e: unknown) => e instanceof InsufficientFundsError)).toBeInstanceOf(InsufficientFundsError)
  })

  it('refuses a signature that is none', async () => {
    const { url, account } = await setup()
    const raw = await transfer(account, 0)
    const broken = `${raw.slice(0, -128)}${'00'.repeat(64)}`
    expect((await send(url, broken)).error?.message).toMatch(/invalid sender|malformed/)
  })

  it('spends only what an account has, block by block, and refuses the rest', async () => {
    const { url, wallet, reader } = await setup()
    const spender = newAccount()
    await wallet.sendTransaction({ to: spender.address, value: 10n ** 18n })
    const value = 6n * 10n ** 17n
    const to = newAccount().address
    const answers = await Promise.all(
      [0, 1].map(async (nonce) => send(url, await transfer(spender, nonce, { to, value }))),
    )
    expect(typeof answers[0]?.result).toBe('string')
    expect(answers[1]?.error?.message).toMatch(/insufficient funds/)
    expect(await reader.getTransactionCount({ address: spender.address })).toBe(1)
  })

  it('does not let a transaction that spoils the block harm the others', async () => {
    const { chain, options, url, wallet, reader, account } = await setup({ limits: { gatherMs: 100 } })
    const victim = newAccount()
    await wallet.sendTransaction({ to: victim.address, value: 10n ** 18n })
    // EIP-7702: the victim's account gets code that sends its whole balance to the caller when called.
    // Runtime: CALL(gas, caller, selfbalance, 0, 0, 0, 0).
    const drain = await wallet.sendTransaction({ data: '0x6a5f5f5f5f47335af15000005f52600b6015f3' })
    const { contractAddress } = await reader.getTransactionReceipt({ hash: drain })
    const authorization = await victim.signAuthorization({
      address: contractAddress as Hex,
      chainId: testChainId,
      nonce: 0,
    })
    await wallet.sendTransaction({ to: account.address, authorizationList: [authorization], gas: 200_000n })
    const nonce = await reader.getTransactionCount({ address: account.address })
    const bystander = newAccount()
    await wallet.sendTransaction({ to: bystander.address, value: 10n ** 18n })
    const before = await reader.getBlockNumber()
    const raws = [
      await transfer(account, nonce + 1, { to: victim.address, gas: 100_000n, value: 0n }),
      await transfer(victim, 1, { value: 10n ** 17n, gas: 50_000n }),
      await transfer(bystander, 0),
    ]
    const [drained, spoiled, innocent] = await Promise.all(raws.map((raw) => send(url, raw)))
    expect([typeof drained?.result, typeof innocent?.result]).toEqual(['string', 'string'])
    expect(spoiled?.error?.message).toMatch(/insufficient funds/)
    expect(await reader.getBlockNumber()).toBeGreaterThan(before + 1n)
    const tip = chain.status().blockHash
    await chain.stop()
    expect(await recordKinds(options.journalPath)).toContain('void')
    expect(await chain.start()).toMatchObject({ blockHash: tip })
  })

  it('holds blocks back under load by gathering, and still takes everything', async () => {
    const nowMs = 1_900_000_000_000
    const waits: { readonly durationMs: number; readonly end: () => void }[] = []
    const wait = (durationMs: number) => new Promise<void>((resolve) => waits.push({ durationMs, end: resolve }))
    const limits = { blockIntervalMs: 300, burstBlocks: 2, gatherMs: 0 }
    const { chain, url, reader, account } = await setup({ limits, clock: { nowMs: () => nowMs }, wait })
    const raws = await Promise.all(Array.from({ length: 40 }, (_, nonce) => transfer(account, nonce)))
    const answers: ReturnType<typeof send>[] = []
    for (const [index, raw] of raws.entries()) {
      answers.push(send(url, raw))
      if (index > 1) continue
      await until(() => waits.length === index + 1)
      waits[index]?.end()
      await answers[index]
    }
    // The burst is used up: the third block waits for its interval, and everything that comes meanwhile goes into it.
    await until(() => chain.status().waitingTransactions === 38 && waits.length === 3)
    expect(await reader.getBlockNumber()).toBe(2n)
    waits[2]?.end()
    expect((await Promise.all(answers)).every((answer) => typeof answer.result === 'string')).toBe(true)
    expect(await reader.getBlockNumber()).toBe(3n)
    expect(waits.map(({ durationMs }) => durationMs)).toEqual([0, 0, 300])
  })
})

describe('stop', () => {
  it('answers what still waits with an error that says to come later', async () => {
    const { chain, url, account } = await setup({ limits: { nonceGapTimeoutMs: 20_000 } })
    const gapped = send(url, await transfer(account, 3))
    await sleep(100)
    await chain.stop()
    expect((await gapped).error).toMatchObject({ code: -32002, data: { code: 'chain/stopping', retry: 'later' } })
  })
})

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 30_000
  while (!holds()) {
    if (Date.now() > end) throw new Error('it did not come true in time')
    await sleep(20)
  }
}

async function setup(changes: Partial<EmbeddedChainOptions> = {}) {
  const started = await startChain(changes)
  cleanups.push(started.close)
  return started
}

function send(url: string, raw: string) {
  return rpc(url, 'eth_sendRawTransaction', [raw])
}

/** One JSON-RPC batch: nothing is older than the rest of it. */
async function sendTogether(url: string, raws: readonly Hex[]) {
  const calls = raws.map((raw, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [raw] }))
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(calls) })
  return (await response.json()) as { result?: Hex; error?: { code: number; message: string } }[]
}

function transfer(account: PrivateKeyAccount, nonce: number, change: object = {}): Promise<Hex> {
  return account.signTransaction({
    chainId: testChainId,
    type: 'eip1559',
    nonce,
    to: account.address,
    value: 1n,
    gas: 21_000n,
    maxFeePerGas: 2_000_000_000n,
    maxPriorityFeePerGas: 1n,
    ...change,
  } as never)
}
