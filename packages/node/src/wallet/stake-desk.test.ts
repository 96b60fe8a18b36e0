import type { Address } from '@koinon/base'
import { type PoolLedger, startPoolLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPoolsView } from '../dashboard/subnets/pools-json.ts'
import { StakeDesk } from './stake-desk.ts'

const token = 10n ** 18n
const hotkey: Address = `0x${'a1'.repeat(20)}`

let place: PoolLedger
let desk: StakeDesk
let account: Address
let netuid: number
beforeAll(async () => {
  place = await startPoolLedger()
  const owner = await place.account(100n * token)
  account = owner.address
  desk = new StakeDesk(owner)
  netuid = await place.openSubnet(1_000n * token)
}, 120_000)
afterAll(() => place?.ledger.close())

describe('what an owner does with stake from the page', () => {
  it('goes from KOIN to alpha, to stake and back, as the page asks for it', async () => {
    const view = createPoolsView({ network: place.ledger.network })
    const query = new URLSearchParams({ side: 'buy', amountAtomic: `${10n * token}`, slippageBps: '50' })
    const quote = await view.quote(netuid, query)
    expect(quote).toMatchObject({ netuid, side: 'buy', priceWad: `${token}`, feeAtomic: `${token / 200n}` })
    const { leastOutputAtomic, outputAtomic } = quote
    const bought = await desk.act({ action: 'buy', netuid, amountAtomic: `${10n * token}`, leastOutputAtomic })
    expect(bought).toEqual({ outputAtomic, transactionHash: expect.stringMatching(/^0x[0-9a-f]{64}$/) })
    await desk.act({ action: 'stake', netuid, hotkey, amountAtomic: `${4n * token}` })
    await desk.act({ action: 'stake', netuid: 0, hotkey, amountAtomic: `${30n * token}` })
    expect(await desk.state()).toMatchObject({
      account,
      koinAtomic: `${60n * token}`,
      free: [{ netuid, amountAtomic: `${BigInt(String(outputAtomic)) - 4n * token}` }],
      staked: [
        { netuid: 0, hotkey, amountAtomic: `${30n * token}`, isBound: true },
        { netuid, hotkey, amountAtomic: `${4n * token}`, isBound: false },
      ],
      leaving: [],
      rootDividends: [],
    })
    const unstake = { action: 'unstake', hotkey } as const
    expect(await desk.act({ ...unstake, netuid, amountAtomic: `${token}` })).toEqual({ amountAtomic: `${token}` })
    const { freeAtSeconds } = await desk.act({ ...unstake, netuid: 0, amountAtomic: `${30n * token}` })
    expect(await desk.state()).toMatchObject({ leaving: [{ netuid: 0, hotkey, freeAtSeconds }] })
    await place.ledger.moveTo(Number(freeAtSeconds))
    expect(await desk.act({ action: 'withdraw' })).toEqual({
      withdrawn: [{ netuid: 0, amountAtomic: `${30n * token}` }],
    })
    const { free } = (await desk.state()) as { free: readonly { amountAtomic: string }[] }
    const sold = await desk.act({
      action: 'sell',
      netuid,
      amountAtomic: free[0]?.amountAtomic,
      leastOutputAtomic: '1',
    })
    expect(BigInt(String(sold['outputAtomic']))).toBeGreaterThan(6n * token)
  })

  it('claims root dividends, and redeems what is left of a dissolved subnet', async () => {
    const ending = await place.openSubnet(100n * token)
    await place.setRegistered(ending, hotkey, true)
    await desk.act({ action: 'stake', netuid: 0, hotkey, amountAtomic: `${20n * token}` })
    await place.payDividends(ending, hotkey, 5n * token)
    const { rootDividends } = (await desk.state()) as { rootDividends: readonly { amountAtomic: string }[] }
    const { amountAtomic } = await desk.act({ action: 'claimRoot', netuid: ending, hotkey })
    expect(amountAtomic).toBe(rootDividends[0]?.amountAtomic)
    await place.dissolve(ending)
    const { pools } = await createPoolsView({ network: place.ledger.network }).list()
    expect(pools).toContainEqual({
      netuid: ending,
      name: 'test',
      potAtomic: `${100n * token}`,
      outstandingAtomic: `${5n * token}`,
    })
    const redeemed = await desk.act({ action: 'redeem', netuid: ending, amountAtomic })
    expect(BigInt(String(redeemed['outputAtomic']))).toBeGreaterThan(80n * token)
  })

  it.each([
    [{ action: 'steal', netuid: 1 }, 'wallet/bad-stake-request'],
    [{ action: 'buy', netuid: -1, amountAtomic: '1', leastOutputAtomic: '1' }, 'wallet/bad-stake-request'],
    [{ action: 'buy', netuid: 1, amountAtomic: '0', leastOutputAtomic: '1' }, 'wallet/bad-amount'],
    [{ action: 'buy', netuid: 1, amountAtomic: '1' }, 'wallet/bad-amount'],
    [{ action: 'sell', netuid: 1, amountAtomic: 1, leastOutputAtomic: '1' }, 'wallet/bad-amount'],
    [{ action: 'stake', netuid: 1, hotkey: '0x12', amountAtomic: '1' }, 'base/bad-address'],
    [{ action: 'unstake', netuid: 1, hotkey: `0x${'77'.repeat(20)}`, amountAtomic: '1' }, 'ledger/no-stake'],
  ])('refuses %j', async (body, code) => {
    await expect(desk.act(body)).rejects.toMatchObject({ code })
  })
})

describe('a quote', () => {
  it.each(['', 'side=buy', 'side=give&amountAtomic=1', 'side=buy&amountAtomic=0', 'side=buy&amountAtomic=1e3'])(
    'of %j is refused',
    async (text) => {
      const view = createPoolsView({ network: place.ledger.network })
      await expect(view.quote(netuid, new URLSearchParams(text))).rejects.toMatchObject({ code: 'api/bad-quote' })
    },
  )

  it('of a subnet without a pool says so', async () => {
    const view = createPoolsView({ network: place.ledger.network })
    const query = new URLSearchParams({ side: 'sell', amountAtomic: '5' })
    await expect(view.quote(99, query)).rejects.toMatchObject({ code: 'ledger/no-pool', details: { status: 404 } })
  })
})
