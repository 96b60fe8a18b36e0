import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@koinon/base'
import { testDollarAbi } from '@koinon/ledger/abis'
import { accountKey, openHome } from '@koinon/node/home'
import { payingFetch } from '@koinon/payments/client'
import {
  type Listening,
  listen,
  startFacilitator,
  startNetwork,
  stockFetch,
  stockMppxFetch,
  type TestNetwork,
  testPayer,
} from '@koinon/payments/testing'
import { x402Wire } from '@koinon/payments/x402'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>
const folder = mkdtempSync(join(tmpdir(), 'koinon-cli-paywall-'))
const home = openHome(join(folder, 'home'))
const seen: {
  url: string | undefined
  authorization: string | undefined
  payment: string | undefined
  signIn: unknown
}[] = []
let network: TestNetwork
let payer: Funded
let upstream: Listening
let paywall: Awaited<ReturnType<typeof startPaywall>>

/** The command as it is typed, in a process of its own. */
async function startPaywall(...args: readonly string[]) {
  const program = join(import.meta.dirname, '..', 'main.ts')
  const command = ['--home', home.path, 'paywall', '--port', '0', '--json', ...args]
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...command])
  let said = ''
  child.stderr.on('data', (data) => {
    said += data
  })
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => [`{"said":${JSON.stringify(said)}}`]),
  ])) as [Buffer]
  const ready = JSON.parse(line.toString()) as { url: string; earningsUrl: string; account: string }
  expect(ready).toMatchObject({ url: expect.stringMatching(/^http/) })
  return {
    ...ready,
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
      return said
    },
  }
}

beforeAll(async () => {
  network = await startNetwork()
  payer = await network.fund('payer')
  const owner = accountKey(home, 'wallet', systemRandom)
  writeFileSync(home.networkFile, JSON.stringify(network.network))
  await payer.sender.send({ to: owner.address, value: 10n ** 18n }, 'gas')
  upstream = await listen((incoming, response) => {
    const { authorization } = incoming.headers
    seen.push({
      url: incoming.url,
      authorization,
      payment: incoming.headers['payment-signature'] as string | undefined,
      signIn: incoming.headers['sign-in-with-x'],
    })
    if (incoming.url === '/api/broken') return void response.writeHead(500).end('broken')
    if (incoming.url === '/api/gone') return void incoming.socket.destroy()
    if (incoming.url?.startsWith('/api/events') === true) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (let event = 1; event <= 120; event++) response.write(`data: ${event}\n\n`)
      return void response.end()
    }
    if (incoming.url !== '/api/stream')
      return void response
        .writeHead(200, { 'content-type': 'text/plain', 'set-cookie': 'a=b' })
        .end(`served ${incoming.url}`)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const word of ['one', 'two', 'three']) response.write(`data: ${word}\n\n`)
    response.end()
  })
  const prices = join(folder, 'prices.json')
  writeFileSync(prices, JSON.stringify({ rules: [{ path: '/dear/*', price: '0.005' }] }))
  paywall = await startPaywall(
    '--upstream',
    `${upstream.url}/api`,
    '--price',
    '0.001',
    '--prices',
    prices,
    '--free',
    '/health',
  )
}, 120_000)

afterAll(async () => {
  await upstream?.close()
  await network?.close()
  rmSync(folder, { recursive: true, force: true })
})

const mppx = () => stockMppxFetch(network, payer.secretKey)
const x402 = () => stockFetch(network, payer, 'exact')
const earned = () => network.dollarsOf(paywall.account as `0x${string}`)

