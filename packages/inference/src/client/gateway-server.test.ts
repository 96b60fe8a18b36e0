import { createHash } from 'node:crypto'
import { verifySessionNative } from '@koinon/base/node'
import { parseBundle } from '@koinon/work'
import { afterEach, describe, expect, it } from 'vitest'
import { checkInferenceBundle } from '../rules/receipt-check.ts'
import { splitEventStream } from '../rules/sse.ts'
import { readInferenceWork } from '../rules/work.ts'
import { testDomain } from '../testing/parties.ts'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork, type TestNetwork, type TestNetworkOptions } from '../testing/test-network.ts'
import { until } from '../testing/wait.ts'

const hello = { model: 'default', messages: [{ role: 'user', content: 'Hello' }] }
let network: TestNetwork | undefined

async function setup(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  network = await startTestNetwork({ providers: [{ engine: new ScriptedEngine() }], ...options })
  return network
}

afterEach(async () => {
  await network?.close()
  network = undefined
})

describe('GatewayServer', () => {
  it('answers a chat request and bills tokens times price with receipts of both hops', async () => {
    const { post, url, apiKey, providers, owed } = await setup({ marginBps: 500 })
    const body = JSON.stringify({ ...hello, seed: 7, stop: ['x'] })
    const response = await post('/v1/chat/completions', body)
    expect(response.status).toBe(200)
    const text = await response.text()
    const id = response.headers.get('x-koinon-receipt') as string
    expect(id).toBe(response.headers.get('x-request-id'))
    expect(response.headers.get('x-koinon-provider')).toBe(providers[0]?.party.account)
    expect(JSON.parse(text)).toMatchObject({
      id: `chatcmpl-${id.slice(2)}`,
      object: 'chat.completion',
      model: 'demo',
      choices: [{ message: { role: 'assistant', content: 'Hello from the engine' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 },
    })
    const receipt = await fetch(`${url}/v1/receipts/${id}`, { headers: { authorization: `Bearer ${apiKey.text}` } })
    const bundle = parseBundle(await receipt.json())
    const checks = checkInferenceBundle({
      bundle,
      requestHash: sha256(body),
      responseHash: sha256(text),
      chainId: testDomain.chainId,
      verifySession: verifySessionNative,
    })
    expect(checks.filter(({ state }) => state !== 'pass')).toEqual([])
    const [outer, inner] = bundle.hops.map((hop) => hop.receipt)
    expect([inner?.amountPicoUsd, outer?.amountPicoUsd]).toEqual([
      5n * 50_000n + 4n * 200_000n,
      5n * 52_500n + 4n * 210_000n,
    ])
    expect(owed()).toEqual({ owedPicoUsd: outer?.amountPicoUsd, reservedPicoUsd: 0n })
  })

  it('streams unchanged bytes with the receipt before [DONE]', async () => {
    const { post } = await setup()
    const body = { ...hello, stream: true, stream_options: { include_usage: true } }
    const response = await post('/v1/chat/completions', body)
    const bytes = new Uint8Array(await response.arrayBuffer())
    const { hashedLength, bundle, complete } = splitEventStream(bytes)
    expect([response.headers.get('content-type'), complete]).toEqual(['text/event-stream; charset=utf-8', true])
    const checks = checkInferenceBundle({
      bundle: bundle as NonNullable<typeof bundle>,
      requestHash: sha256(JSON.stringify(body)),
      responseHash: sha256(bytes.subarray(0, hashedLength)),
      verifySession: verifySessionNative,
    })
    expect(checks.filter(({ state }) => state === 'fail')).toEqual([])
    const events = new TextDecoder().decode(bytes.subarray(0, hashedLength)).trim().split('\n\n')
    const chunks = events.map((event) => JSON.parse(event.slice(6)))
    expect(chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? null)).toEqual([
      '',
      'Hello',
      ' from',
      ' the',
      ' engine',
      null,
      null,
    ])
    expect(chunks.at(-1).usage.total_tokens).toBe(9)
  })

  it('answers text completions, models, health and discovery', async () => {
    const { post, url, providers } = await setup()
    const completion = await post('/v1/completions', { model: 'demo', prompt: 'Once' })
    expect(await completion.json()).toMatchObject({
      object: 'text_completion',
      choices: [{ text: 'Hello from the engine' }],
    })
    const get = async (path: string) => (await fetch(`${url}${path}`)).json() as Promise<Record<string, unknown>>
    expect(await get('/v1/models')).toMatchObject({
      object: 'list',
      data: [{ id: 'demo', object: 'model', koinon: { offers: [{ provider: providers[0]?.party.account, rung: 2 }] } }],
    })
    expect(await get('/v1/models/default')).toMatchObject({ id: 'demo' })
    expect(await get('/v1/models/other')).toMatchObject({ error: { code: 'model_not_found' } })
    expect(await get('/healthz')).toEqual({ ok: true })
    expect(await get('/readyz')).toEqual({ ready: true, providers: 1, models: ['demo'] })
    expect(Object.keys((await get('/openapi.json'))['paths'] as object)).toContain('/v1/chat/completions')
    // It speaks no A2A by itself, so it serves no card.
    expect((await fetch(`${url}/.well-known/agent-card.json`)).status).toBe(404)
    expect(await (await fetch(`${url}/llms.txt`)).text()).toContain(`${url}/v1`)
    for (const path of ['/nowhere', '/v1/embeddings'])
      expect(await get(path)).toMatchObject({
        error: { code: 'gateway/not-found', type: 'invalid_request_error', retry: 'never' },
      })
  })

  it('mounts further routes behind its own', async () => {
    const { url } = await setup({
      additionalRoutes: async (request, response) => {
        if (request.url !== '/metrics') return false
        response.end('metrics')
        return true
      },
    })
    expect(await (await fetch(`${url}/metrics`)).text()).toBe('metrics')
    expect((await fetch(`${url}/other`)).status).toBe(404)
  })

  it('lists receipts of the payer and fetches evidence from the provider', async () => {
    const { post, url, apiKey } = await setup()
    const first = await post('/v1/chat/completions', { ...hello, temperature: 0.5, seed: 3 })
    const firstText = await first.text()
    await (await post('/v1/chat/completions', hello)).text()
    const get = async (path: string) =>
      (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${apiKey.text}` } })).json() as Promise<
        Record<string, unknown>
      >
    const { receipts } = (await get('/v1/receipts?limit=10')) as { receipts: { id: string; amountPicoUsd: string }[] }
    expect(receipts).toHaveLength(2)
    const id = first.headers.get('x-koinon-receipt')
    expect(receipts.map((receipt) => receipt.id)).toContain(id)
    const page = (await get(`/v1/receipts?limit=1&before=${receipts[0]?.id}`)) as { receipts: { id: string }[] }
    expect(page.receipts.map((receipt) => receipt.id)).toEqual([receipts[1]?.id])
    const evidence = await get(`/v1/receipts/${id}/evidence`)
    expect(evidence).toMatchObject({
      kind: 'chat',
      promptTokenIds: [1, 2, 3, 4, 5],
      outputTokenIds: [100, 101, 102, 103],
      sampler: { temperatureMicro: 500_000, seed: '3', topK: 0 },
      finishReason: 'stop',
      responseBase64: Buffer.from(firstText).toString('base64'),
    })
    expect(await get('/v1/receipts/0x00')).toMatchObject({ error: { code: 'gateway/not-found' } })
    expect((await fetch(`${url}/v1/receipts/${id}`)).status).toBe(401)
  })

  it('draws a seed when the client gives none and says so in the receipt', async () => {
    const { post, url, apiKey } = await setup()
    const seeds = await Promise.all(
      [1, 2].map(async () => {
        const id = (await post('/v1/chat/completions', hello)).headers.get('x-koinon-receipt')
        const json = await fetch(`${url}/v1/receipts/${id}`, { headers: { authorization: `Bearer ${apiKey.text}` } })
        const hop = parseBundle(await json.json()).hops[0]
        return readInferenceWork(hop as NonNullable<typeof hop>).samplerSeed
      }),
    )
    expect(seeds[0]).not.toBe(seeds[1])
  })

  it('pays the provider: its owed amount is vouchered within moments', async () => {
    const { post, providers, gateway } = await setup()
    await (await post('/v1/chat/completions', hello)).text()
    const book = providers[0]?.till.book
    const channel = book?.list().find((state) => state.config.payer === gateway.account)
    expect(channel?.owedPicoUsd).toBe(1_050_000n)
    await until('the voucher has arrived', () => book?.get(channel?.channelId as `0x${string}`)?.voucherAtomic === 1n)
  })

  it('pins a provider and refuses an unknown one', async () => {
    const { post, providers } = await setup({
      providers: [{ engine: new ScriptedEngine() }, { engine: new ScriptedEngine() }],
    })
    for (const { party } of providers) {
      const response = await post('/v1/chat/completions', hello, { 'x-koinon-provider': party.account })
      expect(response.headers.get('x-koinon-provider')).toBe(party.account)
    }
    const unknown = await post('/v1/chat/completions', hello, { 'x-koinon-provider': `0x${'12'.repeat(20)}` })
    expect([unknown.status, ((await unknown.json()) as { error: { code: string } }).error.code]).toEqual([
      404,
      'provider_not_found',
    ])
  })
})

function sha256(data: string | Uint8Array): `0x${string}` {
  return `0x${createHash('sha256').update(data).digest('hex')}`
}
