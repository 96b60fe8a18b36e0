/** The processes that `gateway.ts` forks: `node bench/gateway-roles.ts provider|mock|proxy PORT|gateway URL`; each says when it is ready. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import { temporaryFolder, testParty } from '../packages/inference/src/testing/parties.ts'
import { ScriptedEngine } from '../packages/inference/src/testing/scripted-engine.ts'
import { startTestNetwork } from '../packages/inference/src/testing/test-network.ts'
import { startTestProvider } from '../packages/inference/src/testing/test-provider.ts'
import { pieces } from './gateway-load.ts'

const [role, argument] = process.argv.slice(2)
if (role === 'provider') await provider()
else if (role === 'mock') await mock()
else if (role === 'proxy') await proxy(Number(argument))
else if (role === 'gateway') await gateway(String(argument))

/** Plain OpenAI server with the text and shape of the provider's answers. */
async function mock(): Promise<void> {
  const head = { id: `chatcmpl-${'0'.repeat(32)}`, created: 1, model: 'demo', system_fingerprint: 'fp_0123456789ab' }
  const json = JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        finish_reason: 'stop',
        message: { role: 'assistant', content: pieces.join(''), refusal: null },
        logprobs: null,
      },
    ],
    usage: { prompt_tokens: 5, completion_tokens: 16, total_tokens: 21, prompt_tokens_details: { cached_tokens: 0 } },
  })
  const event = (delta: unknown, reason: string | null): string =>
    `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }] })}\n\n`
  const events = [
    event({ role: 'assistant', content: '' }, null),
    ...pieces.map((content) => event({ content }, null)),
    event({}, 'stop'),
  ]
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += String(part)
    if (!body.includes('"stream":true')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(json)
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const part of events) response.write(part)
    response.end('data: [DONE]\n\n')
  })
  server.listen(0, '127.0.0.1', () => ready((server.address() as AddressInfo).port))
}

async function provider(): Promise<void> {
  const folder = temporaryFolder()
  process.once('exit', folder.remove)
  const { port } = await startTestProvider({
    name: 'provider',
    engine: new ScriptedEngine({ pieces }),
    gateway: testParty('gateway').account,
    folder: folder.path,
  })
  ready(port)
}

async function gateway(providerUrl: string): Promise<void> {
  const network = await startTestNetwork({
    userDepositAtomic: 1_000_000_000_000n,
    limits: {
      requestsPerMinute: 1e9,
      requestsPerMinutePerPayer: 1e9,
      inFlightPerKey: 1_000,
      inFlightPerPayer: 1_000,
    },
  })
  await network.connect(testParty('provider').account, providerUrl)
  ready(network.port, network.apiKey.text)
}

/** The least a proxy can do in Node with the same libraries: pass headers and bytes on. */
async function proxy(mockPort: number): Promise<void> {
  const pool = new Pool(`http://127.0.0.1:${mockPort}`, { connections: 64 })
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      pool.dispatch(
        {
          method: 'POST',
          path: request.url as string,
          headers: { 'content-type': 'application/json' },
          body: Buffer.concat(parts),
        },
        {
          onRequestStart() {},
          onResponseStart(_, status, headers) {
            response.writeHead(status, { 'content-type': String(headers['content-type']) })
          },
          onResponseData(_, part) {
            response.write(part)
          },
          onResponseEnd() {
            response.end()
          },
          onResponseError() {
            response.destroy()
          },
        },
      )
    })
  })
  server.listen(0, '127.0.0.1', () => ready((server.address() as AddressInfo).port))
}

function ready(port: number, text = ''): void {
  process.send?.({ port, text })
}
