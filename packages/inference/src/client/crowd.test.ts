import { afterEach, describe, expect, it } from 'vitest'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork, type TestNetwork, type TestNetworkOptions } from '../testing/test-network.ts'
import { until } from '../testing/wait.ts'

const hello = { model: 'default', messages: [{ role: 'user', content: 'Hello' }] }
const pricePicoUsd = 5n * 50_000n + 4n * 200_000n
let network: TestNetwork | undefined

afterEach(async () => {
  await network?.close()
  network = undefined
})

/** Three miners with so many places and so long a line each. */
async function threeMiners(capacity: number, queue: number, limits: TestNetworkOptions['limits'] = {}) {
  const engines = Array.from({ length: 3 }, () => new ScriptedEngine({ pieceDelayMs: 5 }))
  network = await startTestNetwork({
    providers: engines.map((engine) => ({ engine, limits: { capacity, queue } })),
    limits: { waitTimeoutMs: 60_000, ...limits },
  })
  return { network, engines }
}

function statuses(net: TestNetwork, count: number): Promise<readonly number[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const response = await net.post('/v1/chat/completions', { ...hello, stream: index % 2 === 0 })
      await response.arrayBuffer()
      return response.status
    }),
  )
}

describe('50 clients at once', () => {
  it('are all served by three miners with four places and a line of 32 each', async () => {
    const { network: net, engines } = await threeMiners(4, 32)
    expect(await statuses(net, 50)).toEqual(Array(50).fill(200))
    expect(net.owed()).toEqual({ owedPicoUsd: 50n * pricePicoUsd, reservedPicoUsd: 0n })
    expect(engines.reduce((sum, { begun }) => sum + begun, 0)).toBe(50)
  })

  it('are all served by miners without a line: the gateway lets them wait', async () => {
    const { network: net, engines } = await threeMiners(2, 0)
    expect(await statuses(net, 50)).toEqual(Array(50).fill(200))
    // Nobody was sent to a miner that was full.
    expect(net.events.filter(({ kind }) => kind === 'attemptFailed')).toEqual([])
    expect(engines.every(({ begun }) => begun > 5)).toBe(true)
  })

  it('hear 503 with retry-after only where the line is full or the time is up', async () => {
    const { network: net } = await threeMiners(1, 0, { waitingAnswers: 3, waitTimeoutMs: 60_000 })
    const responses = await Promise.all(Array.from({ length: 12 }, () => net.post('/v1/chat/completions', hello)))
    const served = responses.filter(({ status }) => status === 200)
    const refused = responses.filter(({ status }) => status === 503)
    expect([served.length + refused.length, served.length >= 6]).toEqual([12, true])
    for (const response of refused) {
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await response.json()).toMatchObject({ error: { code: 'overloaded', type: 'server_error' } })
    }
    expect(refused.length).toBeGreaterThan(0)
  })
})

describe('an answer that waits in line', () => {
  it('is given up after its time, and at once when its client goes', async () => {
    const engine = new ScriptedEngine({ pieces: Array(400).fill('x'), pieceDelayMs: 10 })
    network = await startTestNetwork({
      providers: [{ engine, limits: { capacity: 1, queue: 0 } }],
      limits: { waitTimeoutMs: 300 },
    })
    const net = network
    const leaving = new AbortController()
    const first = fetchStream(net, leaving.signal)
    await until('the only place is taken', () => engine.begun === 1)
    const late = await net.post('/v1/chat/completions', hello)
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '5'])
    const impatient = new AbortController()
    const second = fetchStream(net, impatient.signal).catch(() => 'gone')
    impatient.abort()
    expect(await second).toBe('gone')
    leaving.abort()
    await first.catch(() => undefined)
    await until('the place is free again', () => net.providers[0]?.server.busy === 0)
    await until('the books are closed', () => net.owed().reservedPicoUsd === 0n)
    // Neither of those who waited reached the engine.
    expect(engine.begun).toBe(1)
  })

  it('goes on to a miner that was full of other gateways and said so', async () => {
    const engine = new ScriptedEngine({ pieceDelayMs: 100 })
    network = await startTestNetwork({ providers: [{ engine, limits: { capacity: 1, queue: 0 } }] })
    const net = network
    const link = net.table.list()[0]
    // As if another gateway had taken the place: this one does not know.
    const other = net.post('/v1/chat/completions', hello)
    await until('the place is taken', () => engine.begun === 1)
    link?.end()
    const mine = await net.post('/v1/chat/completions', hello)
    link?.begin()
    expect([mine.status, (await other).status]).toEqual([200, 200])
    expect(net.events).toContainEqual(expect.objectContaining({ kind: 'attemptFailed', reason: undefined }))
    expect(link?.failureRate).toBe(0)
  })
})

async function fetchStream(net: TestNetwork, signal: AbortSignal): Promise<string> {
  const response = await fetch(`${net.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${net.apiKey.text}` },
    body: JSON.stringify({ ...hello, stream: true }),
    signal,
  })
  return response.text()
}
