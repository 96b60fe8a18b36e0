/**
 * CPU of one request through the gateway - key, rate limit, both hashes, signed request, receipt check, own receipt, vouchers, durable
 * commit - beside a bare node:http + undici proxy and Portkey, in one run. Answers come from the same scripted text; only the CPU of
 * the process in the middle is counted (all its threads, from /proc), so the figures hold on a busy machine as ratios.
 *
 *   node bench/gateway.ts [requests a round] [rounds]
 *
 * Tables on standard error, one JSON line with the same figures on standard output.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { type AddressInfo } from 'node:net'
import { loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { bytesToHex, systemClock, systemRandom } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import { channelIdOf } from '@koinon/payments/rules'
import { nodeRequestHeader } from '@koinon/work'
import { signedHeader } from '@koinon/work/node'
import { Pool } from 'undici'
import {
  temporaryFolder,
  testChannel,
  testDomain,
  testParty,
  testSession,
} from '../packages/inference/src/testing/parties.ts'
import { ScriptedEngine } from '../packages/inference/src/testing/scripted-engine.ts'
import { startTestNetwork } from '../packages/inference/src/testing/test-network.ts'
import { startTestProvider } from '../packages/inference/src/testing/test-provider.ts'

const firstByteTurns = 220
const deadlineMs = 840_000
const warmUpRequests = 1_500
const pieces = Array.from({ length: 16 }, (_, index) => ` word${index}`)
const path = '/v1/chat/completions'
const prompt = { model: 'demo', messages: [{ role: 'user', content: 'Say sixteen words, please, and then stop.' }] }
const bodies = { json: JSON.stringify(prompt), sse: JSON.stringify({ ...prompt, stream: true }) }
type Mode = keyof typeof bodies

/** What is measured: answers share group commits, so how many are under way at once decides what each costs. */
const loads: readonly { readonly name: string; readonly mode: Mode; readonly connections: number }[] = [
  { name: 'json', mode: 'json', connections: 8 },
  { name: 'json64', mode: 'json', connections: 64 },
  { name: 'sse', mode: 'sse', connections: 8 },
]
type Load = (typeof loads)[number]

/** A target of the load: where it listens and what a request to it carries. */
type Target = {
  readonly name: string
  readonly port: number
  readonly pid: number
  readonly headers: () => Record<string, string>
}

const role = process.argv[2]
if (role === 'provider') await provider()
else if (role === 'mock') await mock()
else if (role === 'proxy') await proxy(Number(process.argv[3]))
else if (role === 'gateway') await gateway(String(process.argv[3]))
else await main(Number(process.argv[2] ?? 1_500), Number(process.argv[3] ?? 3))

async function main(requests: number, rounds: number): Promise<void> {
  const children: ChildProcess[] = []
  const stop = (): void => {
    for (const child of children) child.kill('SIGKILL')
  }
  const timer = setTimeout(() => {
    stop()
    console.error(`not done after ${deadlineMs} ms`)
    process.exit(1)
  }, deadlineMs)
  try {
    const [mockPort] = await start(children, ['mock'])
    const [providerPort] = await start(children, ['provider'])
    const [proxyPort, , proxyPid] = await start(children, ['proxy', String(mockPort)])
    const [gatewayPort, apiKey, gatewayPid] = await start(children, ['gateway', `http://127.0.0.1:${providerPort}`])
    const portkey = await startPortkey(children)
    const bearer = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
    const targets: Target[] = [
      { name: 'bare proxy', port: proxyPort, pid: proxyPid, headers: () => bearer },
      { name: 'koinon gateway', port: gatewayPort, pid: gatewayPid, headers: () => bearer },
      {
        name: 'portkey 1.15.2',
        port: portkey.port,
        pid: portkey.pid,
        headers: () => ({
          ...bearer,
          'x-portkey-provider': 'openai',
          'x-portkey-custom-host': `http://127.0.0.1:${mockPort}/v1`,
        }),
      },
    ]
    const cpu: Record<string, unknown> = {}
    for (const load of loads) cpu[load.name] = await cpuTable(load, targets, requests, rounds)
    const firstByteMs = await firstByteTable(targets, mockPort, providerPort)
    console.log(JSON.stringify({ requests, rounds, load: loadavg()[0], cpu, firstByteMs }))
  } finally {
    clearTimeout(timer)
    stop()
  }
}

