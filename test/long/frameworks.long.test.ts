/** The stories of examples/frameworks with the frameworks as npm gives them, at a running network: each gets a paid answer without a key. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { koinon, koinonCommand, repository } from '../harness/cli.ts'
import { TestNetwork } from '../harness/network.ts'
import { ProcessGroup } from '../harness/process-group.ts'
import { waitFor } from '../harness/wait.ts'

const minuteMs = 60_000
const folder = join(repository, 'examples/frameworks')
const network = new TestNetwork()
const home = join(network.folder, 'agent')
let proxy: ProcessGroup | undefined

beforeAll(async () => {
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], 8 * minuteMs)
  const { gateway } = await network.start()
  expect((await koinon(['join', gateway, '--home', home])).code).toBe(0)
}, 15 * minuteMs)
afterAll(async () => {
  await proxy?.end('SIGINT')
  await network.dispose()
})

describe('frameworks without a key', () => {
  it('have the types that they are given', async () => {
    await run(join(repository, 'node_modules/.bin/tsc'), ['-p', '.'], 3 * minuteMs)
  })

  it('OpenAI Agents: an agent pays for its model by the call', async () => {
    expect(await story('openai-agents.ts')).toMatch(/paid \d+ millionths of a dollar, all checks of the receipt passed/)
  })

  it('Mastra: an agent pays for its model by the call', async () => {
    expect(await story('mastra.ts')).toMatch(/paid \d+ millionths of a dollar, \d+ checks of the receipt passed/)
  })

  it('LangGraph: a tool of koinon mcp tells the price, koinon proxy pays', async () => {
    const group = new ProcessGroup(process.execPath, [koinonCommand, 'proxy', '--home', home, '--port', '0', '--json'])
    proxy = group
    const { baseUrl } = await waitFor('the proxy is ready', minuteMs, () =>
      group.stdout.includes('\n') ? (JSON.parse(group.stdout) as { baseUrl: string }) : undefined,
    )
    expect(await story('langgraph.ts', { KOINON_PROXY: baseUrl })).toMatch(
      /\d tools; the proxy paid [1-9]\d* millionths/,
    )
  })
})

function story(file: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { gateway } = network.ready
  return run(process.execPath, ['--disable-warning=ExperimentalWarning', file], 2 * minuteMs, {
    KOINON_GATEWAY: gateway,
    KOINON_HOME: home,
    ...env,
  })
}

function run(
  command: string,
  args: readonly string[],
  timeoutMs: number,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const options = { cwd: folder, timeout: timeoutMs, maxBuffer: 16 << 20, env: { ...process.env, ...env } }
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${error.message}\n${stdout.slice(-4_000)}\n${stderr.slice(-4_000)}`))
    })
  })
}
