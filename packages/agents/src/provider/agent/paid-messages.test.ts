/** Services sold inside MCP and A2A, to stock clients and to ours, on the real chain; and what buyers and sellers may try. */
import { join } from 'node:path'
import { picoUsdToAtomic, systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { type Payer, RememberedTerms } from '@koinon/payments/client'
import { payTaskCall, payToolCall } from '@koinon/payments/messages'
import { createMppClientWire, createMppWire, MppDoor } from '@koinon/payments/mpp'
import {
  payToolsByMppx,
  startNetwork,
  startSeller,
  stockPayload,
  type TestNetwork,
  type TestSeller,
  temporaryFolder,
  testPayer,
} from '@koinon/payments/testing'
import { createX402Wire } from '@koinon/payments/x402'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hireAgent } from '../../client/calls/hire-agent.ts'
import type { CallPayer, PayMessage } from '../../client/calls/paid-call.ts'
import { McpConnection } from '../../client/mcp/connection.ts'
import { AgentServer, type AgentServerOptions, agentSchema } from './agent-server.ts'
import { defineAgent, defineService } from './define-agent.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>
type Json = Readonly<Record<string, unknown>>
type Text = { readonly text: string }

const folder = temporaryFolder()
const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } as const
const runs: string[] = []
const closers: (() => Promise<unknown>)[] = []
let network: TestNetwork
let seller: TestSeller
let buyer: Funded
let url = ''

const sold = defineService<Text, Text>({
  name: 'sold',
  description: 'Says it for money',
  priceDollars: '0.001',
  input: text,
  output: text,
  run: async (input) => {
    runs.push(input.text)
    await new Promise((resolve) => setTimeout(resolve, input.text.startsWith('slow') ? 300 : 0))
    if (input.text === 'throw') throw new Error('/secret/path')
    return input.text === 'odd' ? ({} as Text) : { text: `sold ${input.text}` }
  },
})
const dear = { ...sold, name: 'dear', priceDollars: '0.005' }
const hirer = defineService<Text, Text>({
  name: 'hirer',
  description: 'Hires',
  input: text,
  output: text,
  run: async (input, { hire }) => {
    const work = { service: 'sold', input }
    const answer = await hire('other', work, { maxPerCallDollars: input.text === 'cheap' ? '0.0005' : '0.001' })
    return { text: `hired: ${(answer as Text).text}` }
  },
})

beforeAll(async () => {
  network = await startNetwork()
  const [account, gas] = await Promise.all(['seller', 'gas'].map((name) => network.fund(name)))
  buyer = await network.fund('buyer')
  seller = await startSeller(network, account as Funded, gas as Funded, { path: join(folder.path, 'seller.db') })
  url = await start([sold, dear])
}, 60_000)
afterAll(async () => {
  for (const close of closers.reverse()) await close()
  await seller.close()
  await network.close()
  folder.remove()
})

async function start(
  services: AgentServerOptions['definition']['services'],
  further: Partial<AgentServerOptions> = {},
) {
  const store = await DurableStore.open(join(folder.path, `${crypto.randomUUID()}.db`), agentSchema)
  const { desk } = seller
  const server = new AgentServer({
    definition: defineAgent({
      name: 'Seller',
      description: 'Sells',
      version: '1.0.0',
      services,
      ...(url === '' ? {} : { tools: { other: `${url}/a2a` } }),
      budget: { maxTotalDollars: '0.01', maxPerCallDollars: '0.001' },
    }),
    host: '127.0.0.1',
    port: 0,
    store,
    clock: systemClock,
    random: systemRandom,
    till: {
      desk,
      wiresAt: (origin) => {
        const keys = [new Uint8Array(32).fill(7)]
        const door = new MppDoor({ keys, realm: new URL(origin).host, clock: systemClock, random: systemRandom })
        return [
          createX402Wire({ standing: (id, most) => desk.standing(id, most) }),
          createMppWire({ door, clock: systemClock }),
        ]
      },
      terms: (resource, pricePicoUsd) => seller.terms({ resource, maximumAtomic: picoUsdToAtomic(pricePicoUsd) }),
    },
    ...further,
  })
  closers.push(
    () => store.close(),
    () => server.stop(),
  )
  return server.start()
}

async function stockMcp(): Promise<Client> {
  const client = new Client({ name: 'stock', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)) as never)
  closers.push(() => client.close())
  return client
}

