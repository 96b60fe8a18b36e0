import type { SignedReceipt } from '@koinon/work'
import { afterEach, describe, expect, it } from 'vitest'
import { readInferenceWork } from '../rules/work.ts'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork, type TestNetwork } from '../testing/test-network.ts'
import { until } from '../testing/wait.ts'

const hello = { model: 'default', messages: [{ role: 'user', content: 'Hello' }] }
const prices = { prompt: 50_000n, output: 200_000n }
let network: TestNetwork | undefined

afterEach(async () => {
  await network?.close()
  network = undefined
})

/** One miner with an answer so long that nobody would want to pay for all of it. */
async function setup(limits: { readonly capacity?: number; readonly queue?: number } = {}, answerTimeoutMs = 30_000) {
  const engine = new ScriptedEngine({ pieces: Array(500).fill('word '), pieceDelayMs: 10 })
  const providers = [{ engine, limits: { unpaidTokensPerHour: 20, ...limits } }]
  network = await startTestNetwork({ providers, limits: { answerTimeoutMs } })
  return { network, engine }
}

/** Asks, and hangs up after so many parts of the answer, or after so many milliseconds when it is none. */
async function askAndLeave(net: TestNetwork, stream: boolean, parts: number, afterMs = 0): Promise<void> {
  const leave = new AbortController()
  const timer = parts > 0 ? undefined : setTimeout(() => leave.abort(), afterMs)
  try {
    const response = await fetch(`${net.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${net.apiKey.text}` },
      body: JSON.stringify({ ...hello, stream, max_tokens: 500 }),
      signal: leave.signal,
    })
    let count = 0
    for await (const _ of response.body as NonNullable<typeof response.body>) if (++count >= parts) break
    leave.abort()
  } catch {
    // Leaving is the point.
  } finally {
    clearTimeout(timer)
  }
}

async function settled(net: TestNetwork): Promise<void> {
  const provider = net.providers[0]
  await until('the miner is idle', () => provider?.server.busy === 0)
  await until('nothing is reserved', () => net.owed().reservedPicoUsd === 0n)
  await until('the miner is idle still', () => provider?.till.book.list()[0]?.reservedPicoUsd === 0n)
}

/** All receipts of the user, with what they bill. */
async function bills(net: TestNetwork) {
  const list = await net.till.ledger.archive.list({ payer: net.user.account, limit: 500 })
  return Promise.all(
    list.map(async ({ requestId }) => {
      const bundle = await net.till.ledger.archive.byId(requestId)
      return readInferenceWork(bundle?.hops[0] as SignedReceipt)
    }),
  )
}

describe('a client that hangs up', () => {
  it('pays the prompt and what was generated until the miner heard of it, and no more', async () => {
    const { network: net, engine } = await setup()
    await askAndLeave(net, true, 5)
    await settled(net)
    const [work, ...more] = await bills(net)
    expect([more.length, work?.finishReason, engine.ended]).toEqual([0, 'abort', 1])
    expect(work?.promptTokens).toBe(5)
    expect(work?.outputTokens).toBeLessThan(500)
    const owed = 5n * prices.prompt + BigInt(work?.outputTokens ?? 0) * prices.output
    expect(net.owed().owedPicoUsd).toBe(owed)
    expect(net.providers[0]?.till.book.list()[0]?.owedPicoUsd).toBe(owed)
  })

  it('pays nothing for a request that still waits in the line of the miner', async () => {
    const { network: net, engine } = await setup({ capacity: 1, queue: 4 })
    const first = askAndLeave(net, false, 0, 4_000)
    await until('the only place is taken', () => engine.begun === 1)
    await askAndLeave(net, false, 0, 150)
    await first
    await settled(net)
    expect([engine.begun, (await bills(net)).length]).toEqual([1, 1])
  })
})

describe('an answer that takes longer than the gateway waits', () => {
  it.each([true, false])('is ended and paid as far as it came, as a stream: %s', async (stream) => {
    const { network: net, engine } = await setup({}, 1_500)
    const response = await fetch(`${net.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${net.apiKey.text}` },
      body: JSON.stringify({ ...hello, stream, max_tokens: 500 }),
    })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('"finish_reason":"length"')
    await settled(net)
    const [work, ...more] = await bills(net)
    expect([more.length, work?.finishReason, engine.ended]).toEqual([0, 'abort', 1])
    const owed = 5n * prices.prompt + BigInt(work?.outputTokens ?? 0) * prices.output
    expect(owed).toBeGreaterThan(5n * prices.prompt)
    expect([net.owed().owedPicoUsd, net.providers[0]?.till.book.list()[0]?.owedPicoUsd]).toEqual([owed, owed])
  })
})

describe('200 rapid cancellations', () => {
  it('leave no work running, no debt in dispute, and a miner that serves the gateway on', async () => {
    const { network: net, engine } = await setup({ capacity: 4, queue: 32 })
    for (let round = 0; round < 10; round++) {
      const group = Array.from({ length: 20 }, (_, index) => {
        const isStream = index % 2 === 0
        return askAndLeave(net, isStream, isStream && index % 4 === 0 ? 1 : 0, (index * 7) % 40)
      })
      await Promise.all(group)
    }
    await settled(net)
    expect(engine.begun).toBe(engine.ended)
    const works = await bills(net)
    const billed = works.reduce(
      (sum, work) => sum + BigInt(work.promptTokens) * prices.prompt + BigInt(work.outputTokens) * prices.output,
      0n,
    )
    const inbound = net.providers[0]?.till.book.list()[0]
    expect(net.owed().owedPicoUsd).toBe(billed)
    expect([
      inbound?.owedPicoUsd,
      net.till.book.outboundTo(net.providers[0]?.party.account as `0x${string}`)?.owedPicoUsd,
    ]).toEqual([billed, billed])
    // What ran was cut short long before its 500 tokens, and every engine run that began was paid for.
    expect(works).toHaveLength(engine.begun)
    expect(works.every((work) => work.outputTokens < 500)).toBe(true)
    expect(net.providers[0]?.events.filter((event) => event.kind === 'answer' && event.outcome === 'broken')).toEqual(
      [],
    )
    const after = await net.post('/v1/chat/completions', { ...hello, max_tokens: 2 })
    expect(after.status).toBe(200)
  }, 120_000)
})
