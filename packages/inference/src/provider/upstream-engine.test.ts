import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { verifySessionNative as verifySession } from '@koinon/base/node'
import { failures, parseBundle } from '@koinon/work'
import { afterEach, describe, expect, it } from 'vitest'
import { templateTokenAllowance } from '../rules/receipt-check.ts'
import { samplerVersion } from '../rules/sampler.ts'
import { testDomain } from '../testing/parties.ts'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork } from '../testing/test-network.ts'
import { until } from '../testing/wait.ts'
import { parseAnswerEvidence, verifyAnswer } from '../verifier/index.ts'
import type { EngineEnd, EngineRequest } from './engine-port.ts'
import { UpstreamEngine } from './upstream-engine.ts'
import { probeUpstream } from './upstream-server.ts'

describe('UpstreamEngine', () => {
  let server: Server | undefined
  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
  })

  it('passes an OpenAI stream on and takes its usage, within bounds', async () => {
    const { engine, bodies } = await setup([
      chunk({ delta: { role: 'assistant', content: '' } }),
      chunk({ delta: { content: 'Hi ' } }),
      ': a comment\n\n',
      chunk({ delta: { content: 'there' }, finish_reason: 'length' }),
      `data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":999,"prompt_tokens_details":{"cached_tokens":3}}}\r\n\r\n`,
      'data: [DONE]\n\n',
    ])
    const { text, end } = await run(engine)
    expect(text).toBe('Hi there')
    expect(end).toEqual({
      kind: 'end',
      finishReason: 'length',
      promptTokens: 7,
      cachedTokens: 3,
      outputTokens: 8,
      maxTokens: 8,
      promptTokenIds: undefined,
      outputTokenIds: undefined,
    })
    expect(JSON.parse(bodies[0] as string)).toMatchObject({
      model: 'real/model',
      max_tokens: 8,
      temperature: 0.5,
      seed: 9,
      stop: ['x'],
      stream: true,
      stream_options: { include_usage: true },
    })
    expect(engine.describe()).toMatchObject({ rung: 0, model: 'sold', modelManifest: `0x${'00'.repeat(32)}` })
    await engine.stop()
  })

  it('bills nothing that a payer could not believe: no hidden prompt, no thoughts without text', async () => {
    const { engine } = await setup([
      chunk({ delta: { content: 'Hi' }, finish_reason: 'stop' }),
      `data: {"choices":[],"usage":{"prompt_tokens":3000,"completion_tokens":8}}\n\n`,
    ])
    const asked = JSON.stringify(request.input.kind === 'chat' && request.input.messages).length
    expect((await run(engine)).end).toMatchObject({ promptTokens: asked + templateTokenAllowance, outputTokens: 3 })
    await engine.stop()
  })

  it('refuses what it cannot do, and says when nobody is there', async () => {
    const { engine } = await setup([])
    const wanting = engine.generate({ ...request, topLogprobs: 2 }, AbortSignal.timeout(10_000))
    await expect(wanting.next()).rejects.toMatchObject({ code: 'openai/invalid_value', details: { param: 'logprobs' } })
    server?.closeAllConnections()
    await new Promise((resolve) => server?.close(resolve))
    await expect(run(engine)).rejects.toMatchObject({ code: 'openai/upstream_failed', details: { status: 502 } })
    expect(engine.activeAnswers).toBe(0)
    await engine.stop()
  })

  it('counts pieces, and estimates the prompt by its bytes, when the upstream tells no usage', async () => {
    const { engine } = await setup([
      chunk({ delta: { content: 'a' } }),
      chunk({ delta: { content: 'b' } }),
      'data: [DONE]\n\n',
    ])
    expect((await run(engine)).end).toMatchObject({ outputTokens: 2, promptTokens: 9, finishReason: 'stop' })
    await engine.stop()
  })

  it.each<[string, string[], number, RegExp]>([
    ['fails', ['{"error":"our key is sk-1"}'], 500, /^The upstream answered 500. Try again later.$/],
    ['refuses the question', ['{"error":"too long"}'], 400, /refused: .*too long/],
    ['sends no JSON', ['data: {\n\n'], 200, /no JSON/],
    ['sends an error event', ['data: {"error":{"message":"our key is sk-1"}}\n\n'], 200, /^The upstream broke off/],
    ['stops in the middle', [chunk({ delta: { content: 'a' } })], 200, /broke off/],
    ['sends a line without end', [`data: ${'x'.repeat(1_100_000)}`], 200, /without end/],
  ])('says so when the upstream %s', async (_, parts, status, reason) => {
    const { engine } = await setup(parts, status)
    await expect(run(engine)).rejects.toThrow(reason)
    await engine.stop()
  })

  it('ends with `abort` and frees the upstream when the signal aborts', async () => {
    const { engine, open } = await setup([chunk({ delta: { content: 'a' } })], 200, 'open')
    const abort = new AbortController()
    let end: EngineEnd | undefined
    for await (const event of engine.generate(request, abort.signal)) {
      if (event.kind === 'piece') abort.abort()
      else end = event
    }
    expect(end).toMatchObject({ finishReason: 'abort', outputTokens: 1, promptTokens: 9 })
    await until('the upstream is free', () => open() === 0)
    await engine.stop()
  })

  it('fails, and bills no prompt, when the signal aborts before the upstream said anything', async () => {
    const { engine, open } = await setup([], 200, 'open')
    const abort = new AbortController()
    const answering = run(engine, abort.signal)
    await until('the upstream was asked', () => open() === 1)
    abort.abort()
    await expect(answering).rejects.toMatchObject({ code: 'openai/upstream_failed' })
    await engine.stop()
  })

  const request: EngineRequest = {
    input: { kind: 'chat', messages: [{ role: 'user', content: 'Hello' }] },
    maxTokens: 8,
    sampler: { version: samplerVersion, temperatureMicro: 500_000, topPMicro: 1_000_000, topK: 0, seed: 9n },
    stop: ['x'],
    topLogprobs: undefined,
    caller: 'test',
  }

  async function run(
    engine: UpstreamEngine,
    signal = AbortSignal.timeout(10_000),
  ): Promise<{ text: string; end: EngineEnd | undefined }> {
    let text = ''
    let end: EngineEnd | undefined
    for await (const event of engine.generate(request, signal)) {
      if (event.kind === 'piece') text += event.text
      else end = event
    }
    return { text, end }
  }

  async function setup(parts: readonly string[], status = 200, ending: 'closed' | 'open' = 'closed') {
    const bodies: string[] = []
    let open = 0
    const started = createServer(async (incoming, response) => {
      let body = ''
      for await (const part of incoming) body += String(part)
      bodies.push(body)
      open += 1
      response.on('close', () => {
        open -= 1
      })
      response.writeHead(status, { 'content-type': 'text/event-stream' })
      for (const part of parts) response.write(part)
      if (ending === 'closed') response.end()
    })
    server = started
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
    const engine = new UpstreamEngine({
      server: { url: `http://127.0.0.1:${(started.address() as AddressInfo).port}/v1/`, model: 'real/model' },
      model: 'sold',
      contextLength: 4_096,
    })
    return { engine, bodies, open: () => open }
  }
})

