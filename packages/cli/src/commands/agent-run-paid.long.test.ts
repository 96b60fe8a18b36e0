import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Address, systemRandom } from '@koinon/base'
import { testDollarAbi } from '@koinon/ledger/abis'
import { accountKey, openHome } from '@koinon/node/home'
import { startNetwork, stockFetch, type TestNetwork } from '@koinon/payments/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>
type Agent = { readonly url: string; readonly account: Address; kill(): Promise<void>; stop(): Promise<string> }

const folder = mkdtempSync(join(tmpdir(), 'koinon-agents-paid-'))
const children = new Set<ChildProcess>()
let network: TestNetwork
let customer: Funded

const schema = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
/** A run of "hold" waits until the file "go" is there; each run leaves a line. */
const seller = (name: string): string => `
import { appendFileSync, existsSync } from 'node:fs'
const schema = ${JSON.stringify(schema)}
export const agent = { name: '${name}', description: 'Sells words', version: '1.0.0', services: [{
  name: 'words', description: 'Words', priceDollars: '0.002', input: schema, output: schema,
  run: async ({ text }) => {
    appendFileSync(${JSON.stringify(join(folder, `${name}.runs`))}, text + '\\n')
    while (text.startsWith('hold') && !existsSync(${JSON.stringify(folder)} + '/' + text + '.go')) await new Promise((done) => setTimeout(done, 20))
    return text === 'broken' ? {} : { text: '${name} says ' + text }
  },
}] }`
const buyer = (first: string, second: string): string => `
const schema = ${JSON.stringify(schema)}
export const agent = { name: 'Researcher', description: 'Buys words', version: '1.0.0',
  tools: { first: '${first}/services/words', second: '${second}/services/words', third: '${second}/a2a' },
  budget: { maxTotalDollars: '0.02', maxPerCallDollars: '0.005' },
  services: [{ name: 'research', description: 'Asks two', input: schema, output: schema,
    run: async ({ text }, { call, hire }) => {
      if (text.startsWith('hold-task')) return hire('third', { service: 'words', input: { text } }, { maxPerCallDollars: '0.005' })
      const one = await call('first', { text: 'plain ' + text }, { maxPerCallDollars: '0.002' })
      const two = await call('second', { text }, { maxPerCallDollars: text === 'cheap' ? '0.001' : '0.005' })
      return { text: one.text + '; ' + two.text }
    } }] }`

/** The command as it is typed, in a process of its own. */
async function start(name: string, source: string, port = '0'): Promise<Agent> {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, source)
  const home = openHome(join(folder, `home-${name}`))
  const { address: account } = accountKey(home, 'wallet', systemRandom)
  if (!existsSync(home.networkFile)) {
    writeFileSync(home.networkFile, JSON.stringify(network.network))
    await customer.sender.send({ to: account, value: 10n ** 18n }, 'gas')
  }
  const program = join(import.meta.dirname, '..', 'main.ts')
  const words = ['--home', home.path, '--json', 'agent', 'run', file, '--port', port, '--no-list']
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...words])
  children.add(child)
  let said = ''
  child.stderr.on('data', (data) => {
    said += data
  })
  const exit = once(child, 'exit')
  const [line] = (await Promise.race([once(child.stdout, 'data'), exit.then(() => [said])])) as [Buffer | string]
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await exit
    children.delete(child)
  }
  return {
    account,
    url: (JSON.parse(line.toString()) as { readonly url: string }).url,
    kill: () => end('SIGKILL'),
    stop: async () => {
      await end('SIGTERM')
      return said
    },
  }
}

const runsOf = (name: string, text: string): number =>
  (existsSync(join(folder, `${name}.runs`)) ? readFileSync(join(folder, `${name}.runs`), 'utf8') : '')
    .split('\n')
    .filter((line) => line === text).length
const release = (text: string): void => writeFileSync(join(folder, `${text}.go`), '')
const portOf = ({ url }: Agent): string => new URL(url).port

async function rpc(agent: Agent, method: string, params: object): Promise<Record<string, never>> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' }
  const response = await fetch(`${agent.url}/a2a`, { method: 'POST', headers, body })
  return ((await response.json()) as { readonly result: Record<string, never> }).result
}

async function give(agent: Agent, text: string): Promise<string> {
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ data: { input: { text } } }] }
  const sent = await rpc(agent, 'SendMessage', { message, configuration: { returnImmediately: true } })
  return (sent['task'] as unknown as { readonly id: string }).id
}

/** The task's words once it has ended. */
async function endOf(agent: Agent, id: string): Promise<string> {
  for (;;) {
    const task = JSON.stringify(await rpc(agent, 'GetTask', { id }))
    if (/TASK_STATE_(COMPLETED|FAILED|REJECTED)/.test(task)) return task
    await delay(100)
  }
}

