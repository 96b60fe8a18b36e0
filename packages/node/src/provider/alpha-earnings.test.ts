import type { Address } from '@koinon/base'
import type { Membership } from '@koinon/ledger'
import { koinonTokenAbi, permitsAbi } from '@koinon/ledger/abis'
import { buyAlpha, readEarnedAlpha, readFreeAlpha, rootNetuid, stakeOn, unstakeFrom } from '@koinon/subnets/pools'
import { type PoolLedger, startPoolLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cashAlpha, readAlphaEarnings } from './alpha-earnings.ts'

const token = 10n ** 18n
const recipient: Address = `0x${'5a'.repeat(20)}`
const cash = { recipient, keepsAlpha: false, slippageBps: 100, agreed: [] }

let place: PoolLedger
beforeAll(async () => {
  place = await startPoolLedger()
}, 120_000)
afterAll(() => place?.ledger.close())

/** A miner that was paid `amount`: it is staked on its own hotkey. */
async function paid(netuid: number, amount: bigint, koin = 0n) {
  const account = await place.account(koin)
  await place.mint(netuid, account.address, amount)
  await stakeOn(account, { netuid, hotkey: account.address, amount })
  return account
}

/** Sells for what is shown now. */
async function sell(account: Membership) {
  return cashAlpha(account, { ...cash, agreed: await readAlphaEarnings(account, account.sender.address, 100) })
}

/** The account, with something that happens right before each of its sales reaches the ledger. */
function overtaken(account: Membership, first: () => Promise<unknown>): Membership {
  const call = async (request: { readonly functionName: string }) => {
    if (request.functionName === 'sell') await first()
    return account.sender.call(request as never)
  }
  return { ...account, sender: { address: account.sender.address, call } as unknown as Membership['sender'] }
}

function koinOf({ network, reader }: Membership, account: Address): Promise<bigint> {
  const call = { address: network.contracts.token, abi: koinonTokenAbi, functionName: 'balanceOf' } as const
  return reader.readContract({ ...call, args: [account], blockTag: 'pending' })
}

