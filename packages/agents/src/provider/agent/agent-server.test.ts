import { join } from 'node:path'
import { atomicToPicoUsd, picoUsdToAtomic, systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { receiptOf } from '@koinon/payments/client'
import {
  startNetwork,
  startSeller,
  type TestNetwork,
  type TestSeller,
  temporaryFolder,
  testPayer,
} from '@koinon/payments/testing'
import { createPayingFetch, createX402Wire } from '@koinon/payments/x402'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freeMessages, type PayService } from '../../client/calls/paid-call.ts'
import { McpConnection } from '../../client/mcp/connection.ts'
import { readAgentRecord } from '../../rules/almanac.ts'
import { AgentBook } from '../almanac/book.ts'
import { AgentServer, type AgentServerOptions, agentSchema } from './agent-server.ts'
import { AgentAnnouncer } from './announcer.ts'
import { defineAgent, defineService } from './define-agent.ts'
import type { AgentContext, AgentDefinition } from './definition.ts'

const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } as const
type Text = { readonly text: string }
const folder = temporaryFolder()
const running: { stop(): Promise<void> }[] = []
let runs = 0

const echo = defineService<Text, Text>({
  name: 'echo',
  description: 'Says it again',
  input: text,
  output: text,
  run: async (input) => ({ text: `heard ${input.text}` }),
})
const paid = defineService<Text, Text>({
  name: 'paid',
  description: 'Says it for money',
  priceDollars: '0.001',
  input: text,
  output: text,
  run: async (input) => {
    runs++
    if (input.text === 'odd') return {} as Text
    return { text: `sold ${input.text}` }
  },
})

afterEach(async () => {
  for (const one of running.splice(0)) await one.stop()
})
afterAll(() => folder.remove())

async function start(definition: AgentDefinition, further: Partial<AgentServerOptions> = {}): Promise<string> {
  const path = join(folder.path, `${crypto.randomUUID()}.db`)
  const store = await DurableStore.open(path, agentSchema)
  const given = { definition, host: '127.0.0.1', port: 0, store, clock: systemClock, random: systemRandom }
  const server = new AgentServer({ ...given, ...further })
  running.push(server, { stop: () => store.close() })
  return server.start()
}

const agent = (further: Partial<AgentDefinition> = {}): AgentDefinition =>
  defineAgent({ name: 'Echo', description: 'Echoes', version: '1.0.0', services: [echo, paid], ...further })

async function post(url: string, json: unknown, ask = fetch): Promise<{ status: number; json: never }> {
  const body = JSON.stringify(json)
  const response = await ask(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return { status: response.status, json: (await response.json()) as never }
}

async function taskOn(url: string, data: unknown): Promise<string> {
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ data }] }
  return JSON.stringify(
    (await post(`${url}/a2a`, { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } })).json,
  )
}

describe('an agent of one file', () => {
  it('serves its free service by HTTP, A2A and MCP, and holds input and output against their schemas', async () => {
    const url = await start(agent())
    expect(await post(`${url}/services/echo`, { text: 'a' })).toMatchObject({ status: 200, json: { text: 'heard a' } })
    expect(await post(`${url}/services/echo`, { text: 5 })).toMatchObject({ status: 400 })
    expect(await post(`${url}/services/none`, {})).toMatchObject({ status: 404 })
    expect(await taskOn(url, { service: 'echo', input: { text: 'b' } })).toContain('heard b')
    expect(await taskOn(url, { service: 'echo', input: {} })).toContain('TASK_STATE_REJECTED')
    const mcp = new McpConnection({ url: `${url}/mcp`, name: 't', version: '1' })
    await mcp.open()
    expect((await mcp.tools()).map(({ name }) => name)).toEqual(['echo'])
    expect(JSON.stringify(await mcp.call('echo', { text: 'c' }))).toContain('heard c')
    await mcp.close()
  })

  it('neither serves nor tells of what it cannot be paid for', async () => {
    const url = await start(agent())
    expect(await post(`${url}/services/paid`, { text: 'a' })).toMatchObject({ status: 404 })
    expect(await taskOn(url, { service: 'paid', input: { text: 'a' } })).toContain('TASK_STATE_REJECTED')
    for (const path of ['/openapi.json', '/.well-known/agent-card.json', '/.well-known/agent-registration.json'])
      expect(await (await fetch(`${url}${path}`)).text()).not.toContain('paid')
    expect(runs).toBe(0)
  })

  it('refuses a file that promises nonsense', () => {
    expect(() => agent({ services: [] })).toThrow('services')
    expect(() => agent({ services: [echo, echo] })).toThrow('one name')
    expect(() => agent({ services: [{ ...echo, name: '../x' }] })).toThrow('name')
    expect(() => agent({ services: [{ ...echo, priceDollars: '-1' }] })).toThrow('price')
    expect(() =>
      agent({ services: [{ ...echo, input: { type: 'object', properties: { a: { type: 'no' } } } }] }),
    ).toThrow('schema')
    expect(() => agent({ tools: { x: 'file:///etc/passwd' } })).toThrow('URL')
    expect(() => agent({ budget: { maxTotalDollars: '1e9', maxPerCallDollars: '1' } })).toThrow('budget')
  })

  it('keeps itself in a book, with a record that holds', async () => {
    const url = await start(agent())
    const server = running.at(-2) as AgentServer
    const book = new AgentBook({ chainId: 5, clock: systemClock })
    const posted: unknown[] = []
    const keep = (async (_url: string, init: RequestInit) => {
      posted.push(book.add(JSON.parse(init.body as string), undefined))
      return new Response('{}')
    }) as unknown as typeof fetch
    const announcer = new AgentAnnouncer({
      gatewayUrl: 'http://127.0.0.1:1',
      chainId: 5,
      secretKey: new Uint8Array(32).fill(9),
      content: () => server.documents().content,
      clock: systemClock,
      fetch: keep,
      lifetimeMs: 300,
    })
    announcer.start()
    await expect.poll(() => posted.length).toBeGreaterThan(2)
    await announcer.stop()
    const { content } = readAgentRecord(posted.at(-1), { chainId: 5, nowMs: Date.now() })
    expect(content.endpoints.map(({ url: at }) => at)).toContain(`${url}/mcp`)
    const card = content.endpoints.find(({ protocol }) => protocol === 'a2a')
    const served = await (await fetch(card?.url as string)).arrayBuffer()
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', served)).toString('hex')
    expect(card?.digest).toBe(`0x${digest}`)
  })
})

