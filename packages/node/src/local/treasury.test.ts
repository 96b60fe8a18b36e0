import { writeFileSync } from 'node:fs'
import { type Address, systemClock, systemRandom } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Home } from '../home/home.ts'
import { accountKey } from '../home/secrets.ts'
import { temporaryHome } from '../testing/home.ts'
import { startLocalLedger } from '../testing/local-ledger.ts'
import { ensureLocalNetwork } from '../testing/local-network.ts'
import { faucetByDefault } from './faucet.ts'
import { giftsPerMinute } from './faucet-book.ts'
import { gasMoneyOf } from './gas-money.ts'
import { externalLedger } from './ledger-source.ts'
import { LocalOperator } from './local-operator.ts'
import { PageDoor } from './page-door.ts'
import { faucetGift, faucetKoinInAll } from './parameters.ts'
import { inferenceSpecHash } from './subnet-spec.ts'
import { fundAccount, give, readBalances, type Treasury } from './treasury.ts'

let home: Home
let remove: () => void
let ledger: { readonly rpcUrl: string; stop(): Promise<void> }
let treasury: Treasury
beforeAll(async () => {
  ;({ home, remove } = temporaryHome())
  ledger = await startLocalLedger(home)
  treasury = await ensureLocalNetwork(home, ledger.rpcUrl, 'http://127.0.0.1:1', inferenceSpecHash())
}, 120_000)
afterAll(async () => {
  await ledger.stop()
  remove()
})

let drawn = 0
const stranger = (): Address => `0x${(++drawn).toString(16).padStart(4, '0').repeat(10)}`
const held = (account: Address) => readBalances(treasury.reader, treasury.network, account)
const target = { nativeWei: 10n ** 18n, koin: 5n * 10n ** 18n, dollar: 7_000_000n }

describe('the treasury', () => {
  it('brings an account up to its target, and sends nothing to one that has it', async () => {
    const account = stranger()
    await fundAccount(treasury, account, target)
    expect(await held(account)).toEqual(target)
    const block = await treasury.reader.getBlockNumber()
    await fundAccount(treasury, account, target)
    await fundAccount(treasury, account, { nativeWei: 1n, koin: 1n, dollar: 1n })
    expect(await held(account)).toEqual(target)
    expect(await treasury.reader.getBlockNumber()).toBe(block)
    await fundAccount(treasury, account, { ...target, dollar: target.dollar + 5n })
    expect(await held(account)).toEqual({ ...target, dollar: target.dollar + 5n })
  })

  it('funds many accounts at once without losing one', async () => {
    const accounts = Array.from({ length: 12 }, stranger)
    await Promise.all(accounts.map((account) => fundAccount(treasury, account, target)))
    for (const account of accounts) expect(await held(account)).toEqual(target)
  })

  it('gives on top of what an account holds', async () => {
    const account = stranger()
    await give(treasury, account, { nativeWei: 0n, koin: 3n, dollar: 4n })
    await give(treasury, account, { nativeWei: 0n, koin: 0n, dollar: 1n })
    expect(await held(account)).toEqual({ nativeWei: 0n, koin: 3n, dollar: 5n })
  })
})