describe('alpha that was earned', () => {
  it('is shown with its worth and what a sale would bring, sold, and gone', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const account = await paid(netuid, 20n * token)
    const agreed = await readAlphaEarnings(account, account.address, 100)
    expect(agreed).toMatchObject([{ netuid, alpha: 20n * token, worth: 20n * token, bound: 0n }])
    const terms = agreed[0]?.terms
    expect(terms?.output).toBeLessThan(20n * token)
    const outcomes = await cashAlpha(account, { ...cash, agreed })
    expect(outcomes).toEqual([{ netuid, alpha: 20n * token, outcome: 'sold', koin: terms?.output, leaving: 0n }])
    expect(await koinOf(account, account.address)).toBe(terms?.output)
    expect(await readAlphaEarnings(account, account.address, 100)).toEqual([])
    expect(await cashAlpha(account, cash)).toEqual([])
  })

  it('is sent as it is when its owner keeps it', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const account = await paid(netuid, 3n * token)
    expect(await cashAlpha(account, { ...cash, keepsAlpha: true })).toMatchObject([{ outcome: 'sent', koin: 0n }])
    expect(await readFreeAlpha(account, netuid, recipient)).toBe(3n * token)
  })

  it('is not sold below what was shown, and can be once its owner has seen the new price', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const account = await paid(netuid, 20n * token)
    const agreed = await readAlphaEarnings(account, account.address, 100)
    const other = await paid(netuid, 300n * token)
    await sell(other)
    await expect(cashAlpha(account, { ...cash, agreed })).rejects.toMatchObject({ code: 'ledger/price-moved' })
    expect(await readFreeAlpha(account, netuid, account.address)).toBe(20n * token)
    const again = await readAlphaEarnings(account, account.address, 100)
    expect(await cashAlpha(account, { ...cash, agreed: again })).toMatchObject([{ outcome: 'sold' }])
  })

  it('loses the slippage to what was shown once, however late the price moves', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const account = await paid(netuid, 20n * token)
    const other = await paid(netuid, 4n * token)
    const agreed = await readAlphaEarnings(account, account.address, 100)
    const least = agreed[0]?.terms?.leastOutput ?? 0n
    await sell(other)
    await place.mint(netuid, other.address, 4n * token)
    const [fresh] = await readAlphaEarnings(account, account.address, 100)
    expect(fresh?.terms?.output).toBeGreaterThan(least)
    const late = overtaken(account, () => sell(other))
    await expect(cashAlpha(late, { ...cash, agreed })).rejects.toMatchObject({ code: 'ledger/price-moved' })
    const [now] = await readAlphaEarnings(account, account.address, 100)
    expect(now?.terms?.output).toBeLessThan(least)
    expect(now?.terms?.output).toBeGreaterThan(fresh?.terms?.leastOutput ?? 0n)
    expect(await readFreeAlpha(account, netuid, account.address)).toBe(20n * token)
  })

  it('is kept as far as its owner was shown no price for it, and sold beside shares that are worth nothing', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const account = await paid(netuid, 20n * token)
    const unseen = { netuid, alpha: 0n, outcome: 'kept', koin: 0n, leaving: 0n, unpriced: 20n * token }
    expect(await cashAlpha(account, cash)).toEqual([unseen])
    const agreed = await readAlphaEarnings(account, account.address, 100)
    await place.mint(netuid, account.address, 3n * token)
    const [outcome] = await cashAlpha(account, { ...cash, agreed })
    expect(outcome).toMatchObject({ alpha: 20n * token, outcome: 'sold', unpriced: 3n * token })
    expect(outcome?.koin).toBe(agreed[0]?.terms?.output)
    expect(await readFreeAlpha(account, netuid, account.address)).toBe(3n * token)

    // Shares that are worth nothing stay beside it, and stop nothing.
    await stakeOn(account, { netuid, hotkey: account.address, amount: token })
    const [position] = (await readEarnedAlpha(account, account.address))[0]?.staked ?? []
    await unstakeFrom(account, {
      ...{ netuid, hotkey: account.address },
      ...{ shares: (position?.shares ?? 0n) - 1n, leastAmount: 1n },
    })
    const [earned] = await readEarnedAlpha(account, account.address)
    expect(earned?.staked).toMatchObject([{ shares: 1n, amount: 0n }])
    expect(await sell(account)).toMatchObject([{ alpha: earned?.free, outcome: 'sold' }])
  })

  it('waits for the unbonding time where it backs a validator, then goes on', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const account = await paid(netuid, 40n * token, 50n * token)
    const { address, sender, network } = account
    await place.setRegistered(netuid, address, true)
    await sender.call({
      address: network.contracts.permits,
      abi: permitsAbi,
      functionName: 'seekPermit',
      args: [netuid, true],
    })
    expect(await readAlphaEarnings(account, address, 100)).toMatchObject([{ alpha: 40n * token, bound: 40n * token }])
    const agreed = await readAlphaEarnings(account, address, 100)
    const [left] = await cashAlpha(account, { ...cash, agreed })
    expect(left).toMatchObject({ alpha: 0n, outcome: 'kept', leaving: 40n * token })
    expect(await sell(account)).toEqual([left])
    await place.ledger.moveTo(left?.freeAtSeconds ?? 0)
    const late = await cashAlpha(account, { ...cash, agreed })
    expect(late).toMatchObject([{ outcome: 'kept', unpriced: 40n * token, leaving: 0n }])
    expect(await sell(account)).toMatchObject([{ alpha: 40n * token, outcome: 'sold', leaving: 0n }])
  })

  it('includes root dividends of KOIN on its own hotkey, which stays staked', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const account = await place.account(30n * token)
    await place.setRegistered(netuid, account.address, true)
    await stakeOn(account, { netuid: rootNetuid, hotkey: account.address, amount: 20n * token })
    await place.payDividends(netuid, account.address, 10n * token)
    const [earned] = await readAlphaEarnings(account, account.address, 100)
    expect(earned?.alpha).toBeGreaterThan(9n * token)
    const [outcome] = await sell(account)
    expect(outcome).toMatchObject({ netuid, outcome: 'sold', leaving: 0n })
    expect(outcome?.alpha).toBeGreaterThan(9n * token)
    expect(await koinOf(account, account.address)).toBe(10n * token + (outcome?.koin ?? 0n))
  })

  it('is kept where it is too little, and redeemed where the subnet is dissolved', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const account = await paid(netuid, 2n)
    expect(await cashAlpha(account, cash)).toMatchObject([{ alpha: 2n, outcome: 'kept' }])
    await place.mint(netuid, account.address, token)
    await place.dissolve(netuid)
    expect(await cashAlpha(account, cash)).toMatchObject([{ alpha: token + 2n, outcome: 'redeemed' }])
  })

  it('may be bought and staked beside, and is one with it', async () => {
    const netuid = await place.openSubnet(1_000n * token)
    const account = await paid(netuid, token, 5n * token)
    const { output } = await buyAlpha(account, { netuid, koin: 5n * token, leastAlpha: 1n })
    expect(await readAlphaEarnings(account, account.address, 100)).toMatchObject([{ alpha: token + output }])
  })
})
