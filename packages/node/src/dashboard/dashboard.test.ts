import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, type Hex, KoinonError, systemClock, systemRandom } from '@koinon/base'
import { DurableStore, defaultHttpLimits, HttpListener, parseJsonObject, readBody, sendJson } from '@koinon/base/node'
import { KeyRegistry, keysSchema, ProviderTable } from '@koinon/inference/client'
import type { NetworkFile } from '@koinon/ledger'
import { createApiKey, signKeyGrant } from '@koinon/payments/client'
import { ChannelBook, localDelegatingAccount, openSession, paymentsSchema, ReceiptLedger } from '@koinon/payments/core'
import { SettlementBook, settlementsSchema } from '@koinon/payments/provider'
import { type ChannelConfig, channelIdOf, unlimitedCreditPicoUsd } from '@koinon/payments/rules'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PaymentLog } from '../gateway/payment-log.ts'
import { createDashboard } from './dashboard.ts'

const chainId = 402_402
const domain = { chainId, escrow: '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003' } as const
const owner = localDelegatingAccount(systemRandom(32))
const gateway = localDelegatingAccount(systemRandom(32))
const apiKey = createApiKey(systemRandom)
const network: NetworkFile = {
  v: 1,
  name: 'local',
  chainId,
  chainKind: 'embedded',
  startBlock: 0,
  isTest: true,
  rpcUrl: 'http://127.0.0.1:1',
  gatewayUrl: 'http://127.0.0.1:2',
  contracts: new Proxy({} as NetworkFile['contracts'], { get: () => `0x${'11'.repeat(20)}` }),
}

let folder: string
let store: DurableStore
let keys: KeyRegistry
let book: ChannelBook
let ledger: ReceiptLedger
let indexListener: HttpListener
let indexerUrl: string
const listeners: HttpListener[] = []
/** What the supervisor was asked, and what it answers. */
const asked: { readonly method: string; readonly params: unknown }[] = []
const answers: Record<string, unknown> = {
  'wallet.state': { account: owner.address, nativeAtomic: '1', koinAtomic: '2', dollarAtomic: '3' },
  'wallet.send': { transactionHash: `0x${'22'.repeat(32)}` },
  'receipt.verdict': { checks: [] },
  session: { apiKeys: [{ label: 'demo', apiKey: apiKey.text }], account: owner.address, home: 'a-home' },
}
const config: ChannelConfig = {
  payer: owner.address,
  payerAuthorizer: apiKey.authorizer,
  receiver: gateway.address,
  receiverAuthorizer: gateway.address,
  token: `0x${'ee'.repeat(20)}`,
  withdrawDelay: 900,
  salt: `0x${'00'.repeat(32)}`,
}
const channelId = channelIdOf(config, domain)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-dashboard-'))
  store = await DurableStore.open(join(folder, 'store.db'), `${paymentsSchema}\n${keysSchema}\n${settlementsSchema}`)
  book = new ChannelBook({ store, domain })
  await book.start()
  ledger = new ReceiptLedger({
    store,
    book,
    payee: gateway.address,
    clock: systemClock,
    openSession: () =>
      openSession({ account: gateway, chainId, lifetimeSeconds: 3_600, clock: systemClock, random: systemRandom }),
  })
  await ledger.start()
  keys = new KeyRegistry({
    store,
    book,
    chainId,
    clock: systemClock,
    admitChannel: (channel) =>
      book.add({
        config: channel,
        role: 'inbound',
        depositAtomic: 5_000_000n,
        claimedAtomic: 0n,
        status: 'open',
        creditLimitPicoUsd: unlimitedCreditPicoUsd,
        nowMs: systemClock.nowMs(),
      }),
  })
  await keys.start()
  const grant = { keyHash: apiKey.keyHash, channelId, label: 'demo', validUntil: 4_000_000_000 }
  await keys.register(grant, await signKeyGrant(owner, grant, chainId), config)
  indexListener = await listen(async (request, response) => {
    parseJsonObject(await readBody(request, 10_000))
    sendJson(response, 200, { asOfBlock: 7, result: [] })
  })
  indexerUrl = `http://127.0.0.1:${await indexListener.start()}`
})
afterAll(async () => {
  for (const listener of listeners) await listener.stop(0)
  await ledger.stop()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  asked.length = 0
})