async function rpc(method: string, params: object): Promise<{ readonly result?: never; readonly error?: Json }> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  return (await (await fetch(`${url}/a2a`, { method: 'POST', body })).json()) as never
}
type TaskJson = { id: string; contextId: string; status: { state: string; message?: { metadata?: Json } } }
const message = (parts: readonly object[], further: object = {}) => ({
  message: { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts, ...further },
})
async function taskOf(words: string, metadata?: Json): Promise<TaskJson> {
  const parts = [{ data: { service: 'sold', input: { text: words } } }]
  const { result } = await rpc('SendMessage', message(parts, metadata === undefined ? {} : { metadata }))
  return (result as unknown as { readonly task: TaskJson }).task
}
async function pay({ id, contextId }: TaskJson, payload: unknown, parts: readonly object[] = [{ text: 'paid' }]) {
  const metadata = { 'x402.payment.status': 'payment-submitted', 'x402.payment.payload': payload }
  return rpc('SendMessage', message(parts, { taskId: id, contextId, metadata }))
}
const metadataOf = (task: TaskJson): Json => task.status.message?.metadata ?? {}
const requiredOf = (task: TaskJson): unknown => metadataOf(task)['x402.payment.required']
const ran = (words: string): number => runs.filter((one) => one === words).length

/** What a home's payer does, with the payer of the tests. */
function payerOf(payer: Payer, terms = new RememberedTerms()): CallPayer {
  const payMessage: PayMessage = async ({ kind, maximumPicoUsd, ...call }) => {
    const onChallenge = ({ options }: { options: readonly { terms: { maximumAtomic: bigint } }[] }) => {
      if (options.some(({ terms }) => terms.maximumAtomic > picoUsdToAtomic(maximumPicoUsd)))
        throw Object.assign(new Error('above'), { code: 'payments/above-named-price' })
    }
    const mpp = createMppClientWire().messages
    const paying = { ...call, payer, terms, onChallenge }
    const { answer, receipt } = await (kind === 'task' ? payTaskCall(paying) : payToolCall({ ...paying, mpp }))
    return { answer, paidPicoUsd: (receipt?.chargedAtomic ?? 0n) * 1_000_000n }
  }
  return { payMessage, pay: () => Promise.reject(new Error('not over HTTP')) }
}
const milli = 1_000_000_000n
const hash = (changes: Partial<Parameters<McpConnection['callPaid']>[2]> = {}) => ({
  maximumPicoUsd: milli,
  signal: AbortSignal.timeout(20_000),
  ...changes,
})

