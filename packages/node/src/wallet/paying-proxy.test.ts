import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PayingProxy, upstreamUrl } from './paying-proxy.ts'

const seen: { url: string; headers: NodeJS.Dict<string | string[]> }[] = []
const upstream = createServer((incoming, response) => {
  seen.push({ url: incoming.url ?? '', headers: incoming.headers })
  response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': 'a=b' })
  response.write('data: 1\n\n')
  // The rest comes only when somebody asks for it.
  release = () => response.end('data: 2\n\n')
})
let release: () => void = () => undefined
let proxy: PayingProxy
let url = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  proxy = new PayingProxy({
    port: 0,
    upstream: new URL(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`),
    fetch,
    spent: () => 0n,
    maximumTotalAtomic: 1n,
    maximumPerCallAtomic: 1n,
  })
  url = await proxy.start()
})

afterAll(async () => {
  await proxy.stop()
  upstream.closeAllConnections()
  await new Promise((resolve) => upstream.close(resolve))
})

describe('a paying proxy', () => {
  it('streams through, and keeps keys and cookies to itself', async () => {
    const answer = await fetch(`${url}/v1/chat/completions?x=1`, {
      method: 'POST',
      body: '{}',
      headers: { authorization: 'Bearer secret', cookie: 'c=d', 'payment-signature': 'forged', 'x-mine': 'kept' },
    })
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: 1\n\n')
    release()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: 2\n\n')
    expect((await reader.read()).done).toBe(true)
    expect(answer.headers.get('set-cookie')).toBeNull()
    const [request] = seen
    expect(request?.url).toBe('/v1/chat/completions?x=1')
    expect(request?.headers).toMatchObject({ 'x-mine': 'kept' })
    for (const name of ['authorization', 'cookie', 'payment-signature']) expect(request?.headers[name]).toBeUndefined()
  })

  it('answers to no other name', async () => {
    const status = await new Promise((resolve) => {
      request(`${url}/v1/models`, { headers: { host: 'evil.example' } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      }).end()
    })
    expect([status, seen.length]).toEqual([421, 1])
  })

  it.each([
    ['http://a', '/v1/x', 'http://a/v1/x'],
    ['http://a/v1', '/v1/x', 'http://a/v1/x'],
    ['http://a/v1/', '/models', 'http://a/v1/models'],
    ['http://a/base', '//evil/x', 'http://a/base/evil/x'],
    ['http://a/v1', 'http://evil/x', 'http://a/v1/http://evil/x'],
  ])('asks %s for %s as %s', (base, path, asked) => {
    expect(upstreamUrl(new URL(base), path)).toBe(asked)
  })
})
