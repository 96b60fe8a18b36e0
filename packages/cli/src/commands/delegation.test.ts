import type { AccountKey } from '@koinon/node/home'
import { type PoolLedger, startPoolLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestHome } from '../testing/test-home.ts'

const unit = 10n ** 18n
const day = 86_400
const at = new TestHome()
let place: PoolLedger
let validator: AccountKey
let child: AccountKey
let wallet: AccountKey
let netuid: number
beforeAll(async () => {
  place = await startPoolLedger()
  at.join(place.ledger.network)
  validator = await at.fund(place.ledger, 'validator')
  child = await at.fund(place.ledger, 'child')
  wallet = await at.fund(place.ledger, 'wallet')
  netuid = await place.openSubnet(100n * unit)
}, 120_000)
afterAll(async () => {
  await place?.ledger.close()
  at.remove()
})

const koinon = (...args: readonly string[]) => at.koinon(...args)

const json = async (...args: readonly string[]) => (await at.json(...args)).data

async function refused(...args: readonly string[]): Promise<string | undefined> {
  const { error } = await at.json(...args)
  expect(error?.hint).toBeDefined()
  return error?.code
}

const wait = async (seconds: number) => place.ledger.moveTo((await place.ledger.nowSeconds()) + seconds)
const parent = ['--netuid', '1']

describe('koinon validator take', () => {
  it('shows it, lowers it at once, and asks before a raise', async () => {
    expect((await koinon('validator', 'take')).stdout).toMatch(/take +18 %\nchild take +0 %/)
    expect(await json('validator', 'take', '9.5')).toMatchObject({ take: { bps: 950, pending: null } })
    expect(await json('validator', 'take', '500bps')).toMatchObject({ hotkey: validator.address, take: { bps: 500 } })
    expect(await refused('validator', 'take', '7')).toBe('cli/needs-confirmation')
    expect(await json('validator', 'take', '7%', '--yes')).toMatchObject({ take: { bps: 500, pending: { bps: 700 } } })
    expect(await refused('validator', 'take', '8', '--yes')).toBe('ledger/take-raised-too-soon')
    expect(await json('validator', 'take', '5')).toMatchObject({ take: { bps: 500, pending: null } })
    const raisedToo = await json('validator', 'take', '3', '--child', '--yes')
    expect(raisedToo).toMatchObject({ childTake: { bps: 0, pending: { bps: 300 } } })
  })

  it.each(['19', '1801bps', '9.5bps', 'much', '-1'])('refuses %s', async (text) => {
    expect(await refused('validator', 'take', '--', text)).toBe('usage/bad-number')
  })

  it('shows that of another, and does not set it', async () => {
    expect(await json('validator', 'take', '--of', child.address)).toMatchObject({ hotkey: child.address })
    expect(await refused('validator', 'take', '5', '--of', child.address)).toBe('usage/one-of')
  })

  it('names the key that is missing', async () => {
    expect(await refused('validator', 'take', '--account', 'nobody')).toBe('home/no-key')
  })
})

describe('koinon validator children', () => {
  it('are announced, accepted, in force a day later, and gone when the parent says so', async () => {
    expect((await koinon('validator', 'children', ...parent)).stdout).toContain('none in force')
    const share = `${child.address}=40.5`
    expect(await refused('validator', 'children', ...parent, '--set', share)).toBe('cli/needs-confirmation')
    const announced = await koinon('validator', 'children', ...parent, '--set', share, '--yes')
    expect(announced.stdout).toContain(`${child.address} with 40.5 %; may be put into force from`)
    expect(announced.stdout).toContain(`${child.address} must say first`)
    expect(await refused('validator', 'children', ...parent, '--apply')).toBe('ledger/children-too-early')
    await wait(day)
    expect(await refused('validator', 'children', ...parent, '--apply')).toBe('ledger/child-not-willing')
    await koinon('validator', 'children', ...parent, '--account', 'child', '--accept', validator.address)
    expect(await json('validator', 'children', ...parent, '--apply')).toMatchObject({
      children: [{ child: child.address, proportionWad: '405000000000000000' }],
      announced: null,
    })
    expect((await koinon('validator', 'children', ...parent, '--account', 'child')).stdout).toContain(
      `${validator.address} gives 40.5 %`,
    )
    await koinon('validator', 'children', ...parent, '--none', '--yes')
    await wait(day)
    expect(await json('validator', 'children', ...parent, '--apply')).toMatchObject({ children: [] })
    expect(await refused('validator', 'children', ...parent, '--apply')).toBe('ledger/nothing-announced')
  })

  it.each([
    [['--set', '0x12=40'], 'usage/bad-share'],
    [['--set', `0x${'11'.repeat(20)}=101`], 'usage/bad-share'],
    [['--set', `0x${'11'.repeat(20)}=60`, `0x${'22'.repeat(20)}=60`, '--yes'], 'usage/bad-share'],
    [['--none', '--apply'], 'usage/one-of'],
  ])('refuse %j', async (args, code) => {
    expect(await refused('validator', 'children', ...parent, ...args)).toBe(code)
  })
})

describe('koinon subnet auto-stake', () => {
  it('tells where what is earned is staked, and changes it', async () => {
    expect((await koinon('subnet', 'auto-stake', `${netuid}`)).stdout).toMatch(/staked on +itself/)
    expect(await json('subnet', 'auto-stake', `${netuid}`, validator.address)).toEqual({
      netuid,
      account: wallet.address,
      hotkey: validator.address,
    })
    expect(await json('subnet', 'auto-stake', `${netuid}`, 'self')).toMatchObject({ hotkey: wallet.address })
    expect(await json('subnet', 'auto-stake', `${netuid}`, '--account', 'child')).toMatchObject({
      account: child.address,
    })
  })
})
