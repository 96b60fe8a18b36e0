import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AgentServer, agentSchema } from './agent-server.ts'
import { defineAgent } from './define-agent.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-agent-server-'))
let store: DurableStore
let server: AgentServer
let url = ''
let runs = 0

beforeAll(async () => {
  store = await DurableStore.open(join(folder, 'agent.db'), agentSchema)
  const definition = defineAgent({
    name: 'counter',
    description: 'Counts',
    version: '1.0.0',
    services: [
      {
        name: 'count',
        description: 'Counts how often it was asked',
        input: { type: 'object' },
        output: { type: 'object' },
        run: async () => ({ runs: ++runs }),
      },
    ],
  } as Parameters<typeof defineAgent>[0])
  server = new AgentServer({
    definition,
    host: '127.0.0.1',
    port: 0,
    store,
    clock: systemClock,
    random: systemRandom,
  })
  url = await server.start()
})

afterAll(async () => {
  await server.stop()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, { method: 'POST', headers }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode ?? 0 }))
    })
    outgoing.on('error', reject).end(JSON.stringify(body))
  })
}

const task = {
  jsonrpc: '2.0',
  id: 1,
  method: 'SendMessage',
  params: { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ data: { service: 'count', input: {} } }] } },
}

it('of this machine alone serves programs and no web page, whatever name the page gave this machine', async () => {
  const asked: readonly (readonly [string, object])[] = [
    ['/services/count', {}],
    ['/a2a', task],
  ]
  for (const [path, body] of asked) {
    expect((await post(path, body)).status).toBe(200)
    const before = runs
    expect((await post(path, body, { host: 'rebound.example' })).status).toBe(403)
    const csrf = { origin: 'https://evil.example', 'content-type': 'text/plain' }
    expect((await post(path, body, csrf)).status).toBe(403)
    expect(runs).toBe(before)
  }
})
