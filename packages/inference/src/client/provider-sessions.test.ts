import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import { nodeRequestHeader } from '@koinon/work'
import { nodeSessionHeader } from '@koinon/work/node'
import { afterEach, describe, expect, it } from 'vitest'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork, type TestNetwork } from '../testing/test-network.ts'
import { startTestProvider, type TestProvider } from '../testing/test-provider.ts'
import { until } from '../testing/wait.ts'

const path = '/v1/chat/completions'
const hello = { model: 'demo', messages: [{ role: 'user', content: 'hello' }] }
const isStreamed = [false, true] as const

describe('sessions of a gateway with its providers', () => {
  let network: TestNetwork
  let again: TestProvider | undefined
  afterEach(async () => {
    await network.close()
    await again?.close()
    again = undefined
  })

  it('signs the first request and puts the later ones under a session', async () => {
    network = await startTestNetwork({ providers: [{ engine: new ScriptedEngine() }] })
    const seen = await untilSession(network)
    expect(seen[0]).toBe(nodeRequestHeader)
    expect(seen.at(-1)).toBe(nodeSessionHeader)
  })

  it.each(isStreamed)(
    'asks a provider that was started anew once more, and bills once (stream: %s)',
    async (stream) => {
      network = await startTestNetwork({ providers: [{ engine: new ScriptedEngine() }] })
      await untilSession(network)
      const first = network.providers[0] as TestProvider
      const before = network.owed().owedPicoUsd
      const { port } = first
      await first.close()
      await until('the gateway has noticed', () => network.table.list()[0]?.pool.stats.connected === 0)
      const engine = new ScriptedEngine()
      const { gateway, folder } = network
      again = await startTestProvider({ name: 'provider 0', engine, gateway: gateway.account, folder, port })
      const answer = await network.post(path, { ...hello, stream })
      expect(answer.status).toBe(200)
      expect(await answer.text()).toContain(stream ? '[DONE]' : 'engine')
      expect(engine.begun).toBe(1)
      expect(again.events.filter(({ kind }) => kind === 'refused')).toEqual([
        { kind: 'refused', path, code: 'request/unknown-session' },
      ])
      const price = 5n * 50_000n + 4n * 200_000n
      expect(network.owed()).toEqual({ owedPicoUsd: before + price, reservedPicoUsd: 0n })
      expect(network.events.filter(({ kind }) => kind === 'attemptFailed')).toEqual([])
    },
  )
})

/** Asks until a request went out under a session; the names of the headers that proved the requests. */
async function untilSession(network: TestNetwork): Promise<readonly string[]> {
  const seen: string[] = []
  const listen = (message: unknown): void => {
    const { headers } = (message as { request: IncomingMessage }).request
    if (headers['x-koinon-request-id'] === undefined) return
    seen.push(headers[nodeSessionHeader] === undefined ? nodeRequestHeader : nodeSessionHeader)
  }
  subscribe('http.server.request.start', listen)
  try {
    await until('there is a session', async () => {
      const answer = await network.post(path, hello)
      expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)])
      return seen.at(-1) === nodeSessionHeader
    })
  } finally {
    unsubscribe('http.server.request.start', listen)
  }
  return seen
}
