import type { Address } from '@koinon/base'
import { koinonTokenAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tradeTerms } from '../rules/pool/trade-terms.ts'
import { type PoolLedger, startPoolLedger } from '../testing/pool-ledger.ts'
import { token } from '../testing/test-ledger.ts'
import { HoldingsReader } from './alpha-holdings.ts'
import {
  claimRootDividends,
  moveStake,
  rootNetuid,
  stakeOn,
  swapStake,
  unstakeFrom,
  withdrawUnstaked,
} from './alpha-stake.ts'
import { buyAlpha, type PoolAccount, redeemAlpha, sellAlpha, sendAlpha } from './pool-trades.ts'
import { readMarket, readMarkets, readPool } from './pools.ts'

/** As the test ledger's staking has it. */
const unbondingSeconds = 86_400
const hotkey: Address = `0x${'a1'.repeat(20)}`
const other: Address = `0x${'b2'.repeat(20)}`

let place: PoolLedger
beforeAll(async () => {
  place = await startPoolLedger()
}, 120_000)
afterAll(() => place?.ledger.close())

const koinOf = ({ network, reader }: PoolAccount, account: string): Promise<bigint> =>
  reader.readContract({
    address: network.contracts.token,
    abi: koinonTokenAbi,
    functionName: 'balanceOf',
    args: [account as Address],
    blockTag: 'pending',
  })

describe('pools on the real contracts', () => {
  it('quotes to the unit what a purchase and a sale then bring', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const account = await place.account(100n * token)
    const before = await readPool(account, netuid)
    expect(before).toMatchObject({ netuid, price: token, supply: 1_000n * token })
    const terms = tradeTerms(before.pool, 'buy', 20n * token, 100)
    const { output } = await buyAlpha(account, { netuid, koin: terms.input, leastAlpha: terms.leastOutput })
    expect(output).toBe(terms.output)
    const after = await readPool(account, netuid)
    expect(after.pool).toEqual(terms.pool)
    expect(after.price).toBe(terms.priceAfter)
    const sale = tradeTerms(after.pool, 'sell', output, 100)
    expect((await sellAlpha(account, { netuid, alpha: output, leastKoin: sale.leastOutput })).output).toBe(sale.output)
    expect(await koinOf(account, account.address)).toBe(80n * token + sale.output)
  })

  it('refuses a trade that would bring less than its least output, and says so', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const [account, faster] = [await place.account(50n * token), await place.account(50n * token)]
    const terms = tradeTerms((await readPool(account, netuid)).pool, 'buy', 20n * token, 100)
    await buyAlpha(faster, { netuid, koin: 50n * token, leastAlpha: 1n })
    await expect(buyAlpha(account, { netuid, koin: terms.input, leastAlpha: terms.leastOutput })).rejects.toMatchObject(
      {
        code: 'ledger/price-moved',
        retry: 'now',
      },
    )
    expect(await koinOf(account, account.address)).toBe(50n * token)
    await expect(sellAlpha(account, { netuid, alpha: token, leastKoin: 1n })).rejects.toMatchObject({
      code: 'ledger/too-little-alpha',
    })
    await expect(buyAlpha(account, { netuid, koin: 51n * token, leastAlpha: 1n })).rejects.toMatchObject({
      code: 'ledger/too-little-koin',
    })
  })

  it('tells where there is no pool, and pays out of the pot where there was one', async () => {
    const account = await place.account(10n * token)
    await expect(readPool(account, 999)).rejects.toMatchObject({
      code: 'ledger/no-pool',
      message: 'There is no subnet 999 whose alpha is traded on this network',
      retry: 'never',
    })
    const netuid = await place.openSubnet(100n * token)
    const { output } = await buyAlpha(account, { netuid, koin: 10n * token, leastAlpha: 1n })
    await place.dissolve(netuid)
    await expect(readPool(account, netuid)).rejects.toMatchObject({ code: 'ledger/pool-dissolved' })
    const market = await readMarket(account, netuid)
    const part = 'pot' in market ? (output * market.pot) / market.outstanding : undefined
    expect((await redeemAlpha(account, netuid, output)).output).toBe(part)
    expect((await readMarkets(account)).map((market) => market.netuid)).toContain(netuid)
  })
})

