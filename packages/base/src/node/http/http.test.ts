import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { KoinonError } from '../../errors.ts'
import { sendError, sendJson } from './answers.ts'
import { parseJsonObject, readBody } from './body.ts'
import { defaultHttpLimits, type HttpLimits, HttpListener } from './listener.ts'
import { hostNameOf, isForeignPage, isLoopbackHost, isLoopbackPeer } from './loopback.ts'

const listeners: HttpListener[] = []
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop(0)
})

type Handle = ConstructorParameters<typeof HttpListener>[0]['handle']

async function listen(handle: Handle, limits: Partial<HttpLimits> = {}): Promise<number> {
  const listener = new HttpListener({ host: '127.0.0.1', port: 0, limits: { ...defaultHttpLimits, ...limits }, handle })
  listeners.push(listener)
  return listener.start()
}

const echo: Handle = async (request, response) => {
  try {
    sendJson(response, 200, { got: parseJsonObject(await readBody(request, 100)) })
  } catch (error) {
    sendError(response, error)
  }
}

function send(port: number, body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body, signal: AbortSignal.timeout(20_000) })
}

/** Sends raw bytes; resolves with what came back when the server closes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let received = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk
    })
    socket.setTimeout(20_000, () => socket.destroy(new Error('it was left open')))
    socket.on('close', () => resolve(received)).on('error', reject)
  })
}

const whole = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'

describe('bodies', () => {
  it('are read whole and parsed', async () => {
    const response = await send(await listen(echo), '{"a":1}')
    expect(await response.json()).toEqual({ got: { a: 1 } })
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it.each([['[]'], ['null'], ['7'], [''], ['{'], [new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])]])(
    'that are no JSON object are refused: %j',
    async (body) => {
      const response = await send(await listen(echo), body)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ error: { code: 'http/not-json', retry: 'never' } })
    },
  )

  it('that are too large are refused in a way the sender gets to read, and not kept', async () => {
    const port = await listen(echo)
    for (const size of [101, 3_000_000]) {
      const response = await send(port, 'x'.repeat(size))
      expect(response.status).toBe(413)
      expect(await response.json()).toMatchObject({ error: { code: 'http/body-too-large' } })
    }
    expect((await send(port, '{}')).status).toBe(200)
  })

  it('that stop in the middle end with an error, not with half a body', async () => {
    const failed = new Promise<unknown>((resolve) => {
      void listen(async (request) => {
        await readBody(request, 100).then(resolve, resolve)
      }).then((port) => {
        const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-length': 50 } })
        request.on('error', () => undefined)
        request.write('{"a"', () => request.destroy())
      })
    })
    expect(await failed).toMatchObject({ message: expect.stringMatching(/aborted|closed/) })
  })
})

describe('answers', () => {
  it('say what went wrong and keep the insides of surprises inside', async () => {
    const thrown: unknown[] = [
      new KoinonError({ code: 'a/b', message: 'no', details: { status: 418 } }),
      new KoinonError({ code: 'a/b', message: 'no' }),
      new KoinonError({ code: 'a/b', message: 'no', retry: 'later' }),
      new KoinonError({ code: 'a/b', message: 'no', retry: 'unknown' }),
      new Error('secret'),
    ]
    const port = await listen(async (_request, response) => sendError(response, thrown.shift()))
    const answers = []
    for (let count = 0; count < 5; count++) answers.push(await fetch(`http://127.0.0.1:${port}/`))
    expect(answers.map(({ status }) => status)).toEqual([418, 400, 503, 500, 500])
    expect(await (answers[4] as Response).text()).not.toContain('secret')
  })

  it('are not sent twice', async () => {
    const port = await listen(async (_request, response) => {
      sendJson(response, 200, { first: true })
      sendError(response, new Error('late'))
    })
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).json()).toEqual({ first: true })
  })
})

describe('HttpListener', () => {
  it('closes on those who do not send their headers', async () => {
    const port = await listen(echo, { headersTimeoutMs: 200, requestTimeoutMs: 400 })
    expect(await raw(port, 'GET / HTTP/1.1\r\nhost: a\r\nx-')).toMatch(/^(HTTP\/1\.1 408|$)/)
    expect(await raw(port, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{')).toMatch(/^(HTTP\/1\.1 4|$)/)
  })

  it('answers a new connection when others hold all places without a whole request', async () => {
    const port = await listen(echo, { maximumConnections: 8 })
    const held = Array.from({ length: 12 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    for (const socket of held) socket.write('GET / HTTP/1.1\r\nx: ')
    const answers = []
    for (let count = 0; count < 5; count++) answers.push(await raw(port, whole))
    for (const socket of held) socket.destroy()
    expect(answers.map((answer) => answer.slice(0, 12))).toEqual(Array(5).fill('HTTP/1.1 400'))
  })

  it('outlives a handler that throws', async () => {
    let calls = 0
    const port = await listen(async (_request, response) => {
      calls += 1
      if (calls === 1) throw new Error('a bug')
      sendJson(response, 200, {})
    })
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
  })

  it('says that its port is taken', async () => {
    const port = await listen(echo)
    const second = new HttpListener({ host: '127.0.0.1', port, limits: defaultHttpLimits, handle: echo })
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

describe('who is local', () => {
  const from = (headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
    ({ headers, socket: { remoteAddress } }) as unknown as IncomingMessage

  it.each(['localhost', 'LOCALHOST:8402', '127.0.0.1', '127.8.9.1:80', '[::1]', '[::1]:8402', '::1'])(
    '%s is',
    (host) => {
      expect(isLoopbackHost(host)).toBe(true)
    },
  )

  it.each([
    '',
    'localhost.evil.example',
    '127.evil.example',
    '127.0.0.1.evil.example:8402',
    '192.0.2.7',
    '0.0.0.0',
    '::',
    '128.0.0.1',
    '[::2]:1',
    '::ffff:1',
  ])('%j is not', (host) => {
    expect(isLoopbackHost(host)).toBe(false)
  })

  it('takes names apart', () => {
    expect(hostNameOf('Example.com:443')).toBe('example.com')
    expect(hostNameOf('[2001:db8::1]:443')).toBe('2001:db8::1')
    expect(hostNameOf('2001:db8::1')).toBe('2001:db8::1')
  })

  it('looks at the other end, and does not believe a proxy', () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) expect(isLoopbackPeer(from({}, address))).toBe(true)
    for (const address of ['192.0.2.7', '::ffff:192.0.2.7', '']) expect(isLoopbackPeer(from({}, address))).toBe(false)
    for (const name of ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'])
      expect(isLoopbackPeer(from({ [name]: '127.0.0.1' })), name).toBe(false)
  })

  it('knows pages of other origins, programs and the own page', () => {
    const host = '127.0.0.1:8402'
    for (const headers of [
      {},
      { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
    ])
      expect(isForeignPage(from({ host, ...headers }))).toBe(false)
    for (const headers of [
      { origin: 'null' },
      { origin: 'http://127.0.0.1:9999' },
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])
      expect(isForeignPage(from({ host, ...(headers as Record<string, string>) }))).toBe(true)
  })
})

describe('requests that a connection sends ahead', () => {
  it('are answered in their order while they are few, and end the connection when they are many', async () => {
    let begun = 0
    const port = await listen(async (_request, response) => {
      const number = ++begun
      await new Promise((resolve) => setTimeout(resolve, 20))
      sendJson(response, 200, { number })
    })
    const next = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'
    const few = await raw(port, next.repeat(3) + whole)
    expect([...few.matchAll(/"number":(\d)/g)].map(([, number]) => number)).toEqual(['1', '2', '3', '4'])
    begun = 0
    expect(await raw(port, next.repeat(500)).catch(() => '')).toBe('')
    expect(begun).toBeLessThan(10)
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
  })
})
