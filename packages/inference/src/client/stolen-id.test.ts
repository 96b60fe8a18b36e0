import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bytesToHex, type Hex, systemRandom } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import { channelIdOf } from '@koinon/payments/rules'
import { nodeRequestHeader, signNodeRequest } from '@koinon/work'
import { afterEach, expect, it } from 'vitest'
import { type LyingProvider, startLyingProvider } from '../testing/lying-provider.ts'
import { testChannel, testDomain, testSession } from '../testing/parties.ts'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork, type TestNetwork } from '../testing/test-network.ts'
import { providerCreditPicoUsd, type TestProvider } from '../testing/test-provider.ts'
import { until } from '../testing/wait.ts'

const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 16 }
const maximumRequests = 60
let network: TestNetwork | undefined
let liar: LyingProvider | undefined
let thief: Server | undefined

afterEach(async () => {
  await network?.close()
  await liar?.close()
  thief?.closeAllConnections()
  thief?.close()
  network = undefined
})

/** A miner that says it is full, after it has used the id of the request that it was asked at its rivals. */
async function startThief(rivals: readonly TestProvider[], behind: LyingProvider, onTheft: (id: Hex) => void) {
  const { party } = behind
  const session = await testSession(party)
  const body = JSON.stringify({ ...hello, max_tokens: 1 })
  const steal = async (requestId: Hex, { party: rival, url }: TestProvider): Promise<void> => {
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        [nodeRequestHeader]: signNodeRequest(
          {
            recipient: rival.account,
            method: 'POST',
            path: '/v1/chat/completions',
            bodyHash: bytesToHex(sha256Native(body)),
            nonce: bytesToHex(systemRandom(16)),
            expiresAtMs: Date.now() + 30_000,
          },
          session,
        ),
        'x-koinon-request-id': requestId,
        'x-koinon-channel': channelIdOf(testChannel(party.account, party.account, rival.account), testDomain),
      },
      body,
    })
    await answer.text()
    // Asked more than once under one id it is refused itself.
    expect([200, 409]).toContain(answer.status)
  }
  const serve = async (request: IncomingMessage) => {
    if (request.url !== '/v1/chat/completions') {
      const answer = await fetch(`${behind.url}${request.url}`, { method: request.method ?? 'GET' })
      return { status: answer.status, text: await answer.text() }
    }
    const requestId = request.headers['x-koinon-request-id'] as Hex
    for (const rival of rivals) await steal(requestId, rival)
    onTheft(requestId)
    return { status: 429, text: '{"error":{"code":"overloaded","message":"full"}}' }
  }
  thief = createServer((request, response) => {
    request.resume()
    serve(request).then(
      ({ status, text }) => response.writeHead(status).end(text),
      (error: Error) => response.writeHead(500).end(error.message),
    )
  })
  const server = thief
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it('a miner that uses its request id at its rivals takes neither the request nor their standing', async () => {
  const net = await startTestNetwork({
    providers: [{ engine: new ScriptedEngine() }, { engine: new ScriptedEngine() }],
    limits: { requestsPerMinute: 1_000 },
  })
  network = net
  liar = await startLyingProvider(net.gateway.account)
  const { account } = liar.party
  for (const { till, party } of net.providers) {
    await till.add(testChannel(account, account, party.account), 'inbound', providerCreditPicoUsd)
  }
  const stolen: Hex[] = []
  await net.connect(account, await startThief(net.providers, liar, (id) => stolen.push(id)))
  const served: string[] = []
  for (let count = 0; count < maximumRequests && stolen.length < 3; count++) {
    const response = await net.post('/v1/chat/completions', { ...hello, user: `${count}` })
    expect(response.status).toBe(200)
    await response.text()
    served.push(response.headers.get('x-koinon-receipt') as string)
    expect(response.headers.get('x-request-id')).toBe(served.at(-1))
  }
  expect(stolen.length).toBeGreaterThan(0)
  expect(served.filter((id) => stolen.includes(id as Hex))).toEqual([])
  const failures = net.events.filter((event) => event.kind === 'attemptFailed')
  expect(failures.map(({ provider, reason }) => [provider, reason])).toEqual(stolen.map(() => [account, undefined]))
  for (const { party } of net.providers) {
    const link = net.table.get(party.account)
    expect([link?.isPaused(Date.now()), link?.failureRate]).toEqual([false, 0])
  }
}, 60_000)

it('a miner that says it is full is asked again under the same id, so that it can charge for a request once', async () => {
  const net = await startTestNetwork()
  network = net
  liar = await startLyingProvider(net.gateway.account)
  const told: Hex[] = []
  await net.connect(liar.party.account, await startThief([], liar, (id) => told.push(id)))
  const leave = new AbortController()
  const answer = fetch(`${net.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${net.apiKey.text}` },
    body: JSON.stringify(hello),
    signal: leave.signal,
  }).catch(() => undefined)
  await until('it is asked again', () => told.length >= 2)
  leave.abort()
  await answer
  expect(new Set(told).size).toBe(1)
})
