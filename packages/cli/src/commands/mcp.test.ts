import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ScriptedEngine, startTestNetwork, type TestNetwork } from '@koinon/inference/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'

const main = new URL('../main.ts', import.meta.url).pathname
let network: TestNetwork
beforeAll(async () => {
  network = await startTestNetwork({ providers: [{ engine: new ScriptedEngine() }] })
})
afterAll(() => network.close())

it('speaks MCP over standard input and output, with nothing else between, and ends with its caller', async () => {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      main,
      ...['--home', '/nonexistent/koinon-home', 'mcp', '--gateway', network.url, '--key', network.apiKey.text],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const answers: { readonly id: number; readonly result: Record<string, unknown> }[] = []
  const lines = createInterface({ input: child.stdout })
  const heard = new Promise<void>((resolve) =>
    lines.on('line', (line) => {
      answers.push(JSON.parse(line))
      if (answers.length === 3) resolve()
    }),
  )
  const say = (json: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...json })}\n`)
  const clientInfo = { name: 'test', version: '1' }
  say({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo } })
  say({ method: 'notifications/initialized' })
  say({ id: 2, method: 'tools/list' })
  say({ id: 3, method: 'tools/call', params: { name: 'call_model', arguments: { prompt: 'Hello', maxTokens: 8 } } })
  await heard
  child.stdin.end()
  expect(await ended).toBe(0)
  const texts = answers.map(({ result }) => JSON.stringify(result))
  expect(texts.some((text) => text.includes('"serverInfo":{"name":"koinon"'))).toBe(true)
  expect(texts.some((text) => text.includes('verify_receipt'))).toBe(true)
  expect(texts.some((text) => text.includes('Hello from the engine'))).toBe(true)
}, 30_000)
