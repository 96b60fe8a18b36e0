/** `koinon agent check --pay` with real money, beside calls of `koinon pay` from the same home. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as ask, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildRegistrationFile } from '@koinon/agents/rules'
import { systemRandom } from '@koinon/base'
import { testDollarAbi } from '@koinon/ledger/abis'
import { accountKey, openHome } from '@koinon/node/home'
import { openHomePayer } from '@koinon/node/wallet'
import {
  type Listening,
  listen,
  party,
  startFacilitator,
  startHonoSeller,
  startNetwork,
  type TestNetwork,
} from '@koinon/payments/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-cli-check-'))
const home = openHome(join(folder, 'home'))
const poor = openHome(join(folder, 'poor'))
const others: Listening[] = []
let network: TestNetwork
let first: Listening
let listed: Listening
let refuses = false
let answer: string | number = 'done'

beforeAll(async () => {
  network = await startNetwork()
  const facilitator = await startFacilitator(network)
  const given = { net: network, facilitatorUrl: facilitator.url, handle: () => answer }
  first = await startHonoSeller(given)
  const second = await startHonoSeller({ ...given, schemes: ['batch-settlement'], payee: party('listed seller') })
  others.push(facilitator, first, second)
  listed = await listen((request, response) => {
    if (request.url === '/openapi.json') return void response.end(openApi)
    if (request.url !== '/paid') return void response.end(registration())
    if (refuses && request.headers['payment-signature'] !== undefined) delete request.headers['payment-signature']
    const { method, headers } = request
    request.pipe(
      ask(`${second.url}/paid`, { method, headers: { ...headers, host: listed.url.slice(7) } }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, inOtherWords(answer.headers))
        answer.pipe(response)
      }),
    )
  })
  others.push(listed)
  writeFileSync(home.networkFile, JSON.stringify(network.network))
  const giver = await network.fund('giver')
  const { address } = accountKey(home, 'wallet', systemRandom)
  await giver.sender.send({ to: address, value: 10n ** 18n }, 'gas')
  const faucet = { address: network.network.contracts.dollar, abi: testDollarAbi, functionName: 'faucet' } as const
  await giver.sender.call({ ...faucet, args: [address, 10_000_000n] })
  writeFileSync(poor.networkFile, JSON.stringify(network.network))
  await giver.sender.call({ ...faucet, args: [accountKey(poor, 'wallet', systemRandom).address, 5_000n] })
}, 120_000)
afterAll(async () => {
  for (const one of others.reverse()) await one.close()
  await network?.close()
  rmSync(folder, { recursive: true, force: true })
})

const openApi = JSON.stringify({
  openapi: '3.1.0',
  paths: { '/paid': { post: { responses: { '402': { description: 'Costs 0.001 dollars' } } } } },
})
const registration = () => {
  const file = { name: 'Listed', description: '', image: '', x402Support: true, active: true }
  const services = [{ name: 'koinon pay', endpoint: `${listed.url}/openapi.json` }]
  return buildRegistrationFile({ ...file, services, registrations: [], supportedTrust: [] })
}
/** The same refusal as sellers say it who send deposits themselves. */
function inOtherWords(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const names = ['payment-required', 'payment-response'].filter((name) => typeof headers[name] === 'string')
  const changed = names.map((name) => {
    const json = Buffer.from(headers[name] as string, 'base64').toString('utf8')
    return [name, Buffer.from(json.replaceAll('insufficient_balance', 'deposit_transaction_failed')).toString('base64')]
  })
  return { ...headers, ...Object.fromEntries(changed) }
}
const check = (...args: readonly string[]) => runKoinon(home.path, 'agent', 'check', listed.url, ...args)
const json = (...args: readonly string[]) => boughtBy(home, ...args)
async function boughtBy({ path }: { readonly path: string }, ...args: readonly string[]) {
  type Data = { readonly checks: readonly { readonly name: string }[]; readonly payment: unknown }
  const { data, error } = JSON.parse(
    (await runKoinon(path, 'agent', 'check', listed.url, '--json', ...args)).stdout,
  ) as { data: Data | null; error?: unknown }
  return { bought: data?.checks.find(({ name }) => name === 'bought'), payment: data?.payment, error }
}

describe('koinon agent check --pay', () => {
  it('buys one call from a channel after other sellers were paid', async () => {
    expect((await runKoinon(home.path, 'pay', `${first.url}/paid`, '-d', 'x')).code).toBe(0)
    const { bought, payment, error } = await json('--pay', '--max-per-call', '0.001')
    expect(error).toBeUndefined()
    expect(bought).toMatchObject({ state: 'pass', detail: expect.stringContaining('paid 0.001 dollars (channel)') })
    expect(payment).toMatchObject({ chargedDollars: '0.001', paymentId: expect.any(String) })
  })

  it('tells what a call that was answered 400 may have cost as koinon pay does, where its seller states nothing', async () => {
    answer = 400
    try {
      const { stdout, stderr } = await check('--pay', '-d', '{"a":1}')
      const cost = 'paid at most 0.001 dollars, for the seller has stated no charge (channel)'
      expect([stdout, stderr]).toEqual([expect.stringContaining(cost), expect.stringContaining(cost)])
      const { payment } = await json('--pay', '-d', '{"a":1}')
      expect(payment).toMatchObject({ isStated: false, atMostDollars: '0.001' })
      expect(payment).not.toHaveProperty('chargedDollars')
    } finally {
      answer = 'done'
    }
  })

  it('ends with the error of its own payer, which is no fault of the listing', async () => {
    const over = await json('--pay', '--max-per-call', '0.0009')
    expect(over).toMatchObject({ bought: undefined, error: { code: 'payments/over-limit' } })
    const owner = await openHomePayer(home, 'pay', { maximumPerCallAtomic: 1n, maximumInChannelsAtomic: 1n })
    try {
      const used = await json('--pay')
      expect(used).toMatchObject({ bought: undefined, error: { code: 'wallet/payer-in-use', retry: 'later' } })
    } finally {
      await owner.close()
    }
  })

  it('blames no seller for a wallet that does not hold what it signed for, whatever word the refusal has', async () => {
    const empty = await boughtBy(poor, '--pay')
    const details = { neededAtomic: '20000', heldAtomic: '5000' }
    expect(empty).toMatchObject({ bought: undefined, error: { code: 'payments/payer-short', details } })
  })

  it.each([
    ['--data', '{}'],
    ['--max-per-call', '1'],
    ['--budget', 'x'],
  ])('needs --pay for %s', async (...option) => {
    const { code, stderr } = await check(...option)
    expect(code).toBe(2)
    expect(stderr).toContain(`${option[0]} is about a call that is bought`)
  })

  it('says a seller that does not take its payment is at fault, and which payment that was', async () => {
    refuses = true
    try {
      const { bought } = await json('--pay')
      expect(bought).toMatchObject({ state: 'fail', detail: expect.stringContaining('payment id') })
    } finally {
      refuses = false
    }
  })
})
