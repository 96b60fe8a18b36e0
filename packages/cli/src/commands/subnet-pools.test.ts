import type { Address } from '@koinon/base'
import { koinonTokenAbi } from '@koinon/ledger/abis'
import type { AccountKey } from '@koinon/node/home'
import { type PoolLedger, startPoolLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestHome } from '../testing/test-home.ts'

const token = 10n ** 18n
const validator: Address = `0x${'a1'.repeat(20)}`
const other: Address = `0x${'b2'.repeat(20)}`

const at = new TestHome()
let place: PoolLedger
let wallet: AccountKey
let netuid: number
beforeAll(async () => {
  place = await startPoolLedger()
  const { owner, network } = place.ledger
  at.join(network)
  wallet = await at.fund(place.ledger, 'wallet')
  await owner.sender.call({
    address: network.contracts.token,
    abi: koinonTokenAbi,
    functionName: 'transfer',
    args: [wallet.address, 500n * token],
  })
  netuid = await place.openSubnet(1_000n * token)
}, 120_000)
afterAll(async () => {
  await place?.ledger.close()
  at.remove()
})

const subnet = (...args: readonly string[]) => at.koinon('subnet', ...args)
const json = async (...args: readonly string[]) => (await at.json<Record<string, never>>('subnet', ...args)).data

describe('koinon subnet buy and sell', () => {
  it('show what a trade would bring, and make it for at least what was shown', async () => {
    const shown = await subnet('buy', `${netuid}`, '10', '--dry-run')
    expect(shown.stdout).toContain('you give  10 KOIN, 0.005 KOIN of it a fee that is burned')
    expect(shown.stdout).toMatch(
      new RegExp(
        `you get   9\\.896088 alpha of subnet ${netuid}; at least 9\\.797127 alpha of subnet ${netuid}, or nothing`,
      ),
    )
    expect(shown.stdout).toContain('1 KOIN for one alpha, 1.02')
    expect(shown.stdout).toMatch(/this trade moves it by 2 %/)
    expect(shown.stdout).toContain('average   1.0105 KOIN for one alpha, the fee included')
    const quote = await json('buy', `${netuid}`, '10', '--dry-run', '--slippage', '0')
    expect(quote).toMatchObject({ netuid, side: 'buy', inputAtomic: `${10n * token}`, made: false })
    expect(quote['leastOutputAtomic']).toBe(quote['outputAtomic'])
    const bought = await subnet('buy', `${netuid}`, '10')
    expect(bought.code).toBe(0)
    expect(bought.stderr).toContain('you give  10 KOIN')
    expect(bought.stdout).toContain(`Bought 9.896088 alpha of subnet ${netuid} for 10 KOIN.`)
    const sold = await subnet('sell', `${netuid}`, 'all')
    expect(sold.stdout).toMatch(new RegExp(`^Sold 9\\.896088 alpha of subnet ${netuid} for 9\\.99\\d+ KOIN\\.`))
    expect((await json('holdings'))['free']).toEqual([])
  })

  it('ask before a trade that moves the price much, on a test network too', async () => {
    const { code, stdout } = await subnet('--json', 'buy', `${netuid}`, '100')
    expect(code).toBe(4)
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'cli/needs-confirmation', message: expect.stringMatching(/moves the price by 2\d\.\d+ %/) },
    })
    expect((await json('holdings'))['free']).toEqual([])
  })

  it('look into the wallet before they ask, and tell what so much would bring with --dry-run', async () => {
    const bought = await subnet('buy', `${netuid}`, '1000')
    expect(bought.stderr).toMatch(/^koinon: The wallet has 499\.99\d+ KOIN free, and this takes 1000 KOIN\n/)
    const sold = await subnet('sell', `${netuid}`, '1000')
    expect(sold.stderr).toContain(
      `koinon: The wallet has 0 alpha of subnet ${netuid} free, and this takes 1000 alpha of subnet ${netuid}\n`,
    )
    expect([bought.code, sold.code]).toEqual([1, 1])
    expect((await subnet('buy', `${netuid}`, '1000', '--dry-run')).stdout).toContain('you give')
    expect((await subnet('buy', `${netuid}`, '999999999999999999', '--dry-run')).stderr).toMatch(
      /too large for the pool\n {8}It takes up to 1000\d{3}\.\d+ at once/,
    )
  })

  it.each([
    [['buy', '1', '0'], 'usage/bad-amount', 2],
    [['buy', '1', 'many'], 'base/bad-amount', 2],
    [['buy', '1', '-5'], 'base/bad-amount', 2],
    [['buy', '1', '1', '--slippage', '60'], 'usage/bad-number', 2],
    [['buy', '77', '1'], 'ledger/no-pool', 1],
    [['buy', '0', '1'], 'usage/bad-number', 2],
    [['sell', '1', 'all'], 'usage/bad-amount', 2],
    [['sell', '1', '1'], 'ledger/too-little-alpha', 1],
    [['claim-root', '1'], 'ledger/nothing-to-claim', 1],
    [['withdraw'], 'ledger/nothing-matured', 1],
  ])('explain %j', async (args, errorCode, exitCode) => {
    const { code, stdout } = await subnet('--json', ...args)
    const { error } = JSON.parse(stdout) as { error: { code: string; hint?: string } }
    expect({ code, error: error.code }).toEqual({ code: exitCode, error: errorCode })
    expect(error.hint).toBeDefined()
  })
})