describe('the faucet of a local network', () => {
  let nowMs = systemClock.nowMs()
  const roleAccounts = 7
  const openOperator = (faucet: 'open' | 'closed' = 'open') => {
    accountKey(home, 'wallet', systemRandom)
    return new LocalOperator({
      home,
      treasury,
      gatewayUrl: 'http://127.0.0.1:1',
      modelPath: 'none.gguf',
      clock: { nowMs: () => nowMs },
      page: new PageDoor({ host: '127.0.0.1', port: 1, random: systemRandom }),
      faucet,
      roleAccounts,
      roles: () => [],
    })
  }

  it('gives what it says to an account, once a minute, and to the own wallet under the same rule', async () => {
    const operator = openOperator()
    const account = stranger()
    const sent = await operator.answer('faucet', { address: account })
    expect(await held(account)).toEqual(faucetGift)
    const { nativeWei, koin, dollar } = faucetGift
    expect(sent).toEqual({ nativeAtomic: `${nativeWei}`, koinAtomic: `${koin}`, dollarAtomic: `${dollar}` })
    await expect(operator.answer('faucet', { address: account })).rejects.toMatchObject({ code: 'faucet/too-soon' })
    const own = accountKey(home, 'wallet', systemRandom).address
    await operator.answer('faucet', { address: own })
    await operator.answer('wallet.faucet', {})
    await expect(operator.answer('wallet.faucet', {})).rejects.toMatchObject({ code: 'faucet/too-soon' })
    nowMs += 60_000
    await operator.answer('faucet', { address: account })
    expect((await held(account)).koin).toBe(2n * faucetGift.koin)
  })

  it('gives to so many a minute and no more, and nothing to what is no address', async () => {
    const operator = openOperator()
    for (const address of ['', 'me', '0x12', undefined]) {
      await expect(operator.answer('faucet', { address })).rejects.toMatchObject({ code: expect.any(String) })
    }
    const crowd = Array.from({ length: giftsPerMinute + 5 }, stranger)
    const outcomes = await Promise.allSettled(crowd.map((address) => operator.answer('faucet', { address })))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(giftsPerMinute)
    for (const [index, account] of crowd.entries()) {
      expect((await held(account)).dollar).toBe(index < giftsPerMinute ? faucetGift.dollar : 0n)
    }
  })

  it('is shut for strangers behind a public address and on a chain of others, and gives the owner', async () => {
    const embedded = { kind: 'embedded', rpcPort: 1 } as const
    for (const host of ['127.0.0.1', 'localhost', '::1']) expect(faucetByDefault(host, embedded)).toBe('open')
    for (const host of ['0.0.0.0', '::', '192.0.2.7', 'node.example', ''])
      expect(faucetByDefault(host, embedded)).toBe('closed')
    expect(faucetByDefault('127.0.0.1', externalLedger('http://127.0.0.1:1'))).toBe('closed')
    const operator = openOperator('closed')
    const account = stranger()
    await expect(operator.answer('faucet', { address: account })).rejects.toMatchObject({
      code: 'faucet/closed',
      hint: expect.stringContaining('--faucet'),
    })
    expect(await held(account)).toEqual({ nativeWei: 0n, koin: 0n, dollar: 0n })
    nowMs += 60_000
    expect(await operator.answer('wallet.faucet', {})).toMatchObject({ koinAtomic: `${faucetGift.koin}` })
  })

  it('gives strangers so much KOIN in all and no more, over minutes and restarts; the rest of a gift goes on', async () => {
    writeFileSync(home.faucetBook, JSON.stringify({ v: 1, koinAtomic: `${faucetKoinInAll - 2n * faucetGift.koin}` }))
    const crowd = Array.from({ length: 6 }, stranger)
    for (const account of crowd.slice(0, 3)) await openOperator().answer('faucet', { address: account })
    nowMs += 24 * 3_600_000
    const operator = openOperator()
    await Promise.all(crowd.slice(3).map((account) => operator.answer('faucet', { address: account })))
    const balances = await Promise.all(crowd.map(held))
    expect(balances.map(({ koin }) => koin)).toEqual([faucetGift.koin, faucetGift.koin, 0n, 0n, 0n, 0n])
    expect(balances.every(({ dollar }) => dollar === faucetGift.dollar)).toBe(true)
  })

  it('keeps back the gas money of all roles, however many ask at once', async () => {
    const { reader, sender, network } = treasury
    const { roleWei, givingWei } = await gasMoneyOf(reader, network)
    const keptWei = roleWei * BigInt(roleAccounts)
    const spareWei = 3n * givingWei
    const balance = () => reader.getBalance({ address: sender.address })
    // Sending costs gas, too: it is left a little over.
    await sender.send({ to: stranger(), value: (await balance()) - keptWei - spareWei - givingWei / 2n }, 'spending')
    nowMs += 60_000
    const operator = openOperator()
    const crowd = Array.from({ length: giftsPerMinute }, stranger)
    const outcomes = await Promise.allSettled(crowd.map((address) => operator.answer('faucet', { address })))
    const given = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(given).toBeGreaterThan(0)
    expect(given).toBeLessThanOrEqual(3)
    expect(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []))).toEqual(
      Array(giftsPerMinute - given).fill('faucet/empty'),
    )
    expect(await balance()).toBeGreaterThanOrEqual(keptWei)
    nowMs += 60_000
    for (const address of crowd.slice(0, 4)) await operator.answer('faucet', { address }).catch(() => undefined)
    expect(await balance()).toBeGreaterThanOrEqual(keptWei)
  })
})
