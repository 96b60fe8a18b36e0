import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { AgentServer, agentSchema } from '@koinon/agents/provider'
import { systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { ScriptedEngine, startTestNetwork, type TestNetwork } from '@koinon/inference/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { loadAgent } from '../agent-file.ts'
import { runKoinon } from '../testing/run-koinon.ts'

const templates = resolve(import.meta.dirname, '../../../../examples/agents')
const main = new URL('../main.ts', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'koinon-agents-'))
const running: { stop(): Promise<void> }[] = []
let network: TestNetwork
beforeAll(async () => {
  network = await startTestNetwork({ providers: [{ engine: new ScriptedEngine() }] })
  process.env['KOINON_GATEWAY_URL'] = network.url
  process.env['KOINON_API_KEY'] = network.apiKey.text
})
afterAll(async () => {
  for (const one of running) await one.stop()
  for (const name of ['GATEWAY_URL', 'API_KEY', 'HIRE_A', 'HIRE_B']) delete process.env[`KOINON_${name}`]
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(template: string): Promise<string> {
  const definition = await loadAgent(join(templates, `${template}.ts`))
  const store = await DurableStore.open(join(folder, `${crypto.randomUUID()}.db`), agentSchema)
  const given = { host: '127.0.0.1', port: 0, clock: systemClock, random: systemRandom }
  const server = new AgentServer({ definition, store, ...given })
  running.push(server, { stop: () => store.close() })
  return server.start()
}

async function use(
  url: string,
  service: string,
  input: unknown,
): Promise<{ status: number; json: Record<string, never> }> {
  const body = JSON.stringify(input)
  const response = await fetch(`${url}/services/${service}`, { method: 'POST', body })
  return { status: response.status, json: (await response.json()) as Record<string, never> }
}

/** Listens on, so that what comes later blocks nobody. */
function firstLine(input: Readable): Promise<string> {
  return new Promise((done) => createInterface({ input }).once('line', done))
}

describe('the templates', () => {
  it('answerer: answers with a receipt in which nothing fails', async () => {
    const { json } = await use(await start('answerer'), 'answer', { question: 'Hello' })
    expect(json).toMatchObject({ answer: 'Hello from the engine', failedChecks: 0 })
    expect(json['receiptId']).toMatch(/^(0x)?[0-9a-f]{32}$/)
  })

  it('researcher: hires two others and sees that they agree', async () => {
    process.env['KOINON_HIRE_A'] = `${await start('answerer')}/a2a`
    process.env['KOINON_HIRE_B'] = `${await start('answerer')}/a2a`
    const { json } = await use(await start('researcher'), 'research', { question: 'Hello' })
    expect(json).toMatchObject({ agree: true, answers: ['Hello from the engine', 'Hello from the engine'] })
  })

  it('reviewer: finds what a commit adds, runs nothing of it, and takes no junk', async () => {
    const repository = join(folder, 'repository')
    const git = (...words: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...words], { cwd: repository, stdio: 'pipe' })
    execFileSync('git', ['init', '-q', '-b', 'main', repository])
    writeFileSync(join(repository, 'a.js'), `const key = '0x${'ab'.repeat(32)}'\nok()\neval(text)\n`)
    writeFileSync(join(repository, '.gitattributes'), '*.js diff=evil\n')
    git('add', '.')
    git('commit', '-qm', 'first')
    git('bundle', 'create', '-q', 'out.bundle', 'HEAD', 'main')
    const bundleBase64 = readFileSync(join(repository, 'out.bundle')).toString('base64')
    const url = await start('reviewer')
    expect((await use(url, 'review', { bundleBase64 })).json).toMatchObject({
      files: 2,
      findings: [
        { path: 'a.js', line: 1, finding: 'looks like a private key' },
        { path: 'a.js', line: 3, finding: 'runs text as code' },
      ],
    })
    expect((await use(url, 'review', { bundleBase64: 'AAAA' })).status).toBe(500)
    expect((await use(url, 'review', { bundleBase64: '--upload-pack=x' })).status).toBe(400)
  })

  it('forecaster: puts its quantiles around a trend', async () => {
    const values = Array.from({ length: 40 }, (_, index) => 10 + index + (index % 3))
    const { json } = await use(await start('forecaster'), 'forecast', { values, steps: 3 })
    const { p10, p50, p90 } = json['quantiles'] as unknown as Record<string, number>
    expect(p50).toBeCloseTo((values.at(-1) as number) + 3, 5)
    expect((p10 as number) <= (p50 as number) && (p50 as number) <= (p90 as number)).toBe(true)
  })

  it('monitor: alerts when providers are few or dear, and is silent otherwise', async () => {
    const url = await start('monitor')
    const look = async (minimumProviders: number, most: bigint): Promise<readonly string[]> => {
      const { json } = await use(url, 'check', { minimumProviders, maximumOutputPicoUsd: `${most}` })
      return (json['alerts'] as unknown as { kind: string }[]).map(({ kind }) => kind)
    }
    expect(await look(1, 10n ** 12n)).toEqual([])
    expect(await look(2, 1n)).toEqual(['few-providers', 'dear'])
  })
})

describe('koinon agent run', () => {
  it('serves a file outside of the clone, says what it does not sell, and ends when asked', async () => {
    copyFileSync(join(templates, 'forecaster.ts'), join(folder, 'mine.ts'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }')
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        main,
        ...['--home', join(folder, 'home'), '--json', 'agent', 'run', join(folder, 'mine.ts')],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, KOINON_FORECAST_PRICE: '0.01' } },
    )
    const ended = new Promise<number | null>((done) => child.once('exit', done))
    const line = await firstLine(child.stdout)
    const ready = JSON.parse(line) as { readonly url: string }
    expect(ready).toMatchObject({ ready: true, name: 'Forecaster', services: [], left: ['forecast'] })
    expect(await (await fetch(`${ready.url}/healthz`)).json()).toEqual({ ok: true })
    expect((await use(ready.url, 'forecast', {})).status).toBe(404)
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  }, 30_000)

  it('serves the agent of docs/sdk.md, from any folder', async () => {
    const page = readFileSync(join(templates, '../../docs/sdk.md'), 'utf8')
    const [, text = ''] = /```ts\n(\/\/ greeter\.ts\n[\s\S]*?)```/.exec(page) ?? []
    writeFileSync(join(folder, 'greeter.ts'), text)
    const home = join(folder, 'greeter')
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, '--home', home, 'agent', 'run', join(folder, 'greeter.ts')],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const ended = new Promise<number | null>((done) => child.once('exit', done))
    const welcome = await firstLine(child.stdout)
    const [, url] = /^Greeter at (http:\S+)$/m.exec(welcome) ?? []
    expect(await use(`${url}`, 'greet', { name: 'Ada' })).toEqual({ status: 200, json: { text: 'Hello, Ada!' } })
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  }, 60_000)

  it('says in a home that belongs to no network what does not work, is shown by status, and ended by down', async () => {
    const home = join(folder, 'alone')
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, '--home', home, 'agent', 'run', join(templates, 'forecaster.ts')],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, KOINON_FORECAST_PRICE: '0.01' } },
    )
    let said = ''
    child.stderr.on('data', (data) => {
      said += String(data)
    })
    const ended = new Promise<number | null>((done) => child.once('exit', done))
    const welcome = await firstLine(child.stdout)
    const [, url] = /Forecaster at (\S+)/.exec(welcome) ?? []
    await vi.waitFor(() => expect(said).toContain(`koinon join URL --home ${home}`), 10_000)
    expect(said).toMatch(
      /belongs to no network, .*not registered and in no book; what it sells is not served \(forecast\)/,
    )
    const status = await runKoinon(home, 'status')
    expect(status.stdout).toMatch(
      new RegExp(`No network runs, only agents do, on[^]*Forecaster +${url} +${child.pid} +\\d+ s`),
    )
    const data = JSON.parse((await runKoinon(home, '--json', 'status')).stdout).data
    expect(data).toMatchObject({ running: false, agents: [{ name: 'Forecaster', url, pid: child.pid }] })
    const down = await runKoinon(home, 'down')
    expect([down.code, down.stdout]).toEqual([0, `Stopped the agent Forecaster (process ${child.pid}).\n`])
    expect(await ended).toBe(0)
    expect((await runKoinon(home, 'down')).stdout).toMatch(/^Nothing runs/)
  }, 60_000)

  it('says what is wrong with a file', async () => {
    await expect(loadAgent(join(folder, 'none.ts'))).rejects.toMatchObject({ code: 'agents/bad-file' })
    writeFileSync(join(folder, 'empty.mjs'), 'export const other = 1\n')
    await expect(loadAgent(join(folder, 'empty.mjs'))).rejects.toMatchObject({ code: 'agents/bad-file' })
    writeFileSync(join(folder, 'other.mjs'), "import '@koinon/none'\n")
    await expect(loadAgent(join(folder, 'other.mjs'))).rejects.toMatchObject({
      hint: 'Packages other than @koinon/sdk have to be installed beside the file.',
    })
    writeFileSync(join(folder, 'lone.mjs'), "import './helper.mjs'\n")
    await expect(loadAgent(join(folder, 'lone.mjs'))).rejects.toMatchObject({
      hint: 'Run it with "node FILE" to see where it fails.',
    })
  })
})