function listen(handle: ConstructorParameters<typeof HttpListener>[0]['handle']): HttpListener {
  const listener = new HttpListener({ host: '127.0.0.1', port: 0, limits: defaultHttpLimits, handle })
  listeners.push(listener)
  return listener
}

/** A dashboard of a home's own network, or of a gateway that serves strangers. */
async function dashboard(isLocal: boolean): Promise<number> {
  const table = new ProviderTable({
    chainId,
    clock: systemClock,
    unit: Math.random,
    defaultModel: undefined,
    connectionsPerProvider: 1,
    refreshIntervalMs: 60_000,
  })
  const { serve } = createDashboard({
    config: { indexerUrl, isLocal, netuid: 1, command: { program: 'npx koinon', homePath: '/srv/koinon' } },
    network,
    account: gateway.address,
    ask: async <result>(method: string, params: unknown) => {
      asked.push({ method, params })
      if (method === 'page.redeem' && (params as { code: unknown }).code !== 'right') {
        throw new KoinonError({ code: 'local/bad-code', message: 'used', details: { status: 403 } })
      }
      if (method === 'faucet' && (params as { address: Address }).address === config.token)
        throw new KoinonError({ code: 'faucet/busy', message: 'later', retry: 'later' })
      return (answers[method] ?? {}) as result
    },
    keys,
    book,
    archive: ledger.archive,
    settlements: new SettlementBook(store),
    paymentLog: new PaymentLog(systemClock),
    agentBook: { list: () => ({ held: [], endedAtMs: new Map() }) },
    table,
    metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'koinon_test 1\n' },
    clock: systemClock,
    refreshChannel: async (id: Hex) => book.require(id),
  })
  const listener = listen(async (request, response) => {
    if (!(await serve(request, response))) response.writeHead(418).end()
  })
  return listener.start()
}

type Answer = {
  readonly status: number
  readonly json: Record<string, unknown> & { readonly error?: { readonly code: string } }
}

/** A request with headers that fetch would not let us choose. */
function send(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
): Promise<Answer> {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: {
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...headers,
        },
      },
      (response) => {
        let received = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          received += chunk
        })
        response.on('end', () => {
          const isJson = response.headers['content-type']?.includes('json') === true
          resolve({
            status: response.statusCode ?? 0,
            json: isJson ? (JSON.parse(received) as Answer['json']) : { text: received },
          })
        })
      },
    )
    request.setTimeout(20_000, () => request.destroy(new Error('no answer')))
    request.on('error', reject)
    request.end(text)
  })
}

/** The token of the local dashboard, as its page got it for a code. */
let localToken = ''
const own = { 'x-koinon-local': '' }
const bearer = { authorization: `Bearer ${apiKey.text}` }
const foreign = [
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
]
const forwarded = [
  { 'x-forwarded-for': '127.0.0.1' },
  { forwarded: 'for=127.0.0.1' },
  { via: '1.1 x' },
  { 'x-real-ip': '::1' },
]

async function letIn(port: number): Promise<string> {
  return (await send(port, 'POST', '/api/session', {}, { code: 'right' })).json['localToken'] as string
}