describe('holdings', () => {
  it('finds free alpha, positions, gifts and what is sent', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const account = await place.account(20n * token)
    const holdings = new HoldingsReader(account, account.address)
    expect(await holdings.read()).toEqual({ free: [], staked: [], leaving: [], rootDividends: [] })
    const { output } = await buyAlpha(account, { netuid, koin: 10n * token, leastAlpha: 1n })
    await stakeOn(account, { netuid, hotkey, amount: output - 3n })
    await stakeOn(account, { netuid: rootNetuid, hotkey, amount: 10n * token })
    await sendAlpha(account, { netuid, to: other, alpha: 2n })
    const read = await holdings.read()
    expect(read.free).toEqual([{ netuid, amount: 1n }])
    expect(read.staked).toMatchObject([
      { netuid: rootNetuid, hotkey, amount: 10n * token, isBound: true },
      { netuid, hotkey, amount: output - 3n, isBound: false },
    ])
    expect(await new HoldingsReader(account, account.address).read()).toEqual(read)
  })

  it('unstakes at once what is not bound, moves it, and swaps it into another subnet', async () => {
    const [netuid, second] = [await place.openSubnet(1_000n * token), await place.openSubnet(2_000n * token)]
    const account = await place.account(0n)
    await place.mint(netuid, account.address, 30n * token)
    await stakeOn(account, { netuid, hotkey, amount: 30n * token })
    const holdings = new HoldingsReader(account, account.address)
    const shares = async (at: Address): Promise<bigint> =>
      (await holdings.read()).staked.find((one) => one.netuid === netuid && one.hotkey === at)?.shares ?? 0n
    const third = (await shares(hotkey)) / 3n
    expect(await unstakeFrom(account, { netuid, hotkey, shares: third, leastAmount: 1n })).toEqual({
      amount: 10n * token,
    })
    expect(await moveStake(account, { netuid, from: hotkey, to: other, shares: third, leastAmount: 1n })).toBe(
      10n * token,
    )
    const swapped = await swapStake(account, {
      ...{ from: { netuid, hotkey }, to: { netuid: second, hotkey } },
      ...{ shares: await shares(hotkey), leastAlpha: 1n },
    })
    expect(swapped).toBeGreaterThan(9n * token)
    expect((await holdings.read()).staked.map((one) => [one.netuid, one.hotkey])).toEqual([
      [netuid, other],
      [second, hotkey],
    ])
    await expect(
      unstakeFrom(account, { netuid, hotkey: other, shares: 10n ** 60n, leastAmount: 1n }),
    ).rejects.toMatchObject({
      code: 'ledger/too-little-stake',
    })
  })

  it('queues what backs the root, and pays it when its time has come', async () => {
    const account = await place.account(10n * token)
    await stakeOn(account, { netuid: rootNetuid, hotkey: other, amount: 10n * token })
    const holdings = new HoldingsReader(account, account.address)
    const [position] = (await holdings.read()).staked
    const left = await unstakeFrom(account, {
      ...{ netuid: rootNetuid, hotkey: other },
      ...{ shares: position?.shares ?? 0n, leastAmount: 1n },
    })
    expect(left.amount).toBe(10n * token)
    expect((await holdings.read()).leaving).toEqual([
      { netuid: rootNetuid, hotkey: other, amount: 10n * token, freeAtSeconds: left.freeAtSeconds },
    ])
    await expect(withdrawUnstaked(account)).rejects.toMatchObject({ code: 'ledger/nothing-matured' })
    await place.ledger.moveTo((await place.ledger.nowSeconds()) + unbondingSeconds)
    expect(await withdrawUnstaked(account)).toEqual([{ netuid: rootNetuid, amount: 10n * token }])
    expect(await koinOf(account, account.address)).toBe(10n * token)
    expect((await holdings.read()).leaving).toEqual([])
    await expect(
      moveStake(account, { netuid: rootNetuid, from: other, to: hotkey, shares: 1n, leastAmount: 1n }),
    ).rejects.toMatchObject({
      code: 'ledger/refused',
    })
  })

  it('claims root dividends once, however often the position changed', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const validator: Address = `0x${'c3'.repeat(20)}`
    const account = await place.account(10n * token)
    await place.setRegistered(netuid, validator, true)
    await stakeOn(account, { netuid: rootNetuid, hotkey: validator, amount: 5n * token })
    await place.payDividends(netuid, validator, token)
    await stakeOn(account, { netuid: rootNetuid, hotkey: validator, amount: 5n * token })
    await place.payDividends(netuid, validator, token)
    const holdings = new HoldingsReader(account, account.address)
    const { rootDividends } = await holdings.read()
    expect(rootDividends).toMatchObject([{ netuid, hotkey: validator }])
    const due = rootDividends[0]?.amount ?? 0n
    expect(due).toBeGreaterThan(token)
    expect(await claimRootDividends(account, netuid, validator)).toBe(due)
    expect((await holdings.read()).free).toEqual([{ netuid, amount: due }])
    await expect(claimRootDividends(account, netuid, validator)).rejects.toMatchObject({
      code: 'ledger/nothing-to-claim',
    })
  })
})