describe('an agent that uses others', () => {
  const using = (work: (context: AgentContext) => Promise<unknown>, further: Partial<AgentDefinition> = {}) =>
    agent({
      services: [
        defineService<Text, Text>({
          ...echo,
          name: 'use',
          run: async (_input, context) => ({ text: JSON.stringify(await work(context)) }),
        }),
      ],
      ...further,
    })

  it('calls and hires what its file names, and nothing else', async () => {
    const other = await start(agent({ services: [echo] }))
    const url = await start(
      using(
        async ({ call, hire }) => [
          await call('echo', { text: 'x' }),
          await hire('other', { service: 'echo', input: { text: 'y' } }),
          await call('http://127.0.0.1:8545', {}).catch((error: Error) => error.message),
          await call('toString', {}).catch((error: Error) => error.message),
        ],
        { tools: { echo: `${other}/services/echo`, other: `${other}/a2a` } },
      ),
    )
    const answer = await taskOn(url, { input: { text: '' } })
    for (const part of ['heard x', 'heard y', 'names no tool']) expect(answer).toContain(part)
    expect(answer.match(/names no tool/g)).toHaveLength(2)
  })

  it('cannot be talked over its budget', async () => {
    const asked: bigint[] = []
    const payService: PayService = async ({ maximumPicoUsd }) => {
      asked.push(maximumPicoUsd)
      return { response: new Response('{}'), paidPicoUsd: maximumPicoUsd }
    }
    const spend = async ({ call }: AgentContext): Promise<unknown> => {
      const outcome = async (maxPerCallDollars: string, n: number): Promise<string> =>
        call('shop', { n }, { maxPerCallDollars }).then(
          () => 'paid',
          (error: Error) => (error as unknown as { code: string }).code,
        )
      return [await outcome('0.02', 1), await outcome('0.01', 2), await outcome('0.01', 3), await outcome('0.01', 4)]
    }
    const url = await start(
      using(spend, {
        tools: { shop: 'https://shop.example/' },
        budget: { maxTotalDollars: '0.02', maxPerCallDollars: '0.01' },
      }),
      { payer: { pay: payService, payMessage: freeMessages } },
    )
    const outcomes = JSON.stringify(['agents/over-limit', 'paid', 'paid', 'budget/ceiling'])
    expect(await post(`${url}/services/use`, { text: '' })).toMatchObject({ json: { text: outcomes } })
    expect(asked).toEqual([10_000_000_000n, 10_000_000_000n])
  })
})

describe('an agent that is paid', () => {
  let network: TestNetwork
  let seller: TestSeller
  let pay: typeof fetch
  beforeAll(async () => {
    network = await startNetwork()
    const [account, payer, gas] = await Promise.all(['seller', 'payer', 'gas'].map((name) => network.fund(name)))
    type Funded = Awaited<ReturnType<TestNetwork['fund']>>
    seller = await startSeller(network, account as Funded, gas as Funded, { path: join(folder.path, 'seller.db') })
    pay = createPayingFetch({ payer: testPayer(network, (payer as Funded).secretKey) })
  })
  afterAll(async () => {
    await seller.close()
    await network.close()
  })

  it('sells its services over x402, charges what it promised, and nothing for what failed', async () => {
    const { desk } = seller
    const till: NonNullable<AgentServerOptions['till']> = {
      desk,
      wiresAt: () => [createX402Wire({ standing: (id, most) => desk.standing(id, most) })],
      terms: (resource, pricePicoUsd) => seller.terms({ resource, maximumAtomic: picoUsdToAtomic(pricePicoUsd) }),
    }
    const url = await start(agent(), { till })
    const before = runs
    expect(await post(`${url}/services/paid`, { text: 'a' })).toMatchObject({ status: 402 })
    expect(runs).toBe(before)
    const owed = (): bigint => seller.book.list().reduce((sum, { owedPicoUsd }) => sum + owedPicoUsd, 0n)
    const response = await pay(`${url}/services/paid`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'a' }),
    })
    expect([response.status, await response.json()]).toEqual([200, { text: 'sold a' }])
    expect(receiptOf(response)?.chargedAtomic).toBe(1_000n)
    expect(owed()).toBe(atomicToPicoUsd(1_000n))
    expect(await post(`${url}/services/paid`, { text: 'odd' }, pay)).toMatchObject({ status: 500 })
    expect(await post(`${url}/services/paid`, { text: 5 }, pay)).toMatchObject({ status: 400 })
    expect(owed()).toBe(atomicToPicoUsd(1_000n))
    expect(await post(`${url}/services/echo`, { text: 'free' })).toMatchObject({ status: 200 })
  })
})
