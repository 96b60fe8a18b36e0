import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork, type TestNetwork } from '../testing/test-network.ts'
import { until } from '../testing/wait.ts'

const messages = [{ role: 'user' as const, content: 'Hello' }]
const text = 'Hello from the engine'
let network: TestNetwork
let slow: TestNetwork
const slowEngine = new ScriptedEngine({ pieces: Array(400).fill('x'), pieceDelayMs: 20 })

beforeAll(async () => {
  network = await startTestNetwork({ providers: [{ engine: new ScriptedEngine() }] })
  slow = await startTestNetwork({ providers: [{ engine: slowEngine }] })
})
afterAll(async () => {
  await network.close()
  await slow.close()
})

describe('the openai package', () => {
  const client = (of: TestNetwork) => new OpenAI({ apiKey: of.apiKey.text, baseURL: `${of.url}/v1`, maxRetries: 0 })

  it('chats, streams with usage, completes and lists models', async () => {
    const openai = client(network)
    const answer = await openai.chat.completions.create({ model: 'default', messages })
    expect([answer.choices[0]?.message.content, answer.usage?.total_tokens]).toEqual([text, 9])
    const stream = await openai.chat.completions.create({
      model: 'demo',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    let streamed = ''
    let total = 0
    for await (const chunk of stream) {
      streamed += chunk.choices[0]?.delta.content ?? ''
      total = chunk.usage?.total_tokens ?? total
    }
    expect([streamed, total]).toEqual([text, 9])
    const completion = await openai.completions.create({ model: 'demo', prompt: 'Once' })
    expect(completion.choices[0]?.text).toBe(text)
    const ids: string[] = []
    for await (const model of openai.models.list()) ids.push(model.id)
    expect(ids).toEqual(['demo'])
    expect((await openai.models.retrieve('demo')).owned_by).toBe('koinon')
  })

  it('understands our errors', async () => {
    const openai = client(network)
    await expect(openai.chat.completions.create({ model: 'gpt-9', messages })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
    })
    const stranger = new OpenAI({ apiKey: 'sk-other', baseURL: `${network.url}/v1`, maxRetries: 0 })
    await expect(stranger.chat.completions.create({ model: 'demo', messages })).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    )
    await expect(
      openai.chat.completions.create({
        model: 'demo',
        messages,
        tools: [{ type: 'function', function: { name: 'f' } }],
      }),
    ).rejects.toMatchObject({ status: 400, param: 'tools' })
  })

  it('aborts a stream: the engine is freed and what was generated is billed with a receipt', async () => {
    const stream = await client(slow).chat.completions.create({ model: 'demo', messages, stream: true })
    let chunks = 0
    for await (const _ of stream) if (++chunks === 5) break
    await until('the engine is free', () => slowEngine.ended === 1)
    await until('the answer is final', () => slow.events.some((event) => event.kind === 'answer'))
    const event = slow.events.find((candidate) => candidate.kind === 'answer')
    expect(event).toMatchObject({ outcome: 'aborted' })
    const { owedPicoUsd, reservedPicoUsd } = slow.owed()
    const tokens = event?.kind === 'answer' ? event.outputTokens : 0
    expect(tokens).toBeGreaterThan(0)
    expect(tokens).toBeLessThan(400)
    expect([owedPicoUsd, reservedPicoUsd]).toEqual([5n * 50_000n + BigInt(tokens) * 200_000n, 0n])
  })
})

describe('the AI SDK', () => {
  const model = () =>
    createOpenAICompatible({
      name: 'koinon',
      apiKey: network.apiKey.text,
      baseURL: `${network.url}/v1`,
      includeUsage: true,
    })('demo')

  it('generates and streams text with usage', async () => {
    const whole = await generateText({ model: model(), prompt: 'Hello', maxRetries: 0 })
    expect([whole.text, whole.usage.totalTokens]).toEqual([text, 9])
    const stream = streamText({ model: model(), prompt: 'Hello', maxRetries: 0 })
    let streamed = ''
    for await (const part of stream.textStream) streamed += part
    expect([streamed, (await stream.usage).totalTokens]).toEqual([text, 9])
  })
})