describe('priced tools of MCP', () => {
  it('are paid by a stock client of MCP with what the stock x402 client signs, and give a receipt', async () => {
    const client = await stockMcp()
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['sold', 'dear'])
    const call = { name: 'sold', arguments: { text: 'stock' } }
    const asked = await client.callTool(call)
    expect(asked).toMatchObject({
      isError: true,
      structuredContent: { x402Version: 2, resource: { url: 'mcp://tool/sold' } },
    })
    expect(JSON.parse((asked.content as [{ text: string }])[0].text)).toEqual(asked.structuredContent)
    expect(ran('stock')).toBe(0)
    for (const scheme of ['exact', 'batch-settlement'] as const) {
      const payload = await stockPayload(network, buyer, scheme, asked.structuredContent)
      const paid = await client.callTool({ ...call, _meta: { 'x402/payment': payload } })
      expect(JSON.stringify(paid.content)).toContain('sold stock')
      const receipt = paid._meta?.['x402/payment-response'] as Json
      expect(receipt).toMatchObject({ success: true, network: `eip155:${network.domain.chainId}` })
      expect(receipt['extensions']).toHaveProperty('offer-receipt')
    }
    expect(ran('stock')).toBe(2)
  })

  it('are paid by a stock client wrapped by mppx, whose credential cannot be used twice or for other words', async () => {
    const client = await stockMcp()
    const seen: Json[] = []
    const inner = client.callTool.bind(client)
    client.callTool = ((params: never, ...rest: never[]) => {
      seen.push(params)
      return inner(params, ...rest)
    }) as typeof client.callTool
    payToolsByMppx(network, buyer, client)
    const paid = await client.callTool({ name: 'sold', arguments: { text: 'mpp' } })
    expect(JSON.stringify(paid.content)).toContain('sold mpp')
    expect(paid._meta?.['org.paymentauth/receipt']).toMatchObject({ status: 'success', method: 'evm' })
    const before = await network.dollarsOf(buyer.address)
    const again = await inner(seen[1] as never)
    expect(JSON.stringify(again.content)).toContain('sold mpp')
    const meta = (seen[1] as { readonly _meta: Json })._meta
    const other = await inner({ name: 'sold', arguments: { text: 'other words' }, _meta: meta })
    expect(other).toMatchObject({ isError: true, _meta: { 'org.paymentauth/payment-required': { httpStatus: 402 } } })
    expect([ran('mpp'), ran('other words'), await network.dollarsOf(buyer.address)]).toEqual([1, 0, before])
  })

  it('ask for nothing where the arguments do not fit, and charge nothing for what fails', async () => {
    const client = await stockMcp()
    expect(JSON.stringify(await client.callTool({ name: 'sold', arguments: {} }))).toContain('do not fit')
    const before = await network.dollarsOf(buyer.address)
    for (const words of ['odd', 'throw']) {
      const call = { name: 'sold', arguments: { text: words } }
      const { structuredContent } = await client.callTool(call)
      const payload = await stockPayload(network, buyer, 'exact', structuredContent)
      const failed = JSON.stringify(await client.callTool({ ...call, _meta: { 'x402/payment': payload } }))
      expect(failed).toContain('"isError":true')
      expect(failed).not.toContain('secret')
    }
    expect(await network.dollarsOf(buyer.address)).toBe(before)
  })

  it('take no payment in another asset, on another chain, to somebody else, for less, or of another shape', async () => {
    const client = await stockMcp()
    const call = { name: 'dear', arguments: { text: 'cheat' } }
    const { structuredContent } = await client.callTool(call)
    const required = structuredContent as { readonly accepts: readonly Json[] }
    const exact = required.accepts.find(({ scheme }) => scheme === 'exact') as Json
    const paidWith = async (changes: Json, mend: (payload: Json) => unknown = (payload) => payload) => {
      const told = { ...required, accepts: [{ ...exact, ...changes }] }
      const payload = await stockPayload(network, buyer, 'exact', told)
      return JSON.stringify(await client.callTool({ ...call, _meta: { 'x402/payment': mend(payload) } }))
    }
    const before = await network.dollarsOf(buyer.address)
    const asGiven = (payload: Json): Json => ({ ...payload, accepted: exact })
    for (const answer of [
      await paidWith({ amount: '1000' }),
      await paidWith({ amount: '1000' }, asGiven),
      await paidWith({ payTo: buyer.address }, asGiven),
      await paidWith({ extra: { name: 'Other Dollar', version: '1' } }, asGiven),
      await paidWith({}, (payload) => ({ ...payload, accepted: { ...exact, network: 'eip155:1' } })),
      await paidWith({}, () => ({})),
      await paidWith({}, () => 'a text'),
      await paidWith({}, () => null),
    ])
      expect(answer).toContain('"isError":true')
    expect([ran('cheat'), await network.dollarsOf(buyer.address)]).toEqual([0, before])
  })
})

describe('one proof', () => {
  it('runs the work once, sent six times at once over MCP, A2A and HTTP', async () => {
    const clients = await Promise.all([stockMcp(), stockMcp()])
    const call = { name: 'sold', arguments: { text: 'slow once' } }
    const { structuredContent } = await (clients[0] as Client).callTool(call)
    const payload = await stockPayload(network, buyer, 'exact', structuredContent)
    const header = Buffer.from(JSON.stringify(payload)).toString('base64')
    const before = await network.dollarsOf(buyer.address)
    const metadata = { 'x402.payment.status': 'payment-submitted', 'x402.payment.payload': payload }
    const answers = await Promise.all([
      ...clients.map((client) => client.callTool({ ...call, _meta: { 'x402/payment': payload } })),
      taskOf('slow once', metadata),
      taskOf('slow once', metadata),
      ...[1, 2].map(async () => {
        const body = JSON.stringify(call.arguments)
        const headers = { 'payment-signature': header }
        return (await fetch(`${url}/services/sold`, { method: 'POST', body, headers })).text()
      }),
    ])
    expect(ran('slow once')).toBe(1)
    expect(answers.filter((answer) => JSON.stringify(answer).includes('sold slow once'))).toHaveLength(1)
    expect(before - (await network.dollarsOf(buyer.address))).toBe(1_000n)
  })
})

