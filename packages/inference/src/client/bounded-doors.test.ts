import { afterEach, describe, expect, it } from 'vitest'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork, type TestNetwork } from '../testing/test-network.ts'

const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hello' }] }
let network: TestNetwork | undefined

afterEach(async () => {
  await network?.close()
  network = undefined
})

describe('receipts of a payer', () => {
  it('are behind the rate limiter, with an allowance beside that of answers', async () => {
    network = await startTestNetwork({
      providers: [{ engine: new ScriptedEngine() }],
      limits: { requestsPerMinute: 4 },
    })
    const { url, apiKey, post } = network
    const get = (path: string) => fetch(`${url}${path}`, { headers: { authorization: `Bearer ${apiKey.text}` } })
    const id = (await post('/v1/chat/completions', hello)).headers.get('x-koinon-receipt')
    const paths = ['/v1/receipts', `/v1/receipts/${id}`, `/v1/receipts/${id}/evidence`, '/v1/receipts?limit=1']
    for (const [index, path] of paths.entries()) {
      const response = await get(path)
      expect([path, response.status, response.headers.get('x-ratelimit-remaining-requests')]).toEqual([
        path,
        200,
        `${3 - index}`,
      ])
    }
    const refused = await get('/v1/receipts')
    expect([refused.status, await refused.json()]).toMatchObject([
      429,
      { error: { code: 'openai/rate_limit_exceeded' } },
    ])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await post('/v1/chat/completions', hello)).status).toBe(200)
  })
})

describe('a stranger who registers keys', () => {
  it('is bounded by address, whatever it sends', async () => {
    network = await startTestNetwork({ limits: { keyCallsPerMinute: 3 } })
    const statuses: number[] = []
    for (const body of ['{', {}, { grant: {} }, {}]) statuses.push((await network.post('/v1/keys', body)).status)
    expect(statuses).toEqual([400, 400, 400, 429])
    const revoke = await fetch(`${network.url}/v1/keys/0x${'ab'.repeat(32)}`, { method: 'DELETE', body: '{}' })
    expect(revoke.status).toBe(429)
  })
})

describe('a request whose answer could outgrow every limit', () => {
  it('is refused before anybody works, and no miner is blamed for it', async () => {
    const engine = new ScriptedEngine({ contextLength: 131_072 })
    network = await startTestNetwork({ providers: [{ engine }] })
    const huge = { ...hello, max_tokens: 60_000, logprobs: true, top_logprobs: 20 }
    const response = await network.post('/v1/chat/completions', huge)
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { code: 'answer_too_large', param: 'top_logprobs' } },
    ])
    const tooMany = await network.post('/v1/chat/completions', { ...hello, logprobs: true, top_logprobs: 1_000_000 })
    expect([tooMany.status, await tooMany.json()]).toMatchObject([400, { error: { param: 'top_logprobs' } }])
    expect([engine.begun, network.table.list()[0]?.lastReason]).toEqual([0, undefined])
  })
})