describe('koinon paywall', () => {
  it('asks in both languages, and lets free paths through', async () => {
    const asked = await fetch(`${paywall.url}/a`)
    expect(asked.status).toBe(402)
    expect(asked.headers.get('www-authenticate')).toMatch(/^Payment /)
    expect(asked.headers.has('payment-required')).toBe(true)
    expect(await (await fetch(`${paywall.url}/health`)).text()).toBe('served /api/health')
  })

  it('is paid by stock clients of both, at the price of the path', async () => {
    const before = await earned()
    expect(await (await mppx()(`${paywall.url}/a?b=1`)).text()).toBe('served /api/a?b=1')
    expect(await (await x402()(`${paywall.url}/dear/x`, { method: 'POST', body: 'q' })).text()).toBe(
      'served /api/dear/x',
    )
    expect(await earned()).toBe(before + 6_000n)
    const stream = await mppx()(`${paywall.url}/stream`)
    expect([stream.headers.get('content-type'), await stream.text()]).toEqual([
      'text/event-stream',
      'data: one\n\ndata: two\n\ndata: three\n\n',
    ])
    expect(await earned()).toBe(before + 7_000n)
  })

  it('charges nothing when the upstream fails, and shows it no payment', async () => {
    const before = await earned()
    const [broken, gone] = [await mppx()(`${paywall.url}/broken`), await x402()(`${paywall.url}/gone`)]
    expect([broken.status, await broken.text(), gone.status]).toEqual([500, 'broken', 502])
    expect(await earned()).toBe(before)
    expect(seen.filter(({ authorization, payment }) => authorization !== undefined || payment !== undefined)).toEqual(
      [],
    )
  })

  it('is paid from a channel again and again, and says so where clients see it', async () => {
    const own = payingFetch({ payer: testPayer(network, payer.secretKey, { purpose: 'paywall' }), wires: [x402Wire] })
    const stock = stockFetch(network, payer, 'batch-settlement', { salt: '7', deposit: 5_000n })
    for (const [pay, name] of [
      [own, 'own'],
      [stock, 'stock'],
    ] as const) {
      for (let call = 0; call < 2; call++) {
        const answer = await pay(`${paywall.url}/channel/${name}`)
        expect([answer.status, await answer.text()]).toEqual([200, `served /api/channel/${name}`])
        expect(answer.headers.get('payment-response')).toMatch(/^ey/)
      }
      expect(seen.filter(({ url }) => url === `/api/channel/${name}`)).toHaveLength(2)
    }
  })

  it('reads no path as another one than the upstream', async () => {
    const calls = seen.length
    const { hostname, port } = new URL(paywall.url)
    for (const path of ['/health/..%2fdear/x', '//dear/x', 'http://evil.example/health', '/health/../dear/x']) {
      const asking = request({ hostname, port, path }).end()
      const [answer] = await once(asking, 'response')
      answer.resume()
      expect([path, answer.statusCode]).toEqual([path, 400])
    }
    expect(seen.length).toBe(calls)
  })

  it('tells its owner what it earned, at the end too, and nobody else', async () => {
    expect((await fetch(`${paywall.url}/earnings`)).status).toBe(402)
    const earnings = await fetch(paywall.earningsUrl)
    expect(await earnings.json()).toMatchObject({ calls: 7, earnedAtomic: '11000', account: paywall.account })
    expect((await fetch(paywall.earningsUrl, { headers: { origin: 'http://evil.example' } })).status).toBe(404)
    const shown = async (): Promise<string> => (await runKoinon(home.path, 'payments')).stdout
    expect(await shown()).toContain(
      `The paywall and agents of this home, paid to ${paywall.account}: 7 calls sold for 0.011 dollars`,
    )
    expect(await paywall.stop()).toContain('7 calls sold for 0.011 dollars')
    expect(await shown()).toContain('7 calls sold for 0.011 dollars')
    paywall = await startPaywall('--upstream', `${upstream.url}/api`, '--price', '0.002', '--method', 'exact')
    expect(paywall).toMatchObject({ calls: 7 })
    expect(await (await mppx()(`${paywall.url}/after`)).text()).toBe('served /api/after')
    expect(await paywall.stop()).toContain('8 calls sold for 0.013 dollars')
  })

  it('sells event streams whole to koinon pay, which tells each time what they cost and speaks of a deposit once', async () => {
    paywall = await startPaywall(
      ...['--upstream', `${upstream.url}/api`, '--price', '0.001', '--event-price', '0.00002', '--method', 'channel'],
    )
    const buyer = openHome(join(folder, 'buyer'))
    writeFileSync(buyer.networkFile, JSON.stringify(network.network))
    const { address } = accountKey(buyer, 'wallet', systemRandom)
    await payer.sender.call({
      address: network.network.contracts.dollar,
      abi: testDollarAbi,
      functionName: 'faucet',
      args: [address, 10_000_000n],
    })
    const pay = (...more: readonly string[]) => runKoinon(buyer.path, 'pay', `${paywall.url}/events`, ...more)
    const before = Number((await (await fetch(paywall.earningsUrl)).json()).earnedAtomic)
    for (const [call, more] of [[], [], ['--id', 'newname_0123456789']].entries()) {
      const { code, stderr, stdout } = await pay(...more)
      expect([code, stdout.length > 120]).toEqual([0, true])
      expect(stderr).toContain('paid 0.0034 dollars (channel) from channel 0x')
      expect(stderr.includes('a channel to it is filled first')).toBe(call === 0)
      expect(stderr).toMatch(/; payment id \S+; \d{3,4} bytes came without a signed receipt, and the seller confirmed/)
    }
    expect(Number((await (await fetch(paywall.earningsUrl)).json()).earnedAtomic) - before).toBe(10_200)
    const koinon = (...args: readonly string[]) => runKoinon(buyer.path, ...args)
    const grant = ['budget', 'grant', '--label', 'small', '--to', paywall.account, '--service', paywall.url]
    expect(await koinon(...grant, '--max-per-call', '0.001', '--max-total', '0.002', '--yes')).toMatchObject({
      code: 0,
    })
    const refused = await pay('--budget', 'small')
    expect(refused.code).toBe(1)
    expect(refused.stderr).not.toContain('as long as the chain does')
    const fromChannel = await koinon('--json', 'pay', `${paywall.url}/a`)
    const { receiptId } = JSON.parse(fromChannel.stdout).data
    expect((await koinon('receipt', 'verify', receiptId)).stdout).toMatch(/pass +channel +channel 0x.*holds/)
    const listed = (await koinon('receipt', 'list')).stdout
    expect(listed).toMatch(new RegExp(`${receiptId} .*${paywall.account.slice(0, 12)} .*paid by the call\n`))
    expect(listed).toContain('There is no gateway key in this home')
    await paywall.stop()
    paywall = await startPaywall('--upstream', `${upstream.url}/api`, '--price', '0.001', '--method', 'exact')
    const exact = await pay()
    const [, id = ''] = /; verify: .*koinon receipt verify .*([0-9a-f]{32})$/m.exec(exact.stderr) ?? [exact.stderr]
    expect((await koinon('receipt', 'show', id)).stdout).toContain('"kind": "http"')
    const path = join(buyer.path, 'payer', 'receipts', `${id}.json`)
    const kept = JSON.parse(readFileSync(path, 'utf8'))
    const verify = async (change: () => void, ...args: readonly string[]) => {
      change()
      writeFileSync(path, JSON.stringify(kept))
      const { code, stdout } = await koinon('--json', 'receipt', 'verify', id, ...args)
      const { checks } = JSON.parse(stdout).data as { checks: { name: string; state: string }[] }
      const named = (state: string) => checks.flatMap((check) => (check.state === state ? [check.name] : []))
      return { code, fail: named('fail'), notChecked: named('notChecked') }
    }
    expect(await verify(() => {})).toEqual({ code: 0, fail: [], notChecked: ['payee'] })
    const charged = kept.payment.chargedAtomic
    const lower = await verify(() => Object.assign(kept.payment, { chargedAtomic: '999' }))
    expect(lower).toMatchObject({ code: 1, fail: ['amount', 'channel'] })
    kept.payment.chargedAtomic = charged
    const response = Buffer.from('another answer').toString('base64')
    expect(await verify(() => Object.assign(kept, { response }))).toMatchObject({ fail: ['response', 'counts'] })
    await paywall.stop()
  }, 60_000)

  it('gives koinon pay --sign-in a page again that was paid for, and asks others and other pages for money', async () => {
    paywall = await startPaywall(
      '--upstream',
      `${upstream.url}/api`,
      '--price',
      '0.001',
      '--sign-in',
      '1',
      '--signed-offers',
    )
    const pay = (path: string, ...more: readonly string[]) =>
      runKoinon(join(folder, 'buyer'), 'pay', `${paywall.url}${path}`, ...more)
    const demand = (await (await fetch(`${paywall.url}/page`)).json()) as {
      extensions: Record<string, { info: unknown }>
    }
    expect(demand.extensions['offer-receipt']?.info).toMatchObject({
      offers: [{ format: 'eip712' }, { acceptIndex: 1 }],
    })
    const paidFor = async (path: string, ...more: readonly string[]) => {
      const { code, stdout, stderr } = await pay(path, ...more)
      expect([code, stdout.trim()]).toEqual([0, `served /api${path}`])
      return /paid 0.001 dollars|nothing paid/.exec(stderr)?.[0] ?? stderr
    }
    expect(await paidFor('/page')).toBe('paid 0.001 dollars')
    expect(await paidFor('/page', '--sign-in')).toBe('nothing paid')
    expect(await paidFor('/page')).toBe('paid 0.001 dollars')
    expect(await paidFor('/page?other', '--sign-in')).toBe('paid 0.001 dollars')
    expect(await pay('/page', '--sign-in', '--budget', 'small')).toMatchObject({ code: 2 })
    expect(seen.some(({ signIn }) => signIn !== undefined)).toBe(false)
    await paywall.stop()
  })

  it('lets a stock facilitator send what it is paid, and offers no channel then', async () => {
    const facilitator = await startFacilitator(network)
    const upstreamArguments = ['--upstream', `${upstream.url}/api`, '--price', '0.001'] as const
    paywall = await startPaywall(...upstreamArguments, '--facilitator', facilitator.url)
    const account = { address: paywall.account as `0x${string}` }
    const sent = await network.reader.getTransactionCount(account)
    const before = await earned()
    for (const pay of [x402(), mppx()]) {
      expect(await (await pay(`${paywall.url}/facilitated`)).text()).toBe('served /api/facilitated')
    }
    expect(await earned()).toBe(before + 2_000n)
    expect(await network.reader.getTransactionCount(account)).toBe(sent)
    const asked = await fetch(`${paywall.url}/facilitated`)
    const { accepts } = (await asked.json()) as { accepts: readonly { readonly scheme: string }[] }
    expect(accepts.map(({ scheme }) => scheme)).toEqual(['exact'])
    await paywall.stop()
    await facilitator.close()
  })
})