describe('priced tasks of A2A', () => {
  it('wait for payment, take it once, and say what it came to', async () => {
    const card = (await (await fetch(`${url}/.well-known/agent-card.json`)).json()) as Json
    expect(JSON.stringify(card['capabilities'])).toContain('a2a-x402')
    const asked = await taskOf('task')
    expect(asked.status.state).toBe('TASK_STATE_INPUT_REQUIRED')
    expect(metadataOf(asked)['x402.payment.status']).toBe('payment-required')
    const payload = await stockPayload(network, buyer, 'exact', requiredOf(asked))
    const before = await network.dollarsOf(buyer.address)
    // What is bought was said when the task began: the payment's message cannot change it.
    const swap = [{ data: { service: 'dear', input: { text: 'dear words' } } }]
    const six = await Promise.all(Array.from({ length: 6 }, () => pay(asked, payload, swap)))
    const done = six.flatMap(({ result }) => (result === undefined ? [] : [(result as { task: TaskJson }).task]))
    expect(done).toHaveLength(1)
    expect(done[0]?.status.state).toBe('TASK_STATE_COMPLETED')
    expect(metadataOf(done[0] as TaskJson)).toMatchObject({
      'x402.payment.status': 'payment-completed',
      'x402.payment.receipts': [{ success: true }],
    })
    expect(JSON.stringify(done)).toContain('sold task')
    expect([ran('task'), ran('dear words')]).toEqual([1, 0])
    expect(before - (await network.dollarsOf(buyer.address))).toBe(1_000n)
  })

  it('stay open after a payment that does not hold, and fail after one that cannot be read', async () => {
    const asked = await taskOf('again')
    const required = requiredOf(asked) as { readonly accepts: readonly Json[] }
    const exact = required.accepts.find(({ scheme }) => scheme === 'exact') as Json
    const less = { ...required, accepts: [{ ...exact, amount: '10' }] }
    const refused = (await pay(asked, await stockPayload(network, buyer, 'exact', less))) as {
      result?: { task: TaskJson }
    }
    expect(refused.result?.task.status.state).toBe('TASK_STATE_INPUT_REQUIRED')
    expect(metadataOf(refused.result?.task as TaskJson)['x402.payment.error']).toContain('VALUE_MISMATCH')
    const unread = (await pay(asked, { x402Version: 1 })) as { result?: { task: TaskJson } }
    expect(unread.result?.task.status.state).toBe('TASK_STATE_FAILED')
    expect(metadataOf(unread.result?.task as TaskJson)['x402.payment.status']).toBe('payment-failed')
    expect(ran('again')).toBe(0)
  })
})

