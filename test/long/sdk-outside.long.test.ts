/** The blocks of docs/sdk.md in an empty folder outside of this repository, on the Node that a developer may have. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repository } from '../harness/cli.ts'
import { TestNetwork } from '../harness/network.ts'

const minuteMs = 60_000
/** The oldest line that we name; the package `node` is its program. */
const oldNode = '20.19.5'
const folder = mkdtempSync(join(tmpdir(), 'koinon-outside-'))
const network = new TestNetwork()
const oldNodePath = join(folder, 'node_modules/node/bin/node')

beforeAll(async () => {
  const packed = await run(process.execPath, [join(repository, 'scripts/pack-sdk.mjs'), folder], repository)
  write('package.json', '{ "private": true, "type": "module" }')
  const others = [`node@${oldNode}`, '@types/node@24', 'ai@7', '@ai-sdk/openai-compatible@3', '@ai-sdk/provider@4']
  await run('npm', ['install', '--no-audit', '--no-fund', packed.trim(), ...others], folder, 8 * minuteMs)
  for (const [name, text] of blocks()) write(name, text)
  await network.start()
}, 15 * minuteMs)
afterAll(async () => {
  await network.dispose()
  rmSync(folder, { recursive: true, force: true })
})

describe('the SDK outside of the clone', () => {
  it('asks with a key and checks the receipt on the oldest Node', async () => {
    const told = await story(oldNodePath, 'ask.js')
    expect(told).toMatch(/^\w+: pass$/m)
    expect(told).not.toMatch(/: fail$/m)
  })

  it('pays by the call, and says which Node that wants', async () => {
    expect(await story(process.execPath, 'pay.js')).toMatch(/paid [1-9]\d* millionths of a dollar/)
    await expect(story(oldNodePath, 'pay.js')).rejects.toThrow(/SQLite, which Node 20\.19\.5 does not have/)
  })

  it('loads every entry, with types', async () => {
    const entries = ['', '/agent', '/ai', '/mcp', '/payer']
    const text = entries.map(
      (entry, place) =>
        `import * as m${place} from '@koinon/sdk${entry}'\nconsole.log(Object.keys(m${place}).length)\n`,
    )
    write('entries.js', text.join(''))
    expect((await run(process.execPath, ['entries.js'], folder)).trim().split('\n')).toHaveLength(entries.length)
    write(
      'typed.ts',
      [
        "import { askGateway, type GatewayAnswer } from '@koinon/sdk'",
        "import { createKoinon } from '@koinon/sdk/ai'",
        "import { defineAgent } from '@koinon/sdk/agent'",
        "import { openPayer, type GatewayPayer } from '@koinon/sdk/payer'",
        "export const payer: Promise<GatewayPayer> = openPayer({ home: 'a', maxTotalDollars: '1' })",
        "export const answer: Promise<GatewayAnswer> = askGateway({ baseUrl: 'u', apiKey: 'k', body: {} })",
        '// @ts-expect-error the options are typed',
        'export const wrong = openPayer({ home: 7 })',
        "export const model = createKoinon({ baseURL: 'u', apiKey: 'k' })('default')",
        'export { defineAgent }',
      ].join('\n'),
    )
    const compiler = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node']
    const libraries = ['--lib', 'es2024,dom,dom.iterable', '--skipLibCheck', 'typed.ts']
    await run(join(repository, 'node_modules/.bin/tsc'), [...compiler, ...libraries], folder)
  })
})

/** Blocks whose first line names a file. */
function blocks(): readonly (readonly [name: string, text: string])[] {
  const text = readFileSync(join(repository, 'docs/sdk.md'), 'utf8')
  const found = [...text.matchAll(/```js\n(\/\/ (\w+\.js)\b[\s\S]*?)```/g)].map(
    (match) => [match[2], match[1]] as [string, string],
  )
  expect(found.map(([name]) => name)).toEqual(['ask.js', 'pay.js'])
  return found
}

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text)
}

function story(node: string, file: string): Promise<string> {
  const { gateway, apiKey } = network.ready
  return run(node, [file], folder, 2 * minuteMs, { KOINON_GATEWAY: gateway, KOINON_API_KEY: apiKey })
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  timeoutMs = 5 * minuteMs,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const options = { cwd, timeout: timeoutMs, maxBuffer: 16 << 20, env: { ...process.env, ...env } }
  return new Promise((resolve, reject) => {
    execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${error.message}\n${stdout.slice(-4_000)}\n${stderr.slice(-4_000)}`))
    })
  })
}
