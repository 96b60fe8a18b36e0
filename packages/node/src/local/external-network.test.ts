/** Founding a network on a chain of somebody else: money first, then once, then found again. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Address,
  isKoinonError,
  type KoinonError,
  secretKeyToAddress,
  systemClock,
  systemRandom,
} from '@koinon/base'
import { createLedgerReader } from '@koinon/ledger'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { existingAccountKey } from '../home/secrets.ts'
import { temporaryHome } from '../testing/home.ts'
import { type OutsideChain, startOutsideChain } from '../testing/outside-chain.ts'
import { ensureNetwork } from './contracts.ts'
import { deploymentNote } from './deployment.ts'
import { gasMoneyOf } from './gas-money.ts'
import { LedgerKeeper } from './ledger-keeper.ts'
import { externalLedger } from './ledger-source.ts'
import { fundAccount, readBalances, refillGas, type Treasury } from './treasury.ts'

const chainId = 77_001
const { home, remove } = temporaryHome()
const accounts = [newAddress(), newAddress()]
let chain: OutsideChain

beforeAll(async () => {
  chain = await startOutsideChain(chainId)
})
afterAll(async () => {
  await chain?.close()
  remove()
})

function found(rpcUrl = chain.rpcUrl): Promise<Treasury> {
  return ensureNetwork({
    home,
    source: externalLedger(rpcUrl),
    rpcUrl,
    gatewayUrl: 'http://127.0.0.1:8402',
    specHash: `0x${'5b'.repeat(32)}`,
    defaultModel: { model: 'm', manifest: `0x${'6d'.repeat(32)}` },
    accounts,
  })
}

describe('founding a network on an external chain', () => {
  it('asks for money first and has sent nothing', async () => {
    const error = await failure(found())
    expect(error.code).toBe('node/treasury-unfunded')
    const founder = existingAccountKey(home, 'founder').address
    expect(error.details).toMatchObject({ account: founder, chainId })
    expect(error.hint).toContain(founder)
    expect(existsSync(home.networkFile)).toBe(false)
  })

  it('is content with exactly what it asked for, and goes on after a broken-off attempt', async () => {
    const { account, missingWei } = (await failure(found())).details as { account: Address; missingWei: string }
    await chain.send(account, BigInt(missingWei))
    // What an attempt on another chain left counts for nothing here.
    const elsewhere = deploymentNote(join(home.chain, 'deployment'), 1)
    const contracts = { token: `0x${'1'.repeat(40)}` }
    writeFileSync(elsewhere, JSON.stringify({ v: 1, chainId: 1, deployer: account, startBlock: 9, contracts }))
    const { network, reader } = await found()
    expect(network).toMatchObject({ chainId, chainKind: 'external', name: `chain ${chainId}`, rpcUrl: chain.rpcUrl })
    expect(await reader.getCode({ address: network.contracts.token })).toBeDefined()
    expect(JSON.parse(readFileSync(home.networkFile, 'utf8'))).toEqual(network)
    expect(network.contracts.token).not.toBe(contracts.token)
    expect(existsSync(deploymentNote(join(home.chain, 'deployment'), chainId))).toBe(false)
    expect(existsSync(elsewhere)).toBe(true)
  }, 180_000)

  it('happens once: the next time finds the same contracts and sends nothing', async () => {
    const before = readFileSync(home.networkFile, 'utf8')
    const { reader, sender } = await found()
    const nonce = await reader.getTransactionCount({ address: sender.address })
    await found()
    expect(await reader.getTransactionCount({ address: sender.address })).toBe(nonce)
    expect(readFileSync(home.networkFile, 'utf8')).toBe(before)
  })

  it('gives roles their money, and gas again only when it runs low', async () => {
    const treasury = await found()
    const { network, reader } = treasury
    const [account] = accounts as [Address]
    const { roleWei } = await gasMoneyOf(reader, network)
    await fundAccount(treasury, account, { nativeWei: roleWei, koin: 5n, dollar: 7n })
    const held = await readBalances(reader, network, account)
    expect(held).toMatchObject({ koin: 5n, dollar: 7n })
    expect(held.nativeWei).toBeGreaterThan(0n)
    await refillGas(treasury, [account])
    expect((await readBalances(reader, network, account)).nativeWei).toBe(held.nativeWei)
  })
})

describe('a network whose chain is not what it was', () => {
  it('is not started on a chain of another number', async () => {
    const other = await startOutsideChain(chainId + 1)
    const error = await failure(found(other.rpcUrl))
    await other.close()
    expect(error.code).toBe('home/other-chain')
    expect(error.message).toContain(String(chainId + 1))
  })

  it('is neither started nor founded again on a chain of the same number that knows nothing of it', async () => {
    const before = readFileSync(home.networkFile, 'utf8')
    const forgetful = await startOutsideChain(chainId)
    const error = await failure(found(forgetful.rpcUrl))
    await forgetful.close()
    expect(error.code).toBe('ledger/contracts-gone')
    expect(readFileSync(home.networkFile, 'utf8')).toBe(before)
  })

  it('says so when nobody answers', async () => {
    const error = await failure(found('http://127.0.0.1:1'))
    expect(error).toMatchObject({ code: 'ledger/rpc-unreachable', retry: 'later' })
  })

  it('is told to its keeper: silence once, the loss of its state for good', async () => {
    const short = await startOutsideChain(chainId)
    const port = Number(new URL(short.rpcUrl).port)
    const treasury = await found()
    const notices: string[] = []
    const network = { ...treasury.network, rpcUrl: short.rpcUrl }
    const onShort = { ...treasury, network, reader: createLedgerReader(network) }
    await short.close()
    const { promise: gone, resolve } = Promise.withResolvers<KoinonError>()
    const keeper = new LedgerKeeper({
      treasury: onShort,
      accounts,
      clock: systemClock,
      intervalMs: 50,
      onGone: resolve,
      onNotice: (sentence) => notices.push(sentence),
    })
    keeper.start()
    while (notices.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    const anew = await startOutsideChain(chainId, port)
    expect((await gone).code).toBe('ledger/contracts-gone')
    await keeper.stop()
    expect(notices).toHaveLength(1)
    expect(notices[0]).toContain('does not answer')
    await anew.close()
  })
})

function newAddress(): Address {
  return secretKeyToAddress(systemRandom(32))
}

async function failure(work: Promise<unknown>): Promise<KoinonError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isKoinonError(error)) throw new Error(`no refusal but ${String(error)}`)
  return error
}