describe('our clients', () => {
  it('pay tools and tasks of others within what was named, out of one channel', async () => {
    const payer = testPayer(network, (await network.fund('client')).secretKey)
    const { payMessage } = payerOf(payer)
    const connection = new McpConnection({ url: `${url}/mcp`, name: 't', version: '1' })
    await connection.open()
    for (const words of ['one', 'two']) {
      const { answer, paidPicoUsd } = await connection.callPaid('sold', { text: words }, { ...hash(), payMessage })
      expect([JSON.stringify(answer).includes(`sold ${words}`), paidPicoUsd]).toEqual([true, milli])
    }
    const { answer } = await hireAgent({
      ...{ url: `${url}/a2a`, messageId: 'hire-of-the-test-1', data: { service: 'sold', input: { text: 'three' } } },
      ...{ fetch, signal: AbortSignal.timeout(20_000), maximumPicoUsd: milli, payMessage },
    })
    expect(answer).toEqual({ text: 'sold three' })
    expect([payer.spent(), payer.channels().length]).toEqual([3_000n, 1])
    await expect(connection.callPaid('dear', { text: 'x' }, { ...hash(), payMessage })).rejects.toMatchObject({
      code: 'payments/above-named-price',
    })
    expect([payer.spent(), ran('x')]).toEqual([3_000n, 0])
    await connection.close()
  })

  it('send the payment with the first message where its price is known, and nothing where it is more than was named', async () => {
    const payer = testPayer(network, (await network.fund('regular')).secretKey)
    const { payMessage } = payerOf(payer)
    const sent: string[] = []
    const watching: typeof fetch = (input, init) => {
      const method = /"method":"(tools\/call|SendMessage)"/.exec(String(init?.body))?.[1]
      if (method !== undefined) sent.push(`${method}${String(init?.body).includes('voucher') ? ' paid' : ''}`)
      return fetch(input, init)
    }
    const connection = new McpConnection({ url: `${url}/mcp`, name: 't', version: '1', fetch: watching })
    await connection.open()
    const call = (words: string, changes = {}) =>
      connection.callPaid('sold', { text: words }, { ...hash(changes), payMessage })
    const hire = (service: string, words: string, messageId: string) =>
      hireAgent({
        ...{ url: `${url}/a2a`, messageId, data: { service, input: { text: words } } },
        ...{ fetch: watching, signal: AbortSignal.timeout(20_000), maximumPicoUsd: 5n * milli, payMessage },
      })
    for (const words of ['first', 'second', 'third']) await call(words)
    expect(sent.splice(0)).toEqual(['tools/call', ...Array(3).fill('tools/call paid')])
    for (const index of [1, 2]) await hire('sold', `task ${index}`, `hire-of-a-regular-${index}`)
    expect(sent.splice(0)).toEqual(['SendMessage', ...Array(2).fill('SendMessage paid')])
    // Another service has a price of its own, which is asked for.
    await hire('dear', 'dearer', 'hire-of-a-regular-3')
    expect(sent.splice(0)).toEqual(['SendMessage', 'SendMessage paid'])
    expect(payer.spent()).toBe(10_000n)
    await expect(call('too dear', { maximumPicoUsd: milli / 2n })).rejects.toMatchObject({
      code: 'payments/above-named-price',
    })
    expect([sent.splice(0), ran('too dear'), payer.spent()]).toEqual([['tools/call'], 0, 10_000n])
    await connection.close()
  })

  it('pay a tool that asks by MPP alone, with an error of JSON-RPC', async () => {
    const payer = testPayer(network, (await network.fund('mpp client')).secretKey)
    const client = await stockMcp()
    const { contracts, chainId } = network.network
    const asset = { chainId, token: contracts.dollar, name: 'Test Dollar', version: '1', decimals: 6 }
    const { answer, receipt } = await payToolCall({
      payer,
      origin: new URL(url).origin,
      resourceUrl: 'mcp://tool/sold',
      request: { name: 'sold', arguments: { text: 'by error' } },
      mpp: createMppClientWire({ assets: [asset] }).messages,
      send: async (_meta) => {
        const result = await client.callTool({ name: 'sold', arguments: { text: 'by error' }, _meta })
        const data = result._meta?.['org.paymentauth/payment-required']
        if (data !== undefined) throw Object.assign(new Error('Payment required'), { code: -32042, data })
        return result
      },
    })
    expect(JSON.stringify(answer)).toContain('sold by error')
    expect(receipt).toMatchObject({ backEnd: 'exact', chargedAtomic: 1_000n, isStated: true })
  })

  it('send the same payment again when the answer is lost, and are not charged again', async () => {
    const payer = testPayer(network, (await network.fund('lossy')).secretKey)
    const { payMessage } = payerOf(payer)
    let lost = 0
    const lossy: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      if (lost > 0 || !String(init?.body).includes('payment-identifier')) return response
      lost++
      await response.text()
      throw new TypeError('the connection was lost')
    }
    const connection = new McpConnection({ url: `${url}/mcp`, name: 't', version: '1', fetch: lossy })
    await connection.open()
    const tool = await connection.callPaid('sold', { text: 'lost tool' }, { ...hash(), payMessage })
    expect([lost, tool.paidPicoUsd, JSON.stringify(tool.answer).includes('sold lost tool')]).toEqual([1, milli, true])
    await connection.close()
    lost = 0
    const task = await hireAgent({
      ...{
        url: `${url}/a2a`,
        messageId: 'hire-of-the-test-2',
        data: { service: 'sold', input: { text: 'lost task' } },
      },
      ...{ fetch: lossy, signal: AbortSignal.timeout(20_000), maximumPicoUsd: milli, payMessage },
    })
    expect([lost, task.paidPicoUsd, task.answer]).toEqual([1, milli, { text: 'sold lost task' }])
    expect([ran('lost tool'), ran('lost task'), payer.spent()]).toEqual([1, 1, 2_000n])
  })

  it('hire a priced agent from inside an agent, within its budget', async () => {
    const payer = testPayer(network, (await network.fund('agent')).secretKey)
    const at = await start([hirer], { payer: payerOf(payer) })
    const ask = async (words: string): Promise<string> => {
      const body = JSON.stringify({ text: words })
      return (await fetch(`${at}/services/hirer`, { method: 'POST', body })).text()
    }
    expect(await ask('deep')).toContain('hired: sold deep')
    expect(await ask('cheap')).toContain('error')
    expect([payer.spent(), ran('cheap')]).toEqual([1_000n, 0])
  })
})
