import { createServer, type IncomingMessage } from 'node:http'
import { type Address, sha256Hex, systemClock } from '@koinon/base'
import { ScriptedEngine, startTestNetwork, type TestNetwork } from '@koinon/inference/testing'
import { type InferenceTask, inferenceOwnCopy } from '@koinon/subnet-files/inference'
import { parseBundle, receiptType } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProber } from './prober.ts'

const task: InferenceTask = {
  messages: [{ role: 'user', content: 'Describe salt.' }],
  max_tokens: 16,
  temperature: 2,
  seed: 7,
}
const engines = [new ScriptedEngine(), new ScriptedEngine({ pieceDelayMs: 30 })]
let network: TestNetwork
let miners: readonly Address[]

beforeAll(async () => {
  network = await startTestNetwork({ providers: engines.map((engine) => ({ engine })) })
  miners = network.providers.map(({ party }) => party.account)
})
afterAll(() => network.close())

const prober = (gatewayUrl = network.url, apiKey = network.apiKey.text) =>
  createProber({ gatewayUrl, apiKey, clock: systemClock })
const ask = (miner: Address, ask = prober(), signal = AbortSignal.timeout(20_000)) =>
  ask(task, { hotkey: miner, endpoint: 'http://127.0.0.1:9' }, signal)

describe('createProber', () => {
  it('asks the miner that is named, through the gateway and for money, and keeps what it sent and got', async () => {
    const before = network.owed().owedPicoUsd
    for (const [index, miner] of miners.entries()) {
      const begunAtMs = Date.now()
      const { requestId, receiptHash, endedAtMs, ownCopy } = await ask(miner)
      const { hops } = parseBundle(
        await (
          await fetch(`${network.url}/v1/receipts/${requestId.slice(2)}`, {
            headers: { authorization: `Bearer ${network.apiKey.text}` },
          })
        ).json(),
      )
      const receipt = hops.at(-1)?.receipt
      expect(receipt?.payee).toBe(miner)
      expect(receiptHash).toBe(receiptType.hash(receipt as NonNullable<typeof receipt>))
      expect(endedAtMs).toBe(receipt?.endedAtMs)
      const copy = inferenceOwnCopy.parse(ownCopy)
      expect(copy.responseHash).toBe(receipt?.responseHash)
      expect(copy.requestHash).toBe(receipt?.requestHash)
      expect(copy.totalMs).toBeGreaterThanOrEqual(copy.firstByteMs)
      expect(copy.receivedAtMs).toBeGreaterThanOrEqual(begunAtMs)
      // What a validator keeps on disk is JSON.
      expect(inferenceOwnCopy.parse(JSON.parse(JSON.stringify(ownCopy)))).toEqual(copy)
      expect(engines[index]?.requests.at(-1)).toMatchObject({ maxTokens: 16, sampler: { temperatureMicro: 2_000_000 } })
    }
    expect(network.owed().owedPicoUsd).toBeGreaterThan(before)
  })

  it('looks to the miner like any paying user', async () => {
    await ask(miners[0] as Address)
    const [probe] = (engines[0] as ScriptedEngine).requests.slice(-1)
    await network.post(
      '/v1/chat/completions',
      { model: 'default', ...task },
      { 'x-koinon-provider': miners[0] as string },
    )
    const [user] = (engines[0] as ScriptedEngine).requests.slice(-1)
    expect(Object.keys(probe ?? {})).toEqual(Object.keys(user ?? {}))
    expect(probe?.caller).toBe(user?.caller)
    expect(probe?.input).toEqual(user?.input)
  })

  it('takes no answer of another miner for one of the miner asked', async () => {
    const [first, second] = miners as [Address, Address]
    const gateway = await listen(async (request) => {
      const answer = await fetch(`${network.url}${request.url}`, {
        method: 'POST',
        headers: { ...namedHeaders(request), 'x-koinon-provider': second },
        body: await bodyOf(request),
      })
      return { type: answer.headers.get('content-type') ?? '', body: await answer.text() }
    })
    await expect(ask(first, prober(gateway.url))).rejects.toMatchObject({ code: 'validator/no-receipt' })
    await expect(ask(second, prober(gateway.url))).resolves.toMatchObject({ receiptHash: expect.any(String) })
    await gateway.close()
  })

  it('takes no answer without a receipt', async () => {
    const gateway = await listen(async () => ({
      type: 'text/event-stream',
      body: 'data: {"choices":[]}\n\ndata: [DONE]\n\n',
    }))
    await expect(ask(miners[0] as Address, prober(gateway.url))).rejects.toMatchObject({ code: 'validator/no-receipt' })
    await gateway.close()
  })

  it('fails when the gateway refuses, does not answer, or the time is over', async () => {
    const [miner] = miners as [Address]
    await expect(ask(miner, prober(network.url, `sk-koinon-${'A'.repeat(43)}`))).rejects.toMatchObject({
      code: 'gateway/refused',
    })
    await expect(ask(`0x${'99'.repeat(20)}`)).rejects.toMatchObject({ code: 'gateway/refused' })
    await expect(ask(miner, prober('http://127.0.0.1:1'))).rejects.toMatchObject({ code: 'gateway/unreachable' })
    await expect(ask(miner, prober(), AbortSignal.abort())).rejects.toThrow()
  })

  it('leaves a miner that dribbles when its time is over', async () => {
    let writing: NodeJS.Timeout | undefined
    const gone = Promise.withResolvers<void>()
    const dribbler = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      writing = setInterval(() => response.write(': still here\n\n'), 10)
      response.on('close', () => gone.resolve())
    })
    await new Promise<void>((resolve) => dribbler.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(dribbler.address() as { port: number }).port}`
    await expect(ask(miners[0] as Address, prober(url), AbortSignal.timeout(500))).rejects.toThrow()
    // The connection is given up, too: nobody collects them.
    await gone.promise
    clearInterval(writing)
    await new Promise<void>((resolve) => dribbler.close(() => resolve()))
  })

  it('keeps the hash of the very bytes it sent', async () => {
    let sent = ''
    const gateway = await listen(async (request) => {
      sent = await bodyOf(request)
      const headers = namedHeaders(request)
      const answer = await fetch(`${network.url}${request.url}`, { method: 'POST', headers, body: sent })
      return { type: answer.headers.get('content-type') ?? '', body: await answer.text() }
    })
    const { ownCopy } = await ask(miners[0] as Address, prober(gateway.url))
    expect(inferenceOwnCopy.parse(ownCopy).requestHash).toBe(sha256Hex(sent))
    expect(JSON.parse(sent)).toMatchObject({ ...task, model: 'default', stream: true })
    await gateway.close()
  })
})

function namedHeaders(request: IncomingMessage): Record<string, string> {
  const names = ['authorization', 'content-type', 'x-koinon-provider']
  return Object.fromEntries(
    names.flatMap((name) => (name in request.headers ? [[name, `${request.headers[name]}`]] : [])),
  )
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += String(part)
  return text
}

/** Stands before the gateway, or in its place. */
async function listen(answer: (request: IncomingMessage) => Promise<{ type: string; body: string }>) {
  const server = createServer((request, response) => {
    void answer(request).then(({ type, body }) => response.writeHead(200, { 'content-type': type }).end(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
