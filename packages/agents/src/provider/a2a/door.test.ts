import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Role, type SendMessageRequest, TaskState } from '@a2a-js/sdk'
import { ClientFactory, JsonRpcTransportFactory } from '@a2a-js/sdk/client'
import { ServerCallContext } from '@a2a-js/sdk/server'
import { DurableStore, defaultHttpLimits, HttpListener, sendJson } from '@koinon/base/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { A2aDoor } from './door.ts'
import type { A2aWork } from './executor.ts'
import { callerNetwork, DurableTaskStore, taskStoreSchema } from './task-store.ts'

const child = new URL('../../testing/agent-child.ts', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'koinon-a2a-'))
let store: DurableStore
let listener: HttpListener
let origin = ''
let url = ''
let running = 0

const work: A2aWork = async ({ text, isFollowUp, signal }, say) => {
  if (text === 'throw') throw new Error('/secret/path: key 0x1234')
  if (text === 'ask')
    return isFollowUp ? { state: 'completed', text: 'thanks' } : { state: 'input-required', text: 'What?' }
  if (text === 'hang') {
    running++
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    return { state: 'completed', text: 'too late' }
  }
  say('half way')
  return { state: 'completed', text: `heard ${text}`, data: { isFollowUp } }
}

beforeAll(async () => {
  store = await DurableStore.open(join(folder, 'agent.db'), taskStoreSchema)
  let door: A2aDoor | undefined
  listener = new HttpListener({
    host: '127.0.0.1',
    port: 0,
    limits: defaultHttpLimits,
    handle: async (request, response) => {
      if ((await door?.serve(request, response)) !== true) sendJson(response, 404, {})
    },
  })
  origin = `http://127.0.0.1:${await listener.start()}`
  url = `${origin}/a2a`
  const skills = [{ id: 'echo', name: 'Echo', description: 'Says it again', tags: ['echo'] }]
  const card = { name: 'Echo', description: 'Says it again', version: '1.0.0', url, skills }
  door = new A2aDoor({ card, work, store, nowMs: Date.now, maximumRunning: 2 })
})
afterAll(async () => {
  await listener.stop(100)
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

type Rpc = { readonly result?: Record<string, never>; readonly error?: { readonly code: number } }

async function rpc(method: string, params: object, headers: Record<string, string> = {}, to = url): Promise<Rpc> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  return (await (await fetch(to, { method: 'POST', body, headers })).json()) as Rpc
}

const message = (text: string, further: object = {}) => ({
  message: { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text }], ...further },
})
const taskOf = ({ result }: Rpc) =>
  (result as unknown as { task: { id: string; contextId: string; status: { state: string } } }).task

function request(text: string): SendMessageRequest {
  const content = { $case: 'text', value: text } as const
  return {
    tenant: '',
    configuration: undefined,
    metadata: undefined,
    message: {
      messageId: crypto.randomUUID(),
      contextId: '',
      taskId: '',
      role: Role.ROLE_USER,
      parts: [{ content, metadata: undefined, filename: '', mediaType: 'text/plain' }],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    },
  }
}

