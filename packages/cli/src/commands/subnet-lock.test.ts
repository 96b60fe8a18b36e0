import type { AccountKey } from '@koinon/node/home'
import { type PoolLedger, startPoolLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestHome } from '../testing/test-home.ts'

const unit = 10n ** 18n
const day = 86_400
const at = new TestHome()
let place: PoolLedger
let wallet: AccountKey
let netuid: number
beforeAll(async () => {
  place = await startPoolLedger()
  at.join(place.ledger.network)
  wallet = await at.fund(place.ledger, 'wallet')
  netuid = await place.openSubnet(100n * unit)
  await place.mint(netuid, wallet.address, 100n * unit)
}, 120_000)
afterAll(async () => {
  await place?.ledger.close()
  at.remove()
})

const subnet = (...args: readonly string[]) => at.koinon('subnet', ...args)
const json = async (...args: readonly string[]) => (await at.json('subnet', ...args)).data

const wait = async (seconds: number) => place.ledger.moveTo((await place.ledger.nowSeconds()) + seconds)

describe('koinon subnet lock, contest and take-over', () => {
  it('ask before they bind alpha, and tell what is bound', async () => {
    const asked = await subnet('--json', 'lock', `${netuid}`, '60')
    expect(asked.code).toBe(4)
    const { stdout } = await subnet('lock', `${netuid}`, '60', '--yes')
    expect(stdout).toContain(`locked  60 alpha of subnet ${netuid}`)
    expect(stdout).toContain('free    nothing yet')
    expect(await json('lock', `${netuid}`)).toMatchObject({
      candidate: wallet.address,
      keptAtomic: `${60n * unit}`,
      freeAtomic: '0',
    })
  })

  it('tell who leads and when the ownership could pass', async () => {
    const shown = await subnet('show', `${netuid}`)
    expect(shown.stdout).toMatch(/ownership +0 alpha locked for the owner; whoever has a conviction above 20 leads/)
    // A second or two may have passed.
    expect(shown.stdout).toMatch(new RegExp(`${wallet.address}: conviction (less than )?0\\S* of 60 alpha`))
    expect(shown.stdout).toMatch(/could pass +\S+.* at the earliest, to 0x\w{40}, if nobody locks or unlocks any more/)
    expect(await json('show', `${netuid}`)).toMatchObject({
      ownership: { contest: null, couldPass: { candidate: wallet.address } },
    })
  })

  it.each([
    [['contest', '1'], 'ledger/subnet-too-young', 1],
    [['contest', '1', '--end'], 'ledger/no-contest', 1],
    [['take-over', '1'], 'ledger/no-contest', 1],
    [['lock', '1', '41', '--yes'], 'ledger/too-little-alpha', 1],
    [['lock', '77', '1', '--yes'], 'ledger/no-subnet', 1],
    [['unlock', '1', '--fetch'], 'ledger/nothing-free', 1],
    [['unlock', '1', '5', '--fetch'], 'usage/one-of', 2],
    [['unlock', '1', '61', '--yes'], 'ledger/too-little-locked', 1],
    [['lock', '1', 'many', '--yes'], 'base/bad-amount', 2],
  ])('explain %j', async (args, errorCode, exitCode) => {
    const { code, stdout } = await subnet('--json', ...args)
    const { error } = JSON.parse(stdout) as { error: { code: string; hint?: string } }
    expect({ code, error: error.code }).toEqual({ code: exitCode, error: errorCode })
    expect(error.hint).toBeDefined()
  })

  it('bring the subnet to who leads, after its notice, and the alpha back by halves', async () => {
    await wait(366 * day)
    const { stdout } = await subnet('contest', `${netuid}`)
    expect(stdout).toMatch(/contested +by 0x\w{40}, who may take it from/)
    expect(stdout).toContain('subnet take-over')
    expect((await subnet('--json', 'take-over', `${netuid}`)).stdout).toContain('ledger/notice-not-over')
    await wait(30 * day)
    expect((await subnet('take-over', `${netuid}`)).stdout).toContain(`Subnet ${netuid} is yours.`)
    expect(await json('show', `${netuid}`)).toMatchObject({ owner: wallet.address, ownership: { candidates: [] } })
    const left = await subnet('unlock', `${netuid}`, 'all', '--yes')
    expect(left.stdout).toContain(`60 alpha of subnet ${netuid} comes free by halves of 90 days`)
    await wait(90 * day)
    const shown = await subnet('unlock', `${netuid}`)
    expect(shown.stdout).toMatch(
      /free +\S+ alpha of subnet \d+: .*koinon subnet unlock .*--fetch --for 0x\w{40} brings it/,
    )
    expect(await json('unlock', `${netuid}`)).not.toMatchObject({ freeAtomic: '0' })
    expect((await subnet('unlock', `${netuid}`, '--fetch')).stdout).toMatch(
      /^(29\.99|30)\S* alpha of subnet \d+ is free now\./,
    )
  })
})
