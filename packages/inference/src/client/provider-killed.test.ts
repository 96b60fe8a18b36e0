import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { bytesToHex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { splitEventStream } from '../rules/sse.ts'
import { testParty } from '../testing/parties.ts'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork } from '../testing/test-network.ts'

const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hello' }] }
const pricePicoUsd = 5n * 50_000n + 12n * 200_000n

describe('SIGKILL of a provider under 50 clients', () => {
  it('leaves every client with a complete answer or a clean error, and nobody charged for less', async () => {
    const survivor = new ScriptedEngine({ pieces: Array(12).fill('word '), pieceDelayMs: 15 })
    const network = await startTestNetwork({ providers: [{ engine: survivor }] })
    const child = await startChild(network.folder, network.gateway.account)
    try {
      await network.connect(testParty('victim').account, child.url)
      const clients = Array.from({ length: 50 }, (_, index) => ask(network.post, index % 2 === 0))
      // Some answers are final, some have begun, some wait: the moment is arbitrary on purpose.
      await Promise.race([Promise.any(clients), new Promise((resolve) => setTimeout(resolve, 10_000))])
      child.kill()
      const outcomes = await Promise.all(clients)
      expect(outcomes).toHaveLength(50)
      const complete = outcomes.filter(({ kind }) => kind === 'complete')
      expect(outcomes.filter(({ kind }) => kind === 'torn')).toEqual([])
      expect(complete.length).toBeGreaterThan(0)
      const receipts = await network.till.ledger.archive.list({ payer: network.user.account, limit: 500 })
      expect(receipts.map(({ requestId }) => requestId).sort()).toEqual(complete.map(({ id }) => id).sort())
      expect(network.owed()).toEqual({ owedPicoUsd: BigInt(complete.length) * pricePicoUsd, reservedPicoUsd: 0n })
      const later = await ask(network.post, true)
      expect(later.kind).toBe('complete')
    } finally {
      child.kill()
      await network.close()
    }
  })
})

type Outcome = { readonly kind: 'complete' | 'error' | 'torn'; readonly id: string | null }

/** One client; `torn` is an answer that is neither complete nor ends in an error. */
async function ask(post: (path: string, body: unknown) => Promise<Response>, stream: boolean): Promise<Outcome> {
  const response = await post('/v1/chat/completions', { ...hello, stream })
  const id = response.headers.get('x-koinon-receipt')
  const bytes = new Uint8Array(await response.arrayBuffer())
  const text = new TextDecoder().decode(bytes)
  if (response.status !== 200) return { kind: JSON.parse(text).error?.code === undefined ? 'torn' : 'error', id }
  if (!stream) return { kind: JSON.parse(text).usage.completion_tokens === 12 ? 'complete' : 'torn', id }
  const { complete, bundle, hashedLength } = splitEventStream(bytes)
  if (!complete) return { kind: text.includes('"error"') ? 'error' : 'torn', id }
  const hash = bytesToHex(createHash('sha256').update(bytes.subarray(0, hashedLength)).digest())
  return { kind: bundle?.hops[1]?.receipt.responseHash === hash ? 'complete' : 'torn', id }
}

function startChild(folder: string, gateway: string): Promise<{ readonly url: string; kill(): void }> {
  const file = new URL('../testing/provider-child.ts', import.meta.url)
  const child = fork(file, [folder, 'victim', gateway, '15'], { execArgv: ['--disable-warning=ExperimentalWarning'] })
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      const { port } = message as { port: number }
      resolve({ url: `http://127.0.0.1:${port}`, kill: () => child.kill('SIGKILL') })
    })
    child.once('exit', (code) => reject(new Error(`the provider ended with ${code}`)))
  })
}
