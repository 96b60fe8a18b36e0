import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AgentBook, taskStoreSchema } from '@koinon/agents/provider'
import { signAgentRecord } from '@koinon/agents/rules'
import { secretKeyToAddress, systemClock } from '@koinon/base'
import { DurableStore, defaultHttpLimits, HttpListener, sendJson } from '@koinon/base/node'
import { ScriptedEngine, startTestNetwork, type TestNetwork } from '@koinon/inference/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AgentRoutes, createAgentRoutes } from './agent-routes.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-agent-routes-'))
let network: TestNetwork
let store: DurableStore
let listener: HttpListener
let url = ''
beforeAll(async () => {
  network = await startTestNetwork({ providers: [{ engine: new ScriptedEngine() }] })
  store = await DurableStore.open(join(folder, 'gateway.db'), taskStoreSchema)
  let routes: AgentRoutes | undefined
  listener = new HttpListener({
    host: '127.0.0.1',
    port: 0,
    limits: defaultHttpLimits,
    handle: async (request, response) => {
      if ((await routes?.serve(request, response)) !== true) sendJson(response, 404, {})
    },
  })
  url = `http://127.0.0.1:${await listener.start()}`
  routes = createAgentRoutes({
    book: new AgentBook({ chainId: 1, clock: systemClock }),
    store,
    clock: systemClock,
    url,
    ownUrl: network.url,
  })
})
afterAll(async () => {
  await listener.stop(100)
  await store.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

async function ask(headers: Record<string, string>): Promise<string> {
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'Hello' }] }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } })
  return (await fetch(`${url}/a2a`, { method: 'POST', headers, body })).text()
}

it('does what its card says: answers over A2A for an API key, with a receipt, and for nothing else', async () => {
  const card = (await (await fetch(`${url}/.well-known/agent-card.json`)).json()) as Record<string, unknown>
  expect(card).toMatchObject({ url: `${url}/a2a`, preferredTransport: 'JSONRPC', security: [{ bearer: [] }] })
  const answer = await ask({ authorization: `Bearer ${network.apiKey.text}` })
  expect(answer).toContain('Hello from the engine')
  expect(answer).toMatch(/"koinon.receipt":"(0x)?[0-9a-f]{32}"/)
  expect(await ask({})).toContain('TASK_STATE_REJECTED')
  expect(await ask({ authorization: 'Bearer sk-koinon-no' })).toContain('TASK_STATE_REJECTED')
})

it('keeps the book of agents', async () => {
  const secret = new Uint8Array(32).fill(7)
  const record = signAgentRecord(secret, {
    chainId: 1,
    account: secretKeyToAddress(secret),
    content: { name: 'Reviewer', description: 'Reads bundles', endpoints: [], services: [] },
    issuedAtMs: Date.now(),
    expiresAtMs: Date.now() + 60_000,
  })
  const post = async (json: unknown): Promise<number> =>
    (await fetch(`${url}/v1/agents`, { method: 'POST', body: JSON.stringify(json) })).status
  expect(await post(record)).toBe(200)
  expect(await post(record)).toBe(409)
  expect(await post({ ...record, account: `0x${'1'.repeat(40)}` })).toBe(400)
  const { agents } = (await (await fetch(`${url}/v1/agents?words=reviewer`)).json()) as { agents: { name: string }[] }
  expect(agents.map(({ name }) => name)).toEqual(['Reviewer'])
})
