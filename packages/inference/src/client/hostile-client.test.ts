import { connect } from 'node:net'
import { defaultHttpLimits } from '@koinon/base/node'
import { keyGrantDigest, keyRevocationDigest } from '@koinon/payments/rules'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testChannel, testDomain, testParty } from '../testing/parties.ts'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork, type TestNetwork } from '../testing/test-network.ts'

const hello = { model: 'default', messages: [{ role: 'user', content: 'Hello' }] }
type ErrorBody = { error: { message: string; type: string; param: string | null; code: string } }

describe('a client that sends nonsense', () => {
  let network: TestNetwork
  beforeAll(async () => {
    network = await startTestNetwork({
      providers: [{ engine: new ScriptedEngine() }],
      allowedOrigins: ['https://allowed.example'],
      limits: {
        http: { ...defaultHttpLimits, headersTimeoutMs: 400, requestTimeoutMs: 800, bodyBytes: 4_096 },
        requestsPerMinute: 1_000,
      },
    })
  })
  afterAll(() => network.close())

  it.each<[string, string, unknown, number, string | null]>([
    ['malformed JSON', '/v1/chat/completions', '{"model":', 400, null],
    ['an array', '/v1/chat/completions', '[]', 400, null],
    ['broken UTF-8', '/v1/chat/completions', Uint8Array.of(0x7b, 0xff, 0x7d), 400, null],
    ['no messages', '/v1/chat/completions', { model: 'demo' }, 400, 'messages'],
    [
      'a number for a text',
      '/v1/chat/completions',
      { ...hello, messages: [{ role: 'user', content: 1 }] },
      400,
      'messages[0].content',
    ],
    ['an unknown model', '/v1/chat/completions', { ...hello, model: 'gpt-9' }, 404, 'model'],
    ['an absurd max_tokens', '/v1/chat/completions', { ...hello, max_tokens: 1e12 }, 400, 'max_tokens'],
    ['tools', '/v1/chat/completions', { ...hello, tools: [{ type: 'function' }] }, 400, 'tools'],
    ['a body beyond the limit', '/v1/chat/completions', 'x'.repeat(5_000), 413, null],
    ['no prompt', '/v1/completions', { model: 'demo' }, 400, 'prompt'],
  ])('hears about %s in OpenAI form', async (_, path, body, status, param) => {
    const response = await network.post(path, body)
    const { error } = (await response.json()) as ErrorBody
    expect([response.status, error.param]).toEqual([status, param])
    expect(error.type).toBe('invalid_request_error')
    expect(error.message.length).toBeGreaterThan(10)
    expect(network.owed()).toEqual({ owedPicoUsd: 0n, reservedPicoUsd: 0n })
  })

  it.each<[string, Record<string, string>, string]>([
    ['no key', { authorization: '' }, 'missing_api_key'],
    ['a malformed key', { authorization: 'Bearer sk-other' }, 'invalid_api_key'],
    ['an unknown key', { authorization: `Bearer sk-koinon-${'A'.repeat(43)}` }, 'invalid_api_key'],
    ['basic authorization', { authorization: 'Basic abc' }, 'missing_api_key'],
  ])('with %s gets 401', async (_, headers, code) => {
    const response = await network.post('/v1/chat/completions', hello, headers)
    const { error } = (await response.json()) as ErrorBody
    expect([response.status, error.type, error.code]).toEqual([401, 'authentication_error', code])
  })

  it('gets 405 for a wrong method', async () => {
    expect((await fetch(`${network.url}/v1/chat/completions`)).status).toBe(405)
    expect((await fetch(`${network.url}/v1/models`, { method: 'POST' })).status).toBe(405)
  })

  it('is cut off when it sends its headers or its body too slowly', async () => {
    const slowHeaders = await rawConversation(network.port, 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n')
    expect(slowHeaders).toMatch(/^(HTTP\/1.1 408|$)/)
    const slowBody = await rawConversation(
      network.port,
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${network.apiKey.text}\r\ncontent-length: 100\r\n\r\n{`,
    )
    expect(slowBody).toMatch(/^(HTTP\/1.1 4|$)/)
  })

  it('with a foreign Host or Origin is refused', async () => {
    const rebound = await rawConversation(
      network.port,
      'GET /v1/models HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n',
    )
    expect(rebound).toContain('HTTP/1.1 421')
    const foreign = await network.post('/v1/chat/completions', hello, { origin: 'https://evil.example' })
    expect([foreign.status, ((await foreign.json()) as ErrorBody).error.code]).toEqual([403, 'origin_not_allowed'])
    const allowed = await network.post('/v1/chat/completions', hello, { origin: 'https://allowed.example' })
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'https://allowed.example',
    ])
    const preflight = await fetch(`${network.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin: 'https://allowed.example', 'access-control-request-headers': 'authorization' },
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([204, 'authorization'])
  })
})

describe('a key', () => {
  it('is registered by a grant its payer signed, and only so', async () => {
    const network = await startTestNetwork()
    try {
      const { user, gateway, apiKey, till } = network
      const config = testChannel(user.account, apiKey.authorizer, gateway.account)
      const channelId = till.book.list()[0]?.channelId as `0x${string}`
      const grant = { keyHash: `0x${'ab'.repeat(32)}` as const, channelId, label: 'second', validUntil: 4_000_000_000 }
      const signature = await user.delegating.signDigest(keyGrantDigest(grant, testDomain.chainId))
      const register = (body: unknown) => network.post('/v1/keys', body)
      const answer = await register({ grant, signature, config })
      expect([answer.status, await answer.json()]).toMatchObject([201, { keyHash: grant.keyHash, label: 'second' }])
      const forged = await testParty('stranger').delegating.signDigest(keyGrantDigest(grant, testDomain.chainId))
      expect((await register({ grant, signature: forged, config })).status).toBe(403)
      expect((await register({ grant: { ...grant, label: 'other' }, signature, config })).status).toBe(403)
      expect((await register({ grant, signature, config: { ...config, withdrawDelay: 901 } })).status).toBe(403)
      expect((await register({ grant: {}, signature, config })).status).toBe(400)
      expect((await register('nonsense')).status).toBe(400)
    } finally {
      await network.close()
    }
  })

  it('stops working when its payer revokes it', async () => {
    const network = await startTestNetwork({ providers: [{ engine: new ScriptedEngine() }] })
    try {
      const { keyHash } = network.apiKey
      const digest = keyRevocationDigest({ keyHash }, testDomain.chainId)
      const revoke = async (name: string) =>
        fetch(`${network.url}/v1/keys/${keyHash}`, {
          method: 'DELETE',
          body: JSON.stringify({ signature: await testParty(name).delegating.signDigest(digest) }),
        })
      expect((await revoke('stranger')).status).toBe(403)
      expect((await network.post('/v1/chat/completions', hello)).status).toBe(200)
      expect((await revoke('user')).status).toBe(200)
      const refused = await network.post('/v1/chat/completions', hello)
      expect([refused.status, ((await refused.json()) as ErrorBody).error.code]).toEqual([401, 'revoked_api_key'])
    } finally {
      await network.close()
    }
  })
})

describe('a key that asks too much', () => {
  it('gets 402 with figures when its channel cannot cover the worst case', async () => {
    const network = await startTestNetwork({ providers: [{ engine: new ScriptedEngine() }], userDepositAtomic: 20n })
    try {
      const response = await network.post('/v1/chat/completions', { ...hello, max_tokens: 4_000 })
      const { error } = (await response.json()) as ErrorBody
      expect([response.status, error.type, error.code]).toEqual([402, 'insufficient_quota', 'payments/channel-empty'])
      expect(error.message).toMatch(/Top up/)
      expect(network.owed()).toEqual({ owedPicoUsd: 0n, reservedPicoUsd: 0n })
      expect((await network.post('/v1/chat/completions', { ...hello, max_tokens: 4 })).status).toBe(200)
    } finally {
      await network.close()
    }
  })

  it('gets 429 beyond its rate and beyond its answers at once', async () => {
    const network = await startTestNetwork({
      providers: [{ engine: new ScriptedEngine({ pieceDelayMs: 100 }) }],
      limits: { requestsPerMinute: 3, inFlightPerKey: 1 },
    })
    try {
      const [first, second] = await Promise.all([
        network.post('/v1/chat/completions', hello),
        network.post('/v1/chat/completions', hello),
      ])
      expect([first?.status, second?.status].sort()).toEqual([200, 429])
      await network.post('/v1/chat/completions', hello)
      const refused = await network.post('/v1/chat/completions', hello)
      expect([refused.status, Number(refused.headers.get('retry-after')) > 10]).toEqual([429, true])
      expect(((await refused.json()) as ErrorBody).error).toMatchObject({
        type: 'rate_limit_error',
        code: 'rate_limit_exceeded',
      })
    } finally {
      await network.close()
    }
  })

  it('gets 503 with a hint when there is no provider', async () => {
    const network = await startTestNetwork()
    try {
      const response = await network.post('/v1/chat/completions', hello)
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
      expect(((await response.json()) as ErrorBody).error.message).toMatch(/koinon provider start/)
      expect((await fetch(`${network.url}/readyz`)).status).toBe(503)
    } finally {
      await network.close()
    }
  })
})

/** Sends text, waits until the other side closes, returns what it said. */
function rawConversation(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error('the connection was not closed'))
    }, 10_000)
    let said = ''
    socket.on('data', (part) => {
      said += part.toString()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(said)
    })
  })
}