describe('the dashboard of a local network', () => {
  let port: number
  beforeAll(async () => {
    port = await dashboard(true)
    localToken = await letIn(port)
    own['x-koinon-local'] = localToken
  })

  it('shows the public parts to everybody', async () => {
    expect(await send(port, 'GET', '/api/gateway')).toEqual({
      status: 200,
      json: { account: gateway.address, chainId, netuid: 1 },
    })
    expect((await send(port, 'GET', '/network.json')).json).toMatchObject({ name: 'local', chainId })
    expect((await send(port, 'GET', '/metrics')).json['text']).toBe('koinon_test 1\n')
  })

  it('exchanges a code for the token, from the own page only', async () => {
    expect((await send(port, 'POST', '/api/session', {}, { code: 'wrong' })).json.error?.code).toBe('local/bad-code')
    expect(await send(port, 'POST', '/api/session', {}, { code: 'right' })).toEqual({
      status: 200,
      json: { localToken },
    })
    for (const headers of [...foreign, ...forwarded, { host: 'evil.example' }]) {
      const { status, json } = await send(port, 'POST', '/api/session', headers as Record<string, string>, {
        code: 'right',
      })
      expect([status, json.error?.code], JSON.stringify(headers)).toEqual([403, 'local/refused'])
    }
    expect(asked.filter(({ method }) => method === 'page.redeem')).toHaveLength(2)
  })

  it('tells a browser of this machine that it is not signed in, and one of elsewhere nothing', async () => {
    for (const headers of [{}, { 'x-koinon-local': '' }, { 'x-koinon-local': `${localToken}0` }, bearer]) {
      expect(await send(port, 'GET', '/api/session', headers as Record<string, string>)).toEqual({
        status: 200,
        json: { isSignedIn: false, program: 'npx koinon' },
      })
    }
    for (const headers of [...foreign, ...forwarded, { host: 'evil.example' }]) {
      const { status, json } = await send(port, 'GET', '/api/session', { ...own, ...headers } as Record<string, string>)
      expect([status, json.error?.code], JSON.stringify(headers)).toEqual([403, 'local/refused'])
    }
    expect(asked).toEqual([])
  })

  it.each([
    ['GET', '/api/wallet'],
    ['POST', '/api/wallet/faucet'],
    ['POST', '/api/wallet/send'],
    ['POST', '/api/wallet/keys'],
    ['DELETE', `/api/wallet/keys/${apiKey.keyHash}`],
    ['POST', `/api/wallet/keys/${apiKey.keyHash}/top-up`],
    ['GET', '/api/budgets'],
    ['POST', `/api/budgets/${apiKey.keyHash}/revoke`],
    ['POST', '/api/jobs/7/accept'],
    ['POST', '/api/jobs/7/refund'],
  ])('does nothing for %s %s without the token, or with it from elsewhere', async (method, path) => {
    const body = method === 'GET' ? undefined : { to: owner.address, amountAtomic: '1', asset: 'eth' }
    const refused = [{}, { 'x-koinon-local': '' }, { 'x-koinon-local': `${localToken}0` }, bearer]
    for (const headers of [...refused, ...[...foreign, ...forwarded].map((extra) => ({ ...own, ...extra }))]) {
      const { status, json } = await send(port, method, path, headers as Record<string, string>, body)
      expect([status, json.error?.code?.split('/')[0]], JSON.stringify(headers)).toEqual([403, 'local'])
      expect(JSON.stringify(json)).not.toContain(localToken)
      expect(JSON.stringify(json)).not.toContain(apiKey.text)
    }
    expect(asked).toEqual([])
    expect((await send(port, method, path, own, body)).status).toBe(200)
    expect(asked.length).toBeGreaterThan(0)
  })

  it('tells everybody how much is paid, and the owner alone who pays', async () => {
    const { status, json } = await send(port, 'GET', '/api/payments')
    expect([status, json['sold'], json['gas']]).toMatchObject([
      200,
      { keyCalls: 0, channelCalls: 0, exactCalls: 0, amountPicoUsd: '0' },
      { charges: 0, deposits: 1, claims: 0, settlements: 0, asExactGas: 0, isWhole: true },
    ])
    expect(json['channels']).toMatchObject({ open: 1, payers: 1, depositAtomic: '5000000', owedPicoUsd: '0' })
    for (const secret of [owner.address, channelId, 'demo']) expect(JSON.stringify(json)).not.toContain(secret)
    const refused = [{}, { 'x-koinon-local': `${localToken}0` }, bearer]
    for (const headers of [...refused, ...[...foreign, ...forwarded].map((extra) => ({ ...own, ...extra }))]) {
      const answer = await send(port, 'GET', '/api/payments/details', headers as Record<string, string>)
      expect([answer.status, JSON.stringify(answer.json).includes(owner.address)]).toEqual([403, false])
    }
    const details = await send(port, 'GET', '/api/payments/details', own)
    expect(details.json).toMatchObject({
      channels: [{ channelId, payer: owner.address, kind: 'key', label: 'demo', state: 'open', callsOfDay: 0 }],
      channelsLeftOut: 0,
      settlements: [],
      events: [],
    })
  })

  it('revokes the budget that the path names and nothing else, on the ledger only when that was asked for', async () => {
    const grantHash = `0x${'33'.repeat(32)}`
    await send(port, 'POST', `/api/budgets/${grantHash}/revoke`, own, { grantHash: 'another', isOnChain: 'yes' })
    await send(port, 'POST', `/api/budgets/${grantHash}/revoke`, own, { isOnChain: true })
    expect(asked).toEqual(
      [false, true].map((isOnChain) => ({ method: 'budgets.revoke', params: { grantHash, isOnChain } })),
    )
    expect((await send(port, 'POST', '/api/budgets/agent/revoke', own, {})).status).toBe(404)
  })

  it('takes the step of the job that the path names, whatever the body says', async () => {
    await send(port, 'POST', '/api/jobs/7/reject', own, { jobId: '8', step: 'accept' })
    expect(asked).toEqual([{ method: 'jobs.act', params: { jobId: '7', step: 'reject' } }])
    for (const path of ['/api/jobs/0/accept', '/api/jobs/7/complete', '/api/jobs/7/accept/x', '/api/jobs/-1/accept'])
      expect((await send(port, 'POST', path, own, {})).status, path).toBe(404)
    expect(asked).toHaveLength(1)
  })

  it('lets nobody in with the token of an earlier process: another may have held the port between', async () => {
    const port = await dashboard(true)
    expect(asked).toEqual([{ method: 'page.begin', params: { localToken: expect.stringMatching(/^0x[0-9a-f]{64}$/) } }])
    expect(JSON.stringify(asked)).not.toContain(localToken)
    expect((await send(port, 'GET', '/api/session', own)).json).toEqual({ isSignedIn: false, program: 'npx koinon' })
    expect(await send(port, 'GET', '/api/wallet', own)).toMatchObject({
      status: 403,
      json: { error: { code: 'local/no-token', hint: expect.stringContaining('koinon status') } },
    })
    expect((await send(port, 'POST', '/api/wallet/send', own, {})).status).toBe(403)
    expect(asked).toHaveLength(1)
    const fresh = await letIn(port)
    expect(fresh).not.toBe(localToken)
    expect((await send(port, 'GET', '/api/session', { 'x-koinon-local': fresh })).json).toMatchObject({
      isSignedIn: true,
      command: { program: 'npx koinon', homePath: '/srv/koinon' },
    })
  })

  it('shows the owner the keys and what they hold', async () => {
    const session = await send(port, 'GET', '/api/session', own)
    expect(session.json).toMatchObject({ apiKey: apiKey.text, account: owner.address, chainId, localToken })
    const { json } = await send(port, 'GET', '/api/wallet', own)
    expect(json).toMatchObject({
      asOfBlock: 7,
      nativeAtomic: '1',
      keys: [{ keyHash: apiKey.keyHash, label: 'demo', depositAtomic: '5000000', owedPicoUsd: '0' }],
      payments: [],
    })
  })

  it('hands on to the supervisor what the owner wrote, and refuses what is no JSON object or too long', async () => {
    const transfer = { asset: 'koin', to: owner.address, amountAtomic: '5' }
    expect((await send(port, 'POST', '/api/wallet/send', own, transfer)).json).toEqual(answers['wallet.send'])
    expect(asked).toEqual([{ method: 'wallet.send', params: transfer }])
    expect((await send(port, 'POST', '/api/wallet/send', own, '[]')).status).toBe(400)
    expect((await send(port, 'POST', '/api/wallet/send', own, 'x')).status).toBe(400)
    expect((await send(port, 'POST', '/api/wallet/send', own, { to: 'x'.repeat(20_000) })).status).toBe(413)
    expect(asked).toHaveLength(1)
  })

  it('lists the receipts of a key, and of nobody else', async () => {
    expect((await send(port, 'GET', '/api/receipts', bearer)).json).toEqual({ asOfBlock: 7, receipts: [] })
    expect((await send(port, 'GET', '/api/receipts')).status).toBe(401)
    const other = { authorization: `Bearer ${createApiKey(systemRandom).text}` }
    expect((await send(port, 'GET', '/api/receipts', other)).status).toBe(401)
    const verdict = `/api/receipts/0x${'0'.repeat(32)}/verdict?level=L2`
    expect((await send(port, 'GET', verdict, bearer)).json).toEqual({ checks: [] })
    expect((await send(port, 'GET', verdict, other)).status).toBe(401)
    expect((await send(port, 'GET', verdict, { ...bearer, 'x-forwarded-for': '1.2.3.4' })).status).toBe(403)
  })

  it('gives test money to programs, and to no page of another site', async () => {
    expect((await send(port, 'POST', '/api/faucet', {}, { address: owner.address })).status).toBe(200)
    for (const headers of foreign)
      expect(
        (await send(port, 'POST', '/api/faucet', headers as Record<string, string>, { address: owner.address })).status,
      ).toBe(403)
    const plain = { 'content-type': 'text/plain' }
    expect((await send(port, 'POST', '/api/faucet', plain, { address: owner.address })).status).toBe(403)
    expect(asked).toHaveLength(1)
    expect((await send(port, 'POST', '/api/faucet', {}, { address: 'me' })).status).toBe(400)
    expect(await send(port, 'POST', '/api/faucet', {}, { address: config.token })).toMatchObject({
      status: 503,
      json: { error: { code: 'faucet/busy', retry: 'later' } },
    })
  })

  it('explains an API path that is not there, and a ledger that does not answer, without its insides', async () => {
    expect((await send(port, 'GET', '/api/nothing')).json.error?.code).toBe('api/not-found')
    expect((await send(port, 'PUT', '/api/wallet', own)).status).toBe(404)
    const { status, json } = await send(port, 'GET', '/api/network')
    expect(status).toBeGreaterThanOrEqual(500)
    expect(JSON.stringify(json)).not.toMatch(/ at |node_modules|\.ts/)
  })
})

describe('the dashboard of a gateway that serves strangers', () => {
  it('has no owner: nothing of a wallet, no session, no verdicts, no faucet', async () => {
    const port = await dashboard(false)
    for (const headers of [{}, own, { 'x-koinon-local': '' }]) {
      const session = await send(port, 'GET', '/api/session', headers)
      expect(session).toEqual({ status: 200, json: { isSignedIn: false } })
      for (const [method, path] of [
        ['POST', '/api/session'],
        ['GET', '/api/wallet'],
        ['GET', '/api/payments/details'],
        ['GET', '/api/budgets'],
        ['POST', '/api/jobs/7/accept'],
        ['POST', '/api/wallet/send'],
        ['POST', '/api/faucet'],
        ['GET', `/api/receipts/0x${'0'.repeat(32)}/verdict`],
      ] as const) {
        const body = method === 'POST' ? { code: 'right', address: owner.address } : undefined
        expect((await send(port, method, path, headers, body)).status, `${method} ${path}`).toBe(404)
      }
    }
    expect(asked).toEqual([])
    expect((await send(port, 'GET', '/api/receipts', bearer)).status).toBe(200)
  })
})