beforeAll(async () => {
  network = await startNetwork()
  customer = await network.fund('customer')
}, 60_000)
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
})
afterAll(async () => {
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('koinon agent run, with money', () => {
  it('is checked by koinon agent check, which with --pay buys one call within its limit', async () => {
    const { url } = await start('checked', seller('checked'))
    const home = openHome(join(folder, 'home-checker'))
    const { address } = accountKey(home, 'wallet', systemRandom)
    writeFileSync(home.networkFile, JSON.stringify(network.network))
    await customer.sender.send({ to: address, value: 10n ** 18n }, 'gas')
    const { dollar } = network.network.contracts
    const faucet = { address: dollar, abi: testDollarAbi, functionName: 'faucet' } as const
    await customer.sender.call({ ...faucet, args: [address, 10_000_000n] })
    const check = async (...more: readonly string[]) => {
      const { stdout } = await runKoinon(home.path, '--json', 'agent', 'check', url, ...more)
      return JSON.parse(stdout) as { data: { checks: { name: string }[]; receiptId?: string }; error?: unknown }
    }
    const boughtOf = ({ data }: Awaited<ReturnType<typeof check>>) =>
      data.checks.filter(({ name }) => name === 'tool' || name === 'bought')
    expect(boughtOf(await check())).toMatchObject([{ name: 'tool', state: 'pass' }])
    const dear = await check('--pay', 'words', '--max-per-call', '0.0019')
    expect(dear.error).toMatchObject({ code: 'payments/over-limit' })
    expect(runsOf('checked', 'a call that checks a listing')).toBe(0)
    const paid = await check('--pay')
    expect(boughtOf(paid)).toMatchObject([
      {},
      { name: 'bought', state: 'pass', detail: expect.stringContaining('paid 0.002 dollars') },
    ])
    expect(runsOf('checked', 'a call that checks a listing')).toBe(1)
    const kept = await runKoinon(home.path, '--json', 'receipt', 'show', paid.data.receiptId as string)
    const { hops } = JSON.parse(kept.stdout).data as { hops: unknown[] }
    expect(hops).toMatchObject([{ receipt: { kind: 'http', amountPicoUsd: '2000000000' }, work: { status: 200 } }])
  })

  it('sells to a stock client of x402, and to another agent; nobody pays twice when either is killed', async () => {
    const first = await start('first', seller('first'))
    let second = await start('second', seller('second'))
    const pay = stockFetch(network, customer, 'exact')
    const ask = (text: string, by = pay): Promise<Response> =>
      by(`${first.url}/services/words`, { method: 'POST', body: JSON.stringify({ text }) })
    expect((await ask('free', fetch)).status).toBe(402)
    expect(await (await ask('stock')).json()).toEqual({ text: 'first says stock' })
    expect((await ask('broken')).status).toBe(500)
    expect(await network.dollarsOf(first.account)).toBe(2_000n)
    expect(runsOf('first', 'free')).toBe(0)

    const source = buyer(first.url, second.url)
    let researcher = await start('researcher', source)
    await customer.sender.call({
      address: network.network.contracts.dollar,
      abi: testDollarAbi,
      functionName: 'faucet',
      args: [accountKey(openHome(join(folder, 'home-researcher')), 'wallet', systemRandom).address, 1_000_000n],
    })
    const plain = await endOf(researcher, await give(researcher, 'a'))
    expect(plain).toContain('first says plain a; second says a')
    // A seller that asks for more than the call names gets nothing.
    expect(await endOf(researcher, await give(researcher, 'cheap'))).toContain('TASK_STATE_FAILED')
    expect(runsOf('second', 'cheap')).toBe(0)

    // The seller dies while it works; the buyer sends the same payment again.
    const held = await give(researcher, 'hold-seller')
    await expect.poll(() => runsOf('second', 'hold-seller'), { timeout: 20_000 }).toBe(1)
    const port = portOf(second)
    await second.kill()
    release('hold-seller')
    second = await start('second', seller('second'), port)
    expect(await endOf(researcher, held)).toContain('second says hold-seller')
    expect(runsOf('second', 'hold-seller')).toBe(2)

    // The buyer dies while it waits; its second run pays nothing again for the first call and goes on with the payment of the second.
    const mine = await give(researcher, 'hold-buyer')
    await expect.poll(() => runsOf('second', 'hold-buyer'), { timeout: 20_000 }).toBe(1)
    const buyerPort = portOf(researcher)
    await researcher.kill()
    release('hold-buyer')
    researcher = await start('researcher', source, buyerPort)
    expect(await endOf(researcher, mine)).toContain('second says hold-buyer')
    expect(runsOf('first', 'plain hold-buyer')).toBe(1)

    // The same inside a task of A2A: first its seller dies while it works, then its buyer while it waits.
    const task = await give(researcher, 'hold-task-seller')
    await expect.poll(() => runsOf('second', 'hold-task-seller'), { timeout: 20_000 }).toBe(1)
    await second.kill()
    release('hold-task-seller')
    second = await start('second', seller('second'), port)
    expect(await endOf(researcher, task)).toContain('second says hold-task-seller')
    expect(runsOf('second', 'hold-task-seller')).toBe(2)
    const waiting = await give(researcher, 'hold-task-buyer')
    await expect.poll(() => runsOf('second', 'hold-task-buyer'), { timeout: 20_000 }).toBe(1)
    await researcher.kill()
    release('hold-task-buyer')
    researcher = await start('researcher', source, buyerPort)
    expect(await endOf(researcher, waiting)).toContain('second says hold-task-buyer')
    expect(runsOf('second', 'hold-task-buyer')).toBe(1)

    await researcher.stop()
    expect(await first.stop()).toContain('5 calls sold for 0.01 dollars')
    expect(await second.stop()).toContain('5 calls sold for 0.01 dollars')
  }, 240_000)
})
