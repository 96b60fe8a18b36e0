import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { samplerVersion } from '../rules/sampler.ts'
import { until } from '../testing/wait.ts'
import { Capacity } from './capacity.ts'
import type { EngineEnd, EngineRequest } from './engine-port.ts'
import { UnpaidTokens } from './unpaid-tokens.ts'
import { UpstreamEngine } from './upstream-engine.ts'

describe('Capacity', () => {
  it('hands places on in order and frees each once', async () => {
    const capacity = new Capacity({ places: 1, queue: 2 })
    const { signal } = new AbortController()
    const order: string[] = []
    const leave = await capacity.enter(signal)
    const second = capacity.enter(signal).then((free) => (order.push('second'), free))
    const third = capacity.enter(signal).then((free) => (order.push('third'), free))
    await expect(capacity.enter(signal)).rejects.toMatchObject({ code: 'openai/capacity_exhausted' })
    leave()
    leave()
    ;(await second)()
    ;(await third)()
    expect([order, capacity.taken, capacity.waiting]).toEqual([['second', 'third'], 0, 0])
  })

  it('lets those go who give up waiting', async () => {
    const capacity = new Capacity({ places: 1, queue: 1 })
    const leave = await capacity.enter(new AbortController().signal)
    const impatient = new AbortController()
    const waiting = capacity.enter(impatient.signal)
    impatient.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    leave()
    expect([capacity.taken, capacity.waiting]).toEqual([0, 0])
  })
})

describe('UnpaidTokens', () => {
  it('refuses a payer over its allowance until an hour has leaked it away', () => {
    const unpaid = new UnpaidTokens({ tokensPerHour: 100 })
    unpaid.add('0xaa', 60, 0)
    unpaid.admit('0xaa', 0)
    unpaid.add('0xaa', 60, 0)
    expect(() => unpaid.admit('0xaa', 0)).toThrow(/unpaid/)
    unpaid.admit('0xbb', 0)
    unpaid.admit('0xaa', 0.3 * 3_600_000)
    unpaid.sweep(10 * 3_600_000)
    unpaid.admit('0xaa', 10 * 3_600_000)
  })
})

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

  it('counts pieces when the upstream tells no usage', async () => {
    const { engine } = await setup([
      chunk({ delta: { content: 'a' } }),
      chunk({ delta: { content: 'b' } }),
      'data: [DONE]\n\n',
    ])
    expect((await run(engine)).end).toMatchObject({ outputTokens: 2, promptTokens: 0, finishReason: 'stop' })
    await engine.stop()
  })

  it.each<[string, string[], number, RegExp]>([
    ['refuses', ['{"error":"no"}'], 500, /500/],
    ['sends no JSON', ['data: {\n\n'], 200, /no JSON/],
    ['sends an error event', ['data: {"error":{"message":"overloaded"}}\n\n'], 200, /overloaded/],
    ['sends a line without end', [`data: ${'x'.repeat(1_100_000)}`], 200, /without end/],
  ])('fails when the upstream %s', async (_, parts, status, reason) => {
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
    expect(end).toMatchObject({ finishReason: 'abort', outputTokens: 1 })
    await until('the upstream is free', () => open() === 0)
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

  async function run(engine: UpstreamEngine): Promise<{ text: string; end: EngineEnd | undefined }> {
    let text = ''
    let end: EngineEnd | undefined
    for await (const event of engine.generate(request, AbortSignal.timeout(10_000))) {
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
      url: `http://127.0.0.1:${(started.address() as AddressInfo).port}`,
      upstreamModel: 'real/model',
      model: 'sold',
      quantisation: 'unknown',
      parameters: 0,
      contextLength: 4_096,
    })
    return { engine, bodies, open: () => open }
  }
})

function chunk(choice: unknown): string {
  return `data: ${JSON.stringify({ choices: [choice] })}\n\n`
}