/** CPU microseconds a request: rounds alternate between the targets, the least busy round counts. */
async function cpuTable(
  { name, mode, connections }: Load,
  targets: readonly Target[],
  requests: number,
  rounds: number,
): Promise<Readonly<Record<string, unknown>>> {
  const best = new Map<string, Cpu>()
  const failed = new Map<string, number>()
  const fastest = new Map<string, number>()
  // The optimising compiler is done after some thousand requests; a server lives longer than that.
  for (const target of targets) await load(target, mode, Math.max(requests, warmUpRequests), connections)
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) {
      const before = cpuOf(target.pid)
      const begunMs = performance.now()
      const failures = await load(target, mode, requests, connections)
      const perSecond = Math.round((requests * 1000) / (performance.now() - begunMs))
      fastest.set(target.name, Math.max(perSecond, fastest.get(target.name) ?? 0))
      const after = cpuOf(target.pid)
      const spent = {
        allMicros: (after.allMicros - before.allMicros) / requests,
        loopMicros: (after.loopMicros - before.loopMicros) / requests,
      }
      const known = best.get(target.name)
      if (known === undefined || spent.allMicros < known.allMicros) best.set(target.name, spent)
      failed.set(target.name, (failed.get(target.name) ?? 0) + failures)
    }
  }
  console.error(`\nCPU a request, ${name}, ${connections} connections, best of ${rounds} rounds of ${requests}`)
  const bare = best.get('bare proxy') as Cpu
  for (const [target, { allMicros, loopMicros }] of best) {
    const failures = failed.get(target) as number
    const note = failures === 0 ? '' : `  (${failures} of ${rounds * requests} requests failed)`
    const ratio = (allMicros / bare.allMicros).toFixed(2)
    console.error(
      `  ${target.padEnd(16)} ${allMicros.toFixed(0).padStart(6)} us  ${ratio}x bare, ${loopMicros.toFixed(0)} us of it on the event loop, ${fastest.get(target)} a second${note}`,
    )
  }
  const own = (best.get('koinon gateway') as Cpu).allMicros
  const koinonToBare = own / bare.allMicros
  const portkeyToKoinon = (best.get('portkey 1.15.2') as Cpu).allMicros / own
  console.error(`  portkey / koinon ${portkeyToKoinon.toFixed(2)}`)
  const spent = [...best].map(([target, micros]) => [
    target,
    { ...micros, perSecond: fastest.get(target), failed: failed.get(target) as number },
  ])
  return { connections, koinonToBare, portkeyToKoinon, ...Object.fromEntries(spent) }
}

/** Runs the load; resolves with the number of answers that were not a complete 200. */
async function load(target: Target, mode: Mode, requests: number, parallel: number): Promise<number> {
  const pool = new Pool(`http://127.0.0.1:${target.port}`, { connections: parallel })
  let left = requests
  let failures = 0
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path,
        headers: target.headers(),
        body: bodies[mode],
      })
      const text = await body.text()
      if (statusCode !== 200 || !text.includes(mode === 'sse' ? '[DONE]' : 'word15')) failures += 1
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  await pool.close()
  return failures
}