describe('a provider in front of a whole OpenAI-compatible server', () => {
  it.each([false, true])(
    'sells its answers with receipts that say what cannot be checked (stream: %s)',
    async (stream) => {
      // The server is a gateway of this repository: real HTTP, keys, comments in its streams.
      const behind = await startTestNetwork({ providers: [{ engine: new ScriptedEngine({ model: 'far/model' }) }] })
      const server = { url: `${behind.url}/v1`, model: 'far/model', apiKey: behind.apiKey.text }
      expect(await probeUpstream(server)).toEqual({ contextLength: undefined })
      const engine = new UpstreamEngine({ server, model: 'far/model', contextLength: 4_096 })
      const network = await startTestNetwork({ providers: [{ engine }] })
      const messages = [{ role: 'user', content: 'Hello' }]
      const asked = { model: 'far/model', messages, max_tokens: 16, seed: 3, stream }
      const answered = await network.post('/v1/chat/completions', asked)
      const response = new Uint8Array(await answered.arrayBuffer())
      expect([answered.status, new TextDecoder().decode(response)]).toEqual([200, expect.stringContaining('Hello')])
      expect(network.owed().owedPicoUsd).toBeGreaterThan(0n)
      const id = answered.headers.get('x-koinon-receipt')
      const get = async (path: string): Promise<unknown> =>
        (await fetch(`${network.url}${path}`, { headers: { authorization: `Bearer ${network.apiKey.text}` } })).json()
      const bundle = parseBundle(await get(`/v1/receipts/${id}`))
      expect(bundle.hops.map(({ receipt }) => receipt.rung)).toEqual([0, 0])
      const evidence = parseAnswerEvidence(await get(`/v1/receipts/${id}/evidence`))
      const checks = await verifyAnswer(
        { bundle, evidence, ownResponse: response, chainId: testDomain.chainId, verifySession },
        'L2',
      )
      expect(failures({ checks })).toEqual([])
      const open = checks.filter(({ state }) => state === 'notChecked').map(({ name }) => name)
      expect(open).toEqual(expect.arrayContaining(['evidence', 'tokens', 'finish', 'text', 'counts']))
      await network.close()
      await engine.stop()
      await behind.close()
    },
  )
})

function chunk(choice: unknown): string {
  return `data: ${JSON.stringify({ choices: [choice] })}\n\n`
}
