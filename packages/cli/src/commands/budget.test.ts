import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Hex, systemRandom } from '@koinon/base'
import { type AccountKey, accountKey, openHome } from '@koinon/node/home'
import { budgetsJson } from '@koinon/node/wallet'
import { type PoolLedger, startPoolLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'
import { TestHome } from '../testing/test-home.ts'

const at = new TestHome()
const { folder, home } = at
const alice = `0x${'a1'.repeat(20)}`
let place: PoolLedger
let wallet: AccountKey

beforeAll(async () => {
  place = await startPoolLedger()
  at.join(place.ledger.network)
  wallet = await at.fund(place.ledger, 'wallet', 10n ** 18n)
}, 120_000)
afterAll(async () => {
  await place?.ledger.close()
  at.remove()
})

const koinon = (...args: readonly string[]) => at.koinon(...args)
const json = (...args: readonly string[]) => at.json(...args)

const intent = (changes: Readonly<Record<string, unknown>>): string => {
  const path = join(folder, 'intent.json')
  const terms = { id: `0x${'11'.repeat(32)}`, termsHash: `0x${'22'.repeat(32)}`, service: 'https://api.example' }
  const { dollar } = place.ledger.network.contracts
  writeFileSync(
    path,
    JSON.stringify({ kind: 'transfer', ...terms, receiver: alice, asset: dollar, amountAtomic: '10000', ...changes }),
  )
  return path
}

describe('koinon budget', () => {
  it('grants, lists and explains, with the key readable by its owner alone', async () => {
    expect((await koinon('budget', 'list')).stdout).toContain('No budgets yet')
    expect(await budgetsJson(home, place.ledger.network, 0)).toEqual({ homePath: home.path, budgets: [] })
    expect((await json('budget', 'grant', '--to', alice)).error?.code).toBe('cli/needs-confirmation')
    const granted = await json('budget', 'grant', '--to', alice, '--label', 'helper', '--yes')
    expect(granted.data['words']).toContain(
      'At most 0.01 dollars for one call, 0.5 dollars a day, and 5 dollars in all.',
    )
    const files = readdirSync(home.budgets).filter((name) => name.endsWith('.json'))
    expect(files).toHaveLength(1)
    const path = join(home.budgets, files[0] as string)
    expect(statSync(path).mode & 0o077).toBe(0)
    const { sessionKey } = JSON.parse(readFileSync(path, 'utf8')) as { sessionKey: string }
    const shown = await koinon('budget', 'explain', 'helper')
    expect(shown.stdout).toContain(`It may pay ${alice}.`)
    expect(shown.stdout).toContain('It can spend 0.5 dollars of that now, and at most 0.01 of them for one call;')
    expect(shown.stdout).toContain('The account lets no keys of budgets deposit')
    expect((await koinon('budget', 'list')).stdout).toMatch(/helper +limited +usable +0 +0 +0.5 +5 +0/)
    for (const text of [JSON.stringify(granted), shown.stdout, JSON.stringify(await json('budget', 'list'))]) {
      expect(text).not.toContain(sessionKey.slice(2))
    }
  })

  it('calls no grant usable whose key this home has not', async () => {
    const agent = `0x${'c3'.repeat(20)}`
    await koinon('budget', 'grant', '--to', alice, '--label', 'theirs', '--agent', agent, '--yes')
    expect((await koinon('budget', 'list')).stdout).toMatch(/theirs +limited +key not here +0 +0 +0.5 +5 +0/)
    expect((await koinon('budget', 'explain', 'theirs')).stdout).toContain(`Only who has the key of ${agent} can pay`)
    await koinon('budget', 'revoke', 'theirs', '--yes')
    expect((await koinon('budget', 'list')).stdout).toMatch(/theirs +limited +revoked/)
  })

  it.each([
    ['allow', null, {}],
    ['refuse', 'receiver-not-allowed', { receiver: `0x${'b0'.repeat(20)}` }],
    ['refuse', 'over-call', { amountAtomic: '10001' }],
    ['refuse', 'wrong-asset', { asset: `0x${'dd'.repeat(20)}` }],
    ['refuse', 'payments/bad-budget-intent', { kind: 'please pay' }],
  ])('says that an intent would be: %s %s', async (verdict, reason, changes) => {
    const { data } = await json('budget', 'explain', 'helper', '--intent', intent(changes))
    expect(data).toMatchObject({ verdict, reason })
  })

  it('warns of a key that can pay nothing yet, and grants none that never could', async () => {
    const quiet = await koinon('budget', 'grant', '--to', alice, '--label', 'dry', '--yes')
    expect([quiet.code, quiet.stderr]).toEqual([
      0,
      expect.stringMatching(/lets no keys of budgets deposit.*--on-chain/s),
    ])
    const code = async (...args: readonly string[]) => (await json('budget', 'grant', ...args, '--yes')).error?.code
    expect(await code()).toBe('usage/nobody-to-pay')
    expect(await code('--jobs')).toBe('usage/nobody-to-pay')
    expect(await code('--jobs', '--autonomy', 'propose')).toBe('usage/jobs-proposed')
    expect(await code('--to', alice, '--max-per-call', '6')).toBe('usage/limit-too-high')
    expect(await code('--to', alice, '--max-per-call', '0.6')).toBe('usage/limit-too-high')
    expect(await code('--to', alice, '--max-per-call', '0.2', '--max-total', '0.1')).toBe('usage/limit-too-high')
    const small = await json('budget', 'grant', '--service', 'https://api.example', '--max-total', '0.001', '--yes')
    expect(small.data['words']).toEqual(
      expect.arrayContaining([
        'At most 0.001 dollars for one call, 0.5 dollars a day, and 0.001 dollars in all.',
        expect.stringContaining('It may put nothing into channels'),
      ]),
    )
  })

  it('lists what waits, and knows no payment that does not', async () => {
    expect((await koinon('budget', 'approve', 'helper')).stdout).toContain('Nothing waits.')
    expect((await json('budget', 'approve', 'helper', '0x12', '--yes')).error?.code).toBe('usage/no-proposal')
    expect((await json('budget', 'explain', 'nobody')).error?.code).toBe('home/no-budget')
    const refused = async (...args: readonly string[]) => (await json('budget', 'grant', ...args, '--yes')).error
    expect(await refused('--to', '')).toMatchObject({
      code: 'usage/bad-option',
      message: '--to takes accounts, each 0x and 40 hexadecimal digits, not ""',
    })
    for (const [option, text] of [
      ['--service', ''],
      ['--method', 'POST'],
      ['--autonomy', 'free'],
    ] as const)
      expect((await refused('--to', alice, option, text))?.message).toContain(`${option} takes`)
  })

  it('has gas sent by the faucet before anything goes to the ledger, and grants nothing where there is none', async () => {
    const poor = openHome(join(folder, 'poor'))
    const { network, owner } = place.ledger
    writeFileSync(poor.networkFile, JSON.stringify({ ...network, gatewayUrl: undefined }))
    const { address } = accountKey(poor, 'wallet', systemRandom)
    const grant = ['--json', 'budget', 'grant', '--to', alice, '--on-chain', '--yes']
    const refused = JSON.parse((await runKoinon(poor.path, ...grant)).stdout)
    expect(refused.error).toMatchObject({ code: 'wallet/no-gas', message: expect.stringContaining(address) })
    expect(refused.error.hint).toMatch(/Send it [\d.]+ of the native money of chain \d+ \(\d+ wei\)/)
    expect(existsSync(poor.budgets)).toBe(false)
    const gateway = createServer(async (request, response) => {
      const { address: to } = JSON.parse(Buffer.concat(await request.toArray()).toString()) as { address: Hex }
      await owner.sender.send({ to, value: 10n ** 18n }, 'a gift')
      response.end('{}')
    })
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
    const gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
    writeFileSync(poor.networkFile, JSON.stringify({ ...network, gatewayUrl }))
    const granted = JSON.parse((await runKoinon(poor.path, ...grant)).stdout)
    gateway.close().closeAllConnections()
    expect(granted.error).toBeUndefined()
    expect(await place.ledger.reader.getCode({ address })).toMatch(/^0xef0100/)
  })

  it('lets the account delegate, and revokes here and on the ledger', async () => {
    const granted = await json('budget', 'grant', '--to', alice, '--label', 'second', '--on-chain', '--yes')
    expect(granted.error).toBeUndefined()
    const code = await place.ledger.reader.getCode({ address: wallet.address })
    expect(code).toMatch(/^0xef0100/)
    const revoked = await json('budget', 'revoke', 'second', '--on-chain', '--yes')
    expect(revoked.data).toMatchObject({ isOnChain: true })
    const { data } = await json('budget', 'explain', 'second', '--intent', intent({}))
    expect(data).toMatchObject({ verdict: 'refuse', reason: 'revoked' })
    expect((await koinon('budget', 'explain', 'second')).stdout).toContain('It can spend nothing now: you revoked it.')
    expect((await koinon('budget', 'revoke', 'helper', '--yes')).stdout).toContain('--on-chain')
  })
})