/** Time to the first byte of a stream, one request at a time; targets take turns. */
async function firstByteTable(
  targets: readonly Target[],
  mockPort: number,
  providerPort: number,
): Promise<Readonly<Record<string, number>>> {
  const session = await testSession(testParty('gateway'))
  const caller = { session: () => session, clock: systemClock, random: systemRandom }
  const { account } = testParty('provider')
  const gatewayAccount = testParty('gateway').account
  const bodyHash = bytesToHex(sha256Native(bodies.sse))
  const direct: readonly Target[] = [
    { name: 'direct, plain mock', port: mockPort, pid: 0, headers: () => ({}) },
    {
      name: 'direct, provider',
      port: providerPort,
      pid: 0,
      headers: () => ({
        [nodeRequestHeader]: signedHeader(caller, { recipient: account, method: 'POST', path, bodyHash }),
        'x-koinon-request-id': bytesToHex(systemRandom(16)),
        'x-koinon-channel': channelIdOf(testChannel(gatewayAccount, gatewayAccount, account), testDomain),
      }),
    },
  ]
  const all = [...direct, ...targets]
  const pools = new Map(
    all.map((target) => [target.name, new Pool(`http://127.0.0.1:${target.port}`, { connections: 1 })]),
  )
  const times = new Map<string, number[]>(all.map(({ name }) => [name, []]))
  for (let turn = 0; turn < firstByteTurns; turn++) {
    for (const target of all) {
      const headers = target.headers()
      const began = performance.now()
      const { body } = await (pools.get(target.name) as Pool).request({
        method: 'POST',
        path,
        headers,
        body: bodies.sse,
      })
      let first: number | undefined
      for await (const _ of body) first ??= performance.now() - began
      if (turn >= 20 && first !== undefined) times.get(target.name)?.push(first)
    }
  }
  console.error('\ntime to first byte of a stream, concurrency 1, p50 of 200')
  const median = (name: string): number => {
    const sorted = (times.get(name) as number[]).sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  }
  for (const { name } of all) console.error(`  ${name.padEnd(18)} ${median(name).toFixed(2)} ms`)
  console.error(`  added by the bare proxy   ${(median('bare proxy') - median('direct, plain mock')).toFixed(2)} ms`)
  console.error(`  added by koinon           ${(median('koinon gateway') - median('direct, provider')).toFixed(2)} ms`)
  console.error(
    `  added by portkey          ${(median('portkey 1.15.2') - median('direct, plain mock')).toFixed(2)} ms`,
  )
  await Promise.all([...pools.values()].map((pool) => pool.close()))
  return Object.fromEntries(all.map(({ name }) => [name, median(name)]))
}

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

function start(children: ChildProcess[], args: readonly string[]): Promise<[port: number, text: string, pid: number]> {
  const child = fork(import.meta.filename, args, { execArgv: ['--disable-warning=ExperimentalWarning'] })
  children.push(child)
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      const { port, text } = message as { port: number; text: string }
      resolve([port, text, child.pid as number])
    })
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)))
  })
}

/** Portkey listens on all interfaces; a preload keeps it on loopback. */
async function startPortkey(children: ChildProcess[]): Promise<{ readonly port: number; readonly pid: number }> {
  const entry = createRequire(import.meta.url).resolve('@portkey-ai/gateway/package.json')
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const onLoopback = `import net from 'node:net'; const listen = net.Server.prototype.listen; net.Server.prototype.listen = function (...args) { return listen.call(this, { port: typeof args[0] === 'object' ? args[0].port : args[0], host: '127.0.0.1' }, args.find((a) => typeof a === 'function')) }`
  const child = spawn(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(onLoopback)}`,
      join(dirname(entry), 'build/start-server.js'),
      `--port=${port}`,
      '--headless',
    ],
    { stdio: 'ignore' },
  )
  children.push(child)
  for (let look = 0; look < 200; look++) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    )
    if (isUp) return { port, pid: child.pid as number }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('Portkey did not start')
}

type Cpu = { readonly allMicros: number; readonly loopMicros: number }

/** User and system time of a process with all its threads, and of its first thread alone (Linux). */
function cpuOf(pid: number): Cpu {
  return { allMicros: ticksMicros(`/proc/${pid}/stat`), loopMicros: ticksMicros(`/proc/${pid}/task/${pid}/stat`) }
}

function ticksMicros(file: string): number {
  const fields = readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? []
  const microsPerTick = 10_000
  return (Number(fields[11]) + Number(fields[12])) * microsPerTick
}
