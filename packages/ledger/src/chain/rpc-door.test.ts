import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultChainLimits } from './chain-options.ts'
import { RpcDoor, type RpcDoorOptions } from './rpc-door.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })
const json = { 'content-type': 'application/json' }

describe('RpcDoor', () => {
  it('answers a POST from this machine without any CORS header', async () => {
    const { post } = await setup()
    const answer = await post({ headers: json })
    expect(answer).toMatchObject({ status: 200, body: '{"jsonrpc":"2.0","id":1,"result":"pong"}' })
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it.each([
    ['a name that resolves here but is not ours', { headers: { ...json, host: 'evil.example' } }, 403],
    ['a web page', { headers: { ...json, origin: 'https://evil.example' } }, 403],
    ['a sandboxed web page', { headers: { ...json, origin: 'null' } }, 403],
    ['a preflight of a web page', { method: 'OPTIONS', headers: { origin: 'https://evil.example' } }, 403],
    ['a form post', { headers: { 'content-type': 'text/plain' } }, 415],
    ['a GET', { method: 'GET', headers: json }, 405],
    ['an announced body that is too large', { headers: { ...json, 'content-length': '99999999' } }, 413],
  ])('refuses %s', async (_, options, status) => {
    const { post } = await setup()
    expect((await post(options)).status).toBe(status)
  })

  it('serves a listed origin and a listed host name', async () => {
    const origin = 'http://127.0.0.1:8402'
    const { post } = await setup({ allowedOrigins: [origin], allowedHosts: ['node.example'] })
    const answer = await post({ headers: { ...json, origin, host: 'node.example:8545' } })
    expect(answer).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': origin, vary: 'origin' } })
    const preflight = await post({ method: 'OPTIONS', headers: { origin } })
    expect(preflight).toMatchObject({ status: 204, headers: { 'access-control-allow-headers': 'content-type' } })
  })

  it('cuts a body that grows past the limit without having announced it', async () => {
    const { url } = await setup({ limits: { ...defaultChainLimits, maxBodyBytes: 1000 } })
    const { port } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1')
    const closed = new Promise<string>((resolve) => {
      let received = ''
      socket.on('data', (chunk) => {
        received += chunk
      })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(received))
    })
    socket.write(
      'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    )
    for (let count = 0; count < 4 && !socket.destroyed; count++) {
      socket.write(`190\r\n${'x'.repeat(400)}\r\n`)
      await wait(10)
    }
    expect(await closed).not.toContain('200 OK')
  })

  it('closes a connection that sends its headers too slowly', async () => {
    const { url } = await setup({ limits: { ...defaultChainLimits, headersTimeoutMs: 200, requestTimeoutMs: 400 } })
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('POST / HTTP/1.1\r\nhost: local')
    await new Promise<void>((resolve) => socket.on('close', () => resolve()).resume())
    expect(socket.destroyed).toBe(true)
  })

  it('says which port is taken', async () => {
    const { url } = await setup()
    const port = Number(new URL(url).port)
    const second = new RpcDoor({ ...options(), port })
    await expect(second.start()).rejects.toMatchObject({ code: 'chain/port-in-use' })
  })

  it('lets an answer under way finish when it stops', async () => {
    const { post, door } = await setup({
      handler: async () => {
        await wait(200)
        return 'late'
      },
    })
    const answer = post({ headers: json })
    await wait(50)
    await door.stop()
    expect((await answer).body).toContain('late')
  })
})

function options(): RpcDoorOptions {
  return {
    handler: async () => 'pong',
    host: '127.0.0.1',
    port: 0,
    allowedHosts: [],
    allowedOrigins: [],
    limits: defaultChainLimits,
  }
}

async function setup(changes: Partial<RpcDoorOptions> = {}) {
  const door = new RpcDoor({ ...options(), ...changes })
  const url = await door.start()
  cleanups.push(() => door.stop())
  return { door, url, post: (sent: { method?: string; headers: Record<string, string> }) => send(url, sent) }
}

/** `fetch` may not set Host or Origin; this may. */
function send(url: string, sent: { readonly method?: string; readonly headers: Record<string, string> }) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const outgoing = httpRequest(
      url,
      { method: sent.method ?? 'POST', headers: sent.headers, timeout: 10_000 },
      (response) => {
        let body = ''
        response.on('data', (chunk) => {
          body += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      },
    )
    outgoing.on('error', reject)
    if ('content-length' in sent.headers) outgoing.flushHeaders()
    else outgoing.end(sent.method === 'GET' || sent.method === 'OPTIONS' ? undefined : call)
  })
}
