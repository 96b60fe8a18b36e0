import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { probeUpstream, upstreamBase } from './upstream-server.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

describe('upstreamBase', () => {
  it.each([
    ['http://127.0.0.1:11434', 'http://127.0.0.1:11434', '/v1'],
    ['http://127.0.0.1:8000/v1/', 'http://127.0.0.1:8000', '/v1'],
    ['https://models.example/api/v1', 'https://models.example', '/api/v1'],
  ])('takes %s', (url, origin, path) => {
    expect(upstreamBase(url)).toEqual({ origin, path })
  })

  it.each(['127.0.0.1:8000', 'ftp://x', 'http://user:key@127.0.0.1', 'http://x/?key=1', ''])('refuses "%s"', (url) => {
    expect(() => upstreamBase(url)).toThrow(expect.objectContaining({ code: 'upstream/bad-url' }))
  })
})

describe('probeUpstream', () => {
  it('finds the model, tells the context that the server tells, and shows its key', async () => {
    const { url, keys } = await serve(200, '{"data":[{"id":"a"},null,{"id":"b","max_model_len":32768}]}')
    expect(await probeUpstream({ url, model: 'b', apiKey: 'secret' })).toEqual({ contextLength: 32_768 })
    expect(await probeUpstream({ url, model: 'a' })).toEqual({ contextLength: undefined })
    expect(keys).toEqual(['Bearer secret', undefined])
  })

  it.each<[string, number, string, string, RegExp]>([
    ['has no such model', 200, '{"data":[{"id":"a"}]}', 'upstream/no-such-model', /has: a/],
    ['has no model at all', 200, '{"data":[]}', 'upstream/no-such-model', /load one/],
    ['wants a key', 401, '{}', 'upstream/refused', /--upstream-key-env/],
    ['is another kind of server', 404, 'no', 'upstream/refused', /models must answer/],
    ['answers no list', 200, '<html>', 'upstream/refused', /models must answer/],
    ['answers without end', 200, 'x'.repeat(2 << 20), 'upstream/refused', /models must answer/],
  ])('says so when the server %s', async (_, status, body, code, hint) => {
    const { url } = await serve(status, body)
    const error = await probeUpstream({ url, model: 'b' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) })
  })

  it('says so when nobody is there, which may change', async () => {
    const { url } = await serve(200, '')
    await new Promise((resolve) => server?.close(resolve))
    const error = await probeUpstream({ url, model: 'b' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'upstream/unreachable', retry: 'later' })
  })
})

async function serve(status: number, body: string) {
  const keys: (string | undefined)[] = []
  const started = createServer((request, response) => {
    keys.push(request.headers.authorization)
    response.writeHead(request.url === '/v1/models' ? status : 404).end(body)
  })
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(started.address() as AddressInfo).port}`, keys }
}
