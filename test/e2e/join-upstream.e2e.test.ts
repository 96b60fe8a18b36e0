/** A second home sells what an OpenAI-compatible server of its owner answers: with receipts, and with nothing said that nobody can check. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ScriptedEngine, type TestNetwork as Server, startTestNetwork } from '@koinon/inference/testing'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { ask } from '../harness/ask.ts'
import { koinonCommand, koinonJson } from '../harness/cli.ts'
import { ProcessGroup } from '../harness/process-group.ts'
import { waitFor } from '../harness/wait.ts'

const network = inject('network')
const folder = mkdtempSync(join(tmpdir(), 'koinon-e2e-upstream-'))
const home = join(folder, 'home')
const model = 'far/model'
const keyVariable = 'FAR_MODEL_KEY'

type ProviderReady = { readonly account: string; readonly model: string; readonly engine: string }
type ShownCheck = { readonly name: string; readonly state: string; readonly detail: string }

/** The server: a gateway of this repository with keys of its own, which knows nothing of the network. */
let server: Server
let provider: ProcessGroup | undefined
beforeAll(async () => {
  server = await startTestNetwork({ providers: [{ engine: new ScriptedEngine({ model }) }] })
  await koinonJson(['join', network.gateway, '--home', home])
})
afterAll(async () => {
  if (provider?.isAlive() === true) await provider.end('SIGKILL')
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a provider in front of a server', () => {
  it.each<[string, readonly string[], string, number]>([
    ['no model is named', ['--upstream', 'http://127.0.0.1:9'], 'usage/upstream', 2],
    ['no server is named', ['--upstream-model', model], 'usage/upstream', 2],
    ['the URL is none', ['--upstream', 'far', '--upstream-model', model], 'upstream/bad-url', 1],
    ['nobody answers', ['--upstream', 'http://127.0.0.1:9', '--upstream-model', model], 'upstream/unreachable', 3],
    [
      'the key is not there',
      ['--upstream', 'http://127.0.0.1:9', '--upstream-model', model, '--upstream-key-env', 'FAR_NOTHING'],
      'upstream/no-key',
      1,
    ],
  ])('does not start when %s', async (_, options, code, exit) => {
    const refused = await koinonJson(['provider', 'start', '--home', home, ...options])
    expect(refused).toMatchObject({ code: exit, ok: false, error: { code, hint: expect.any(String) } })
  })

  it('does not start for a model that the server has not, and names those it has', async () => {
    const refused = await koinonJson([
      'provider',
      'start',
      '--home',
      home,
      '--upstream',
      server.url,
      '--upstream-model',
      'x',
    ])
    expect(refused.error).toMatchObject({ code: 'upstream/no-such-model', hint: expect.stringContaining(model) })
  })

  it('serves its model, and its receipts pass on paper and say what was not checked', async () => {
    provider = new ProcessGroup(
      process.execPath,
      [
        koinonCommand,
        ...['provider', 'start', '--json', '--home', home, '--upstream', `${server.url}/v1`],
        ...['--upstream-model', model, '--upstream-key-env', keyVariable],
      ],
      { env: { ...process.env, [keyVariable]: server.apiKey.text } },
    )
    const group = provider
    const ready = await waitFor('the provider is ready', 60_000, () => {
      if (group.exit !== undefined) throw new Error(`it ended with ${group.exit}: ${group.stdout}\n${group.stderr}`)
      return group.stdout.includes('\n') && (JSON.parse(group.stdout.split('\n')[0] as string) as ProviderReady)
    })
    expect(ready).toMatchObject({ model, engine: 'upstream' })
    expect(group.stdout).not.toContain('benchmark')
    const answer = await waitFor('the gateway routes to it', 20_000, async () => {
      const tried = await ask(network, { text: 'Hello', extra: { model } })
      return tried.status === 200 && tried
    })
    expect(answer.provider).toBe(ready.account)
    expect(answer.body).toContain('Hello from the engine')
    expect(answer.body).not.toContain(new URL(server.url).host)
    const verified = await koinonJson([
      ...['receipt', 'verify', answer.receiptId as string, '--level', 'L2', '--home', network.home],
    ])
    expect(verified.code, JSON.stringify(verified)).toBe(0)
    const checks = verified.data['checks'] as readonly ShownCheck[]
    const stateOf = (name: string): string | undefined => checks.find((check) => check.name === name)?.state
    expect([stateOf('signature'), stateOf('amount')]).toEqual(['pass', 'pass'])
    expect([stateOf('tokens'), stateOf('text')]).toEqual(['notChecked', 'notChecked'])
  }, 120_000)

  it('leaves like any other', async () => {
    const status = await koinonJson(['provider', 'status', '--home', home])
    expect(status.data).toMatchObject({ running: true, role: { state: 'ready', restarts: 0 } })
    const left = await koinonJson(['provider', 'stop', '--home', home])
    expect(left).toMatchObject({ code: 0, data: { stopped: true, left: true } })
  }, 60_000)
})
