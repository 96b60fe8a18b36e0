import { request as httpRequest } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { McpConnection } from '../../client/mcp/connection.ts'
import type { McpDefinition } from './definition.ts'
import { McpHttpServer, type McpHttpServerOptions } from './http-server.ts'

const definition: McpDefinition = {
  name: 'test',
  version: '1',
  tools: [
    {
      name: 'add',
      description: 'Adds',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'integer' }, b: { type: 'integer' } },
        required: ['a', 'b'],
        additionalProperties: false,
      },
      run: async ({ a, b }) => ({ content: [{ type: 'text', text: `${Number(a) + Number(b)}` }] }),
    },
    {
      name: 'hang',
      description: 'Never ends',
      inputSchema: { type: 'object' },
      timeoutMs: 50,
      run: () => new Promise(() => undefined),
    },
    {
      name: 'long',
      description: 'Says too much',
      inputSchema: { type: 'object' },
      run: async () => ({ content: [{ type: 'text', text: 'x'.repeat(2 << 20) }] }),
    },
  ],
}

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
}

let server: McpHttpServer | undefined
let port = 0
afterEach(async () => {
  await server?.stop()
  server = undefined
})

async function start(options: Partial<McpHttpServerOptions> = {}): Promise<void> {
  server = new McpHttpServer({ definition, host: '127.0.0.1', port: 0, nowMs: Date.now, ...options })
  port = await server.start()
}

/** With any Host, which fetch would not send. */
function post(
  json: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; session: string }> {
  return new Promise((resolve, reject) => {
    const body = typeof json === 'string' ? json : JSON.stringify(json)
    const sent = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path: '/mcp',
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
      },
      (answer) => {
        let text = ''
        answer.on('data', (part) => {
          text += String(part)
        })
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text, session: String(answer.headers['mcp-session-id'] ?? '') }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

async function connected(headers: Record<string, string> = {}): Promise<McpConnection> {
  const connection = new McpConnection({
    url: `http://127.0.0.1:${port}/mcp`,
    name: 'test',
    version: '1',
    fetch: (url, init) => {
      const all = new Headers(init?.headers)
      for (const [name, value] of Object.entries(headers)) all.set(name, value)
      return fetch(url, { ...init, headers: all })
    },
  })
  await connection.open()
  return connection
}

describe('an MCP server over HTTP', () => {
  it('lists and calls tools, and holds arguments against their schema', async () => {
    await start()
    const connection = await connected()
    expect((await connection.tools()).map(({ name }) => name)).toEqual(['add', 'hang', 'long'])
    expect(await connection.call('add', { a: 2, b: 3 })).toMatchObject({ content: [{ text: '5' }] })
    expect(await connection.call('add', { a: '2', b: 3 })).toMatchObject({ isError: true })
    expect(await connection.call('add', { a: 2, b: 3, c: 4 })).toMatchObject({ isError: true })
    await expect(connection.call('subtract', {})).rejects.toThrow('no tool subtract')
    expect(await connection.call('hang', {})).toMatchObject({ isError: true })
    await expect(connection.call('long', {})).rejects.toMatchObject({ code: 'mcp/answer-too-large' })
    await connection.close()
  })

  it('answers no page whose name was pointed at this machine', async () => {
    await start()
    expect(await post(initialize, { host: 'evil.example' })).toMatchObject({ status: 403 })
    expect(await post(initialize, { host: 'localhost.evil.example' })).toMatchObject({ status: 403 })
    expect(await post(initialize, { origin: 'http://evil.example' })).toMatchObject({ status: 403 })
    expect(await post(initialize, { origin: 'null' })).toMatchObject({ status: 403 })
    // A page of another port of this machine is a stranger too.
    expect(await post(initialize, { origin: 'http://localhost:1' })).toMatchObject({ status: 403 })
    expect(await post(initialize, { host: `localhost:${port}`, origin: `http://localhost:${port}` })).toMatchObject({
      status: 200,
    })
  })

  it('takes named hosts and origins', async () => {
    await start({ hosts: ['agent.example'], origins: ['https://page.example'] })
    expect(await post(initialize, { host: 'agent.example', origin: 'https://page.example' })).toMatchObject({
      status: 200,
    })
  })

  it('lets in only who shows the token, and nobody through a proxy where there is none', async () => {
    await start({ bearerToken: 'secret' })
    expect(await post(initialize)).toMatchObject({ status: 401 })
    expect(await post(initialize, { authorization: 'Bearer secreT' })).toMatchObject({ status: 401 })
    expect(await post(initialize, { authorization: 'Bearer secret' })).toMatchObject({ status: 200 })
    await server?.stop()
    await start()
    expect(await post(initialize, { 'x-forwarded-for': '203.0.113.9' })).toMatchObject({ status: 401 })
  })

  it('bounds its sessions: the least lately used one makes room', async () => {
    await start({ maximumSessions: 2 })
    const first = await connected()
    const second = await connected()
    await first.call('add', { a: 1, b: 1 })
    const third = await connected()
    await expect(second.call('add', { a: 1, b: 1 })).rejects.toThrow()
    expect(await first.call('add', { a: 1, b: 2 })).toMatchObject({ content: [{ text: '3' }] })
    await Promise.all([first.close(), third.close()])
  })

  it('refuses what is no session, no JSON, or too long', async () => {
    await start({ maximumBodyBytes: 1_000 })
    expect(await post({ jsonrpc: '2.0', id: 1, method: 'tools/list' })).toMatchObject({ status: 400 })
    expect(await post(initialize, { 'mcp-session-id': 'made-up' })).toMatchObject({ status: 404 })
    expect(await post('{"jsonrpc":')).toMatchObject({ status: 400 })
    expect(await post({ ...initialize, padding: 'x'.repeat(2_000) })).toMatchObject({ status: 413 })
  })
})
