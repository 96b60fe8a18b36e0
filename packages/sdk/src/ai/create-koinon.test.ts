import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ScriptedEngine, startTestNetwork, type TestNetwork } from '@koinon/inference/testing'
import { type Check, parseBundle } from '@koinon/work'
import { APICallError, generateText, jsonSchema, streamText, tool } from 'ai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createKoinon, koinonMetadata } from './index.ts'

let network: TestNetwork
let server: Server | undefined
beforeAll(async () => {
  network = await startTestNetwork({ providers: [{ engine: new ScriptedEngine() }] })
})
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})
afterAll(() => network.close())

const koinon = () => createKoinon({ baseURL: `${network.url}/v1`, apiKey: network.apiKey.text })
const ask = { prompt: 'Hello', maxOutputTokens: 16, maxRetries: 0 }
const namesOf = (checks: readonly Check[] | undefined, state: Check['state']) =>
  checks?.filter((check) => check.state === state).map(({ name }) => name)

describe('answers and their receipts', () => {
  it('come together', async () => {
    const result = await generateText({ model: koinon()('default'), ...ask })
    const metadata = koinonMetadata(result.providerMetadata)
    expect(result.text).toBe('Hello from the engine')
    expect(metadata).toMatchObject({ provider: network.providers[0]?.party.account, payment: null })
    expect(metadata?.receiptId).toBe(result.response.headers?.['x-koinon-receipt'])
    expect(namesOf(metadata?.checks, 'fail')).toEqual([])
    expect(namesOf(metadata?.checks, 'notChecked')).toEqual(['chain', 'hop2.chain'])
    expect(namesOf(metadata?.checks, 'pass')).toEqual(
      expect.arrayContaining([
        'receipt',
        'signature',
        'delegation',
        'request',
        'response',
        'work',
        'amount',
        'upstream',
      ]),
    )
    const [outer] = parseBundle(JSON.parse(JSON.stringify(metadata?.receipt))).hops
    expect(outer?.receipt.amountPicoUsd).toBe(BigInt(metadata?.amountPicoUsd as string))
  })

  it('come together at the end of a stream', async () => {
    const result = streamText({ model: koinon().chatModel(), ...ask })
    let text = ''
    for await (const part of result.textStream) text += part
    const metadata = koinonMetadata(await result.providerMetadata)
    expect(text).toBe('Hello from the engine')
    expect((await result.usage).outputTokens).toBeGreaterThan(0)
    expect([namesOf(metadata?.checks, 'fail'), namesOf(metadata?.checks, 'notChecked')]).toEqual([
      [],
      ['chain', 'hop2.chain'],
    ])
  })

  it('come together from text completions', async () => {
    const { providerMetadata } = await generateText({ model: koinon().completionModel(), ...ask })
    expect(namesOf(koinonMetadata(providerMetadata)?.checks, 'fail')).toEqual([])
    expect(namesOf(koinonMetadata(providerMetadata)?.checks, 'pass')).toContain('response')
  })

  it('are not mixed up by calls at once on one model', async () => {
    const model = koinon()()
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) => generateText({ model, ...ask, prompt: `Hello ${index}` })),
    )
    const found = results.map(({ providerMetadata }) => koinonMetadata(providerMetadata))
    expect(new Set(found.map((metadata) => metadata?.receiptId)).size).toBe(8)
    expect(found.flatMap((metadata) => namesOf(metadata?.checks, 'fail'))).toEqual([])
  })
})

describe('what a gateway refuses', () => {
  it('says which models there are, and is not asked again', async () => {
    const refused = generateText({ model: koinon()('gpt-none'), ...ask, maxRetries: 2 })
    await expect(refused).rejects.toMatchObject({
      statusCode: 404,
      isRetryable: false,
      message: expect.stringMatching(/Ask for "default" or one of/),
    })
  })

  it('says that tools cannot be called yet', async () => {
    const tools = { look: tool({ inputSchema: jsonSchema<object>({ type: 'object' }), execute: () => 'seen' }) }
    await expect(generateText({ model: koinon()(), tools, ...ask })).rejects.toThrow(/tool calls are not supported yet/)
  })

  it('says what a wrong key is', async () => {
    const stranger = createKoinon({ baseURL: `${network.url}/v1/`, apiKey: 'sk-koinon-wrong' })
    await expect(generateText({ model: stranger(), ...ask })).rejects.toMatchObject({ statusCode: 401 })
  })

  it('says that nobody serves embeddings and images', () => {
    expect(() => koinon().embeddingModel('x')).toThrow(/No gateway serves embeddings/)
    expect(() => koinon().imageModel('x')).toThrow(/No gateway serves images/)
  })

  it('says where money is asked what to give it', async () => {
    const demand = { x402Version: 2, error: 'Payment required', accepts: [{ amount: '120' }] }
    const model = createKoinon({ baseURL: await answering(402, demand) })()
    await expect(generateText({ model, ...ask })).rejects.toMatchObject({
      code: 'gateway/payment-required',
      message: expect.stringMatching(/at most 0\.00012 dollars/),
      hint: expect.stringMatching(/openPayer/),
    })
  })

  it('says what a proxy hints at', async () => {
    const error = { code: 'payments/over-limit', message: 'Too dear', hint: 'Raise the limit.', retry: 'never' }
    const model = createKoinon({ baseURL: await answering(402, { error }) })()
    await expect(generateText({ model, ...ask })).rejects.toThrow('Too dear. Raise the limit.')
  })

  it('says that it is not there, which is worth another try', async () => {
    const baseURL = await answering(200, {})
    await new Promise((closed) => {
      server?.closeAllConnections()
      server?.close(closed)
    })
    const gone = await generateText({ model: createKoinon({ baseURL })(), ...ask }).catch((error: unknown) => error)
    expect(APICallError.isInstance(gone) && [gone.isRetryable, gone.message]).toEqual([
      true,
      expect.stringMatching(/does not answer. Check that it runs/),
    ])
  })
})

async function answering(status: number, body: unknown): Promise<string> {
  const started = createServer((_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
  )
  server = started
  await new Promise<void>((ready) => started.listen(0, '127.0.0.1', ready))
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}/v1`
}