describe('an agent over A2A', () => {
  it('is found, asked, streamed and followed by the stock client of protocol 1.0', async () => {
    const client = await new ClientFactory({ transports: [new JsonRpcTransportFactory()] } as never).createFromUrl(
      origin,
    )
    const task = (await client.sendMessage(request('this'))) as unknown as {
      id: string
      status: { state: TaskState }
      artifacts: { parts: { content: { value: unknown } }[] }[]
    }
    expect(task.status.state).toBe(TaskState.TASK_STATE_COMPLETED)
    expect(task.artifacts[0]?.parts[0]?.content.value).toBe('heard this')
    const kinds: string[] = []
    for await (const event of client.sendMessageStream(request('that')))
      kinds.push((event as { payload?: { $case: string } }).payload?.$case ?? '')
    expect(kinds).toEqual(['task', 'statusUpdate', 'statusUpdate', 'artifactUpdate', 'statusUpdate'])
  })

  it('speaks 0.3, and its card holds for readers of both', async () => {
    const parts = [{ kind: 'text', text: 'old' }]
    const sent = await rpc('message/send', { message: { kind: 'message', messageId: 'm', role: 'user', parts } })
    expect(sent.result).toMatchObject({ kind: 'task', status: { state: 'completed' } })
    const card = (await (await fetch(`${origin}/.well-known/agent-card.json`)).json()) as Record<string, unknown>
    expect(card).toMatchObject({
      protocolVersion: '0.3.0',
      url,
      preferredTransport: 'JSONRPC',
      supportedInterfaces: [
        { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
        { url, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
      ],
      capabilities: { streaming: true, pushNotifications: false },
    })
    expect(await rpc('SendMessage', message('x'), { 'a2a-version': '9.9' })).toHaveProperty('error')
  })

  it('waits for input, then goes on; says nothing of its insides', async () => {
    const asked = taskOf(await rpc('SendMessage', message('ask')))
    expect(asked.status.state).toBe('TASK_STATE_INPUT_REQUIRED')
    const { id: taskId, contextId } = asked
    expect(taskOf(await rpc('SendMessage', message('ask', { taskId, contextId }))).status.state).toBe(
      'TASK_STATE_COMPLETED',
    )
    const thrown = JSON.stringify(await rpc('SendMessage', message('throw')))
    expect(thrown).toContain('TASK_STATE_FAILED')
    expect(thrown).not.toContain('secret')
  })

  it('is cancelled for good, and takes no more work than it can do', async () => {
    const wait = { configuration: { returnImmediately: true } }
    const begun = await Promise.all([1, 2].map(() => rpc('SendMessage', { ...message('hang'), ...wait })))
    await expect.poll(() => running).toBe(2)
    expect(taskOf(await rpc('SendMessage', message('hang'))).status.state).toBe('TASK_STATE_REJECTED')
    for (const { id } of begun.map(taskOf)) {
      expect(await rpc('CancelTask', { id })).toMatchObject({ result: { status: { state: 'TASK_STATE_CANCELED' } } })
      expect(await rpc('GetTask', { id })).toMatchObject({ result: { status: { state: 'TASK_STATE_CANCELED' } } })
      expect(await rpc('CancelTask', { id: `${id}x` })).toMatchObject({ error: { code: -32001 } })
    }
  })

  it('shows strangers no list of others, and tasks of who showed a secret to nobody else', async () => {
    const alice = { authorization: 'Bearer alice' }
    const { id } = taskOf(await rpc('SendMessage', message('mine'), alice))
    const listed = async (headers: Record<string, string>): Promise<string> =>
      JSON.stringify(await rpc('ListTasks', {}, headers))
    expect(await listed(alice)).toContain(id)
    expect(await listed({ authorization: 'Bearer mallory' })).not.toContain(id)
    expect(await listed({})).not.toContain(id)
    expect(await rpc('GetTask', { id }, { authorization: 'Bearer mallory' })).toMatchObject({ error: { code: -32001 } })
    expect(await rpc('GetTask', { id }, alice)).toHaveProperty('result')
  })

  it('refuses what is no request', async () => {
    const raw = async (body: string): Promise<unknown> => (await fetch(url, { method: 'POST', body })).json()
    expect(await raw('{')).toMatchObject({ error: { code: -32700 } })
    expect(await raw('[]')).toMatchObject({ error: { code: -32600 } })
    expect(await raw('{"jsonrpc":"1.0","id":7,"method":"GetTask"}')).toMatchObject({ id: 7, error: { code: -32600 } })
    expect(await rpc('NoSuch', {})).toMatchObject({ error: { code: -32601 } })
    expect(await rpc('ListTasks', { pageToken: 'junk' })).toMatchObject({ error: { code: -32602 } })
  })
})

describe('an agent that is killed', () => {
  const file = join(folder, 'killed.db')
  let port = 0
  let process_: ChildProcess

  async function start(): Promise<void> {
    process_ = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', child, file, `${port}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise<void>((resolve) => process_.stdout?.once('data', () => resolve()))
  }
  async function kill(): Promise<void> {
    const gone = new Promise((resolve) => process_.once('exit', resolve))
    process_.kill('SIGKILL')
    await gone
  }
  const runs = (): readonly string[] => readFileSync(`${file}.runs`, 'utf8').trim().split('\n')
  const stateOf = async (id: string): Promise<string> => {
    const { result } = await rpc('GetTask', { id }, {}, `http://127.0.0.1:${port}/a2a`)
    return (result as unknown as { status: { state: string } }).status.state
  }

  it('keeps what was done, does once more what was under way, and never a third time', async () => {
    port = await freePort()
    await start()
    const to = `http://127.0.0.1:${port}/a2a`
    const wait = { configuration: { returnImmediately: true } }
    const done = taskOf(await rpc('SendMessage', message('quick'), {}, to)).id
    const slow = taskOf(await rpc('SendMessage', { ...message('slow'), ...wait }, {}, to)).id
    const fatal = taskOf(await rpc('SendMessage', { ...message('fatal'), ...wait }, {}, to)).id
    await expect.poll(() => runs().length).toBe(3)
    await kill()
    await start()
    await expect.poll(() => stateOf(slow)).toBe('TASK_STATE_COMPLETED')
    expect(await stateOf(done)).toBe('TASK_STATE_COMPLETED')
    await expect.poll(() => runs().length).toBe(5)
    await kill()
    await start()
    await expect.poll(() => stateOf(fatal)).toBe('TASK_STATE_FAILED')
    await kill()
    await start()
    expect([...runs()].sort()).toEqual(['fatal false', 'fatal true', 'quick false', 'slow false', 'slow true'])
    await kill()
  }, 30_000)
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

it('keeps ended tasks in bounded room, the newest of them', async () => {
  const tasks = new DurableTaskStore({ store, nowMs: () => ++atMs, maximumBytes: 20_000 })
  const context = new ServerCallContext({ user: { isAuthenticated: false, userName: 'from:stranger' } })
  let atMs = Date.now() + 1_000_000
  const status = { state: TaskState.TASK_STATE_REJECTED, message: undefined, timestamp: undefined }
  for (let index = 0; index < 64; index++) {
    const metadata = { text: 'x'.repeat(5_000) }
    await tasks.save({ id: `flood-${index}`, contextId: 'c', status, artifacts: [], history: [], metadata }, context)
  }
  const [left] = await store.read("select sum(length(json)) as bytes from a2a_tasks where id like 'flood-%'")
  expect(Number(left?.['bytes'])).toBeLessThanOrEqual(20_000)
  expect(await tasks.load('flood-63', context)).toBeDefined()
})

it('keeps what others began, however much one stranger asks and under however many names', async () => {
  let atMs = Date.now() + 2_000_000
  const own = await DurableStore.open(join(folder, 'fair.db'), taskStoreSchema)
  const tasks = new DurableTaskStore({ store: own, nowMs: () => ++atMs, maximumTasks: 20, maximumBytes: 100_000 })
  const caller = (userName: string, network: string): ServerCallContext =>
    new ServerCallContext({ user: { isAuthenticated: false, userName }, state: new Map([[callerNetwork, network]]) })
  const states = [TaskState.TASK_STATE_COMPLETED, TaskState.TASK_STATE_INPUT_REQUIRED]
  const save = async (id: string, index: number, context: ServerCallContext, size = 10): Promise<void> => {
    const status = { state: states[index % 2] as TaskState, message: undefined, timestamp: undefined }
    const metadata = { text: 'x'.repeat(size) }
    await tasks.save({ id, contextId: 'c', status, artifacts: [], history: [], metadata }, context)
    await tasks.beginRun(id, false)
    await tasks.endRun(id)
  }
  const alice = caller('from:1', 'from:1')
  for (let index = 0; index < 5; index++) await save(`alice-${index}`, index, alice)
  const bob = caller('key:bob', 'from:2')
  for (let index = 0; index < 200; index++) await save(`flood-${index}`, index, caller(`key:${index}`, 'from:3'), 3_000)
  for (let index = 0; index < 3; index++) await save(`bob-${index}`, index, bob)
  for (let index = 0; index < 64; index++) await save(`flood-${index}`, index, caller(`key:${index}`, 'from:3'), 3_000)
  for (let index = 0; index < 5; index++) expect(await tasks.load(`alice-${index}`, alice)).toBeDefined()
  for (let index = 0; index < 3; index++) expect(await tasks.load(`bob-${index}`, bob)).toBeDefined()
  const [left] = await own.read('select count(*) as n, sum(length(json)) as bytes from a2a_tasks')
  expect(Number(left?.['n'])).toBeLessThanOrEqual(20 + 64)
  await own.close()
})

it('lets one network have a quarter of its hands', async () => {
  let atWork = 0
  const own = await DurableStore.open(join(folder, 'hands.db'), taskStoreSchema)
  const listening = new HttpListener({
    host: '127.0.0.1',
    port: 0,
    limits: defaultHttpLimits,
    handle: async (incoming, response) => void (await busy?.serve(incoming, response)),
  })
  const at = `http://127.0.0.1:${await listening.start()}/a2a`
  const hang: A2aWork = ({ signal }) => {
    atWork++
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ state: 'completed' })))
  }
  const card = { name: 'Busy', description: 'Works', version: '1.0.0', url: at, skills: [] }
  const busy: A2aDoor | undefined = new A2aDoor({ card, work: hang, store: own, nowMs: Date.now, maximumRunning: 8 })
  const wait = { configuration: { returnImmediately: true } }
  const far = { 'x-forwarded-for': '192.0.2.1' }
  const begun = [0, 1].map(async () => taskOf(await rpc('SendMessage', { ...message('hang'), ...wait }, far, at)).id)
  const ids = await Promise.all(begun)
  await expect.poll(() => atWork).toBe(2)
  expect(taskOf(await rpc('SendMessage', message('hang'), far, at)).status.state).toBe('TASK_STATE_REJECTED')
  ids.push(taskOf(await rpc('SendMessage', { ...message('hang'), ...wait }, {}, at)).id)
  await expect.poll(() => atWork).toBe(3)
  // A message to a task that is worked on changes nothing of it.
  const [taskId] = ids
  expect(await rpc('SendMessage', message('more', { taskId }), {}, at)).toMatchObject({ error: { code: -32004 } })
  expect(await rpc('GetTask', { id: taskId }, {}, at)).toMatchObject({
    result: { status: { state: 'TASK_STATE_WORKING' } },
  })
  for (const id of ids) await rpc('CancelTask', { id }, {}, at)
  await listening.stop(100)
  await own.close()
})