describe('koinon subnet stake, move and unstake', () => {
  it('put alpha on a hotkey, move it, and bring it back at once', async () => {
    await subnet('buy', `${netuid}`, '10')
    const staked = await subnet('stake', `${netuid}`, validator, '6')
    expect(staked.stdout).toBe(`Staked 6 alpha of subnet ${netuid} on ${validator}.\n`)
    const moved = await subnet('move', `${netuid}`, validator, other, '2')
    expect(moved.stdout).toBe(`Moved 2 alpha of subnet ${netuid} to ${other}.\n`)
    const { stdout } = await subnet('holdings')
    expect(stdout).toContain('free: sell it, or stake it')
    expect(stdout).toMatch(new RegExp(`${netuid} +${validator}  4 alpha +4\\.0\\d+  at once`))
    expect(stdout).toContain('selling moves the price')
    const back = await subnet('unstake', `${netuid}`, validator, 'all')
    expect(back.stdout).toContain(`Took 4 alpha of subnet ${netuid} back: it is free.`)
    const none = await subnet('--json', 'unstake', `${netuid}`, validator, '1')
    expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: 'ledger/no-stake' } })
  })

  it('go through both pools to another subnet', async () => {
    const second = await place.openSubnet(1_000n * token)
    const shown = await subnet('move', `${netuid}`, other, validator, 'all', '--to-netuid', `${second}`, '--dry-run')
    expect(shown.stdout).toContain(`2 alpha of subnet ${netuid} for 2.0`)
    const moved = await subnet('move', `${netuid}`, other, validator, 'all', '--to-netuid', `${second}`)
    expect(moved.stdout).toMatch(new RegExp(`^Moved: 2\\.0\\d+ alpha of subnet ${second} is staked on ${validator}`))
  })

  it('stake KOIN on the root, claim what it earned, and wait for what leaves', async () => {
    await place.setRegistered(netuid, validator, true)
    const staked = await subnet('stake', '0', validator, '50')
    expect(staked.stdout).toContain(`Staked 50 KOIN on ${validator}.`)
    expect(staked.stdout).toMatch(/claimed with "(npx )?koinon subnet claim-root --home .+ NETUID"/)
    await place.payDividends(netuid, validator, 10n * token)
    const claimed = await subnet('claim-root', `${netuid}`)
    expect(claimed.stdout).toMatch(new RegExp(`${validator}  8\\.\\d+ alpha of subnet ${netuid}`))
    const left = await subnet('unstake', '0', validator, '20')
    expect(left.stdout).toMatch(/^20 KOIN is on its way, free from \d{4}-.* UTC: run .*koinon subnet withdraw/)
    expect((await subnet('holdings')).stdout).toMatch(/root +20 KOIN +20 +from \d{4}-/)
    await place.ledger.moveTo((await place.ledger.nowSeconds()) + 86_400)
    expect((await subnet('withdraw')).stdout).toBe('20 KOIN is free now.\n')
  })
})

describe('koinon subnet parts', () => {
  it('tells how new alpha is divided, and refuses what is no subnet owner and what is out of bounds', async () => {
    expect((await subnet('parts', `${netuid}`)).stdout).toBe('owner       18 %\nminers      41 %\nvalidators  41 %\n')
    const stranger = await subnet('--json', 'parts', `${netuid}`, '--owner', '10', '--yes')
    expect(JSON.parse(stranger.stdout)).toMatchObject({ error: { code: 'ledger/not-owner' } })
    const tooMuch = await subnet('--json', 'parts', `${netuid}`, '--owner', '19', '--yes')
    expect(JSON.parse(tooMuch.stdout)).toMatchObject({ error: { code: 'usage/parts' } })
    const unasked = await subnet('--json', 'parts', `${netuid}`, '--miners', '50')
    expect(unasked.code).toBe(4)
  })
})

it('redeems alpha of a subnet that is dissolved', async () => {
  const ending = await place.openSubnet(100n * token)
  await subnet('buy', `${ending}`, '1')
  await place.dissolve(ending)
  const refused = await subnet('--json', 'buy', `${ending}`, '1')
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'ledger/pool-dissolved' } })
  const { stdout } = await subnet('sell', `${ending}`, 'all', '--yes')
  expect(stdout).toMatch(new RegExp(`^Redeemed 0\\.98\\d+ alpha of subnet ${ending} for \\d+`))
})
