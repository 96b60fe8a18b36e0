import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, systemRandom } from '@koinon/base'
import { accountKey, openHome } from '@koinon/node/home'
import {
  type SmartAccount,
  startNetwork,
  startSeller,
  startSmartAccount,
  type TestNetwork,
  type TestSeller,
} from '@koinon/payments/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-cli-delegate-'))
const home = openHome(join(folder, 'home'))
const file = join(folder, 'delegation.json')
let network: TestNetwork
let seller: TestSeller
let smart: SmartAccount

beforeAll(async () => {
  network = await startNetwork()
  const gas = await network.fund('gas')
  smart = await startSmartAccount(network, gas)
  seller = await startSeller(network, await network.fund('seller'), gas, { path: join(folder, 'seller.db') })
  writeFileSync(home.networkFile, JSON.stringify(network.network))
  const { address } = accountKey(home, 'wallet', systemRandom)
  await gas.sender.send({ to: address, value: 10n ** 18n }, 'gas')
}, 120_000)
afterAll(async () => {
  await seller?.close()
  await network?.close()
  rmSync(folder, { recursive: true, force: true })
})

const koinon = (...args: readonly string[]) => runKoinon(home.path, ...args)
const write = (delegate: Address): void => {
  const delegation = smart.granted(delegate, 150_000n, 1n)
  const json = { manager: smart.manager, delegations: [delegation] }
  writeFileSync(
    file,
    JSON.stringify(json, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
  )
}

describe('koinon budget delegate', () => {
  it('says what to grant, checks what was granted, and pay fills its channels out of the smart account', async () => {
    const asked = JSON.parse((await koinon('budget', 'delegate', '--json')).stdout).data
    expect(asked).toMatchObject({ token: network.network.contracts.dollar, escrow: network.domain.escrow })
    write(asked.delegate)
    const checked = await koinon('budget', 'delegate', file)
    expect([checked.code, checked.stdout]).toEqual([
      0,
      expect.stringContaining(`${smart.account.address}, 1000 dollars`),
    ])
    const before = await network.dollarsOf(smart.account.address)
    for (const _ of [1, 2]) {
      const paid = JSON.parse((await koinon('pay', `${seller.url}/paid`, '--delegation', file, '--json')).stdout)
      expect(paid).toMatchObject({
        ok: true,
        data: { payment: { payer: smart.account.address, chargedDollars: '0.001' } },
      })
    }
    expect(before - (await network.dollarsOf(smart.account.address))).toBe(100_000n)
    const wallet = accountKey(home, 'wallet', systemRandom).address
    expect(await network.dollarsOf(wallet)).toBe(0n)
  })

  it('refuses a delegation for another key, and money of two kinds at once', async () => {
    write(smart.account.address)
    expect((await koinon('budget', 'delegate', file)).stderr).toContain('and this key is')
    const both = await koinon('pay', `${seller.url}/paid`, '--delegation', file, '--budget', 'x')
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('Leave one of them out')])
  })
})
