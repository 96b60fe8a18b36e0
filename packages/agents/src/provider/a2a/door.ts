import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type AgentCard,
  Extensions,
  formatSSEEvent,
  type Message,
  SSE_HEADERS,
  type Task,
  TaskState,
} from '@a2a-js/sdk'
import { A2A_LEGACY_PROTOCOL_VERSION, isLegacyJsonRpcMethod } from '@a2a-js/sdk/compat/v0_3'
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server'
import {
  AgentEvent,
  DefaultExecutionEventBusManager,
  DefaultRequestHandler,
  JsonRpcTransportHandler,
  RequestContext,
  ResultManager,
  ServerCallContext,
  type User,
  validateVersion,
} from '@a2a-js/sdk/server'
import { type DurableStore, ipNetworkOf, isLoopbackPeer, readBody, sendJson } from '@koinon/base/node'
import { agentCardOf, type CardDescription, cardJson } from './agent-card.ts'
import { type A2aWork, localNetwork, WorkExecutor } from './executor.ts'
import { callerNetwork, DurableTaskStore, namedOwner } from './task-store.ts'

export type A2aDoorOptions = {
  readonly card: CardDescription
  readonly work: A2aWork
  /** Opened with `taskStoreSchema` among its tables. */
  readonly store: DurableStore
  readonly nowMs: () => number
  readonly maximumRunning?: number
  readonly maximumTasks?: number
  readonly maximumTaskBytes?: number
  readonly maximumBodyBytes?: number
}

const cardPath = '/.well-known/agent-card.json'
const mostRuns = 2

/** A2A over JSON-RPC, protocols 1.0 and 0.3, at the path of the card's URL, and the card. */
export class A2aDoor {
  readonly #options: A2aDoorOptions
  readonly #card: AgentCard
  readonly #path: string
  readonly #tasks: DurableTaskStore
  readonly #executor: WorkExecutor
  /** Tasks for which a message has come and no run has ended. */
  readonly #taken = new Set<string>()
  readonly #buses = new DefaultExecutionEventBusManager()
  readonly #current: JsonRpcTransportHandler
  readonly #legacy: LegacyJsonRpcTransportHandler

  constructor(options: A2aDoorOptions) {
    this.#options = options
    this.#card = agentCardOf(options.card)
    this.#path = new URL(options.card.url).pathname
    const { maximumTaskBytes: maximumBytes } = options
    this.#tasks = new DurableTaskStore({ ...options, ...(maximumBytes === undefined ? {} : { maximumBytes }) })
    this.#executor = new WorkExecutor({ ...options, store: this.#tasks })
    const handler = new DefaultRequestHandler(
      this.#card,
      this.#tasks,
      this.#executor,
      this.#buses,
      undefined,
      undefined,
      undefined,
      undefined,
      // Tasks that wait keep nothing in memory.
      { keepBusAliveStates: [] },
    )
    this.#current = new JsonRpcTransportHandler(handler)
    this.#legacy = new LegacyJsonRpcTransportHandler(handler)
  }

  /**
   * Takes up what a crash broke off; call once before the door opens. A task is run a second time and never a third: then it fails and says
   * so. Resolves when the runs have begun.
   */
  async recover(): Promise<void> {
    for (const { task, owner, runs } of await this.#tasks.unfinished()) {
      const context = new ServerCallContext({ user: userOf(owner) })
      const message = task.history.findLast(({ role }) => role === 1)
      if (runs >= mostRuns || message === undefined)
        await this.#tasks.save(brokenOff(task, this.#options.nowMs()), context)
      else this.#again(task, message, context)
    }
  }

  /** True when the request was for the door and is answered or being answered. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const path = (request.url ?? '').split('?')[0]
    if (path === cardPath && request.method === 'GET') {
      sendJson(response, 200, cardJson(this.#card), { 'cache-control': 'max-age=60' })
      return true
    }
    if (path !== this.#path || request.method !== 'POST') return false
    await this.#answer(request, response)
    return true
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let json: Record<string, unknown>
    try {
      const parsed: unknown = JSON.parse(
        (await readBody(request, this.#options.maximumBodyBytes ?? 1 << 20)).toString('utf8'),
      )
      if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
        return sendJson(response, 200, rpcError(null, -32600, 'A request is one JSON object'))
      json = parsed as Record<string, unknown>
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      return sendJson(response, 200, rpcError(null, -32700, 'Invalid JSON payload.'))
    }
    const problem = envelopeProblem(json)
    if (problem !== undefined) return sendJson(response, 200, rpcError(idOf(json), -32600, problem))
    const isLegacy = typeof json['method'] === 'string' && isLegacyJsonRpcMethod(json['method'])
    const handler = isLegacy ? this.#legacy : this.#current
    const taskId = taskOfMessage(json)
    if (taskId !== undefined && (this.#taken.has(taskId) || this.#executor.isRunning(taskId)))
      return sendJson(response, 200, rpcError(idOf(json), -32004, 'The task is being worked on; look at it meanwhile'))
    if (taskId !== undefined) this.#taken.add(taskId)
    try {
      const context = contextOf(request, isLegacy)
      validateVersion(context.requestedVersion, this.#card, 'JSONRPC')
      const answer = await handler.handle(json, context)
      if (Symbol.asyncIterator in answer) await stream(response, answer)
      else sendJson(response, 200, answer)
    } catch (error) {
      sendJson(response, 200, {
        jsonrpc: '2.0',
        id: idOf(json),
        error: JsonRpcTransportHandler.mapToJSONRPCError(error),
      })
    } finally {
      if (taskId !== undefined) this.#taken.delete(taskId)
    }
  }

  #again(task: Task, message: Message, call: ServerCallContext): void {
    const request = { tenant: '', message, configuration: undefined, metadata: {} }
    const context = new RequestContext(request, task.id, task.contextId, call, task)
    const bus = this.#buses.createOrGetByTaskId(task.id, call)
    const results = new ResultManager(this.#tasks, call)
    let saved: Promise<unknown> = Promise.resolve()
    bus.on('event', (event) => {
      saved = saved.then(() => results.processEvent(event)).catch(() => undefined)
    })
    bus.publish(AgentEvent.task(task))
    void this.#executor.runAgain(context, bus).then(async () => {
      await saved
      this.#buses.cleanupByTaskId(task.id, call)
    })
  }
}

function contextOf(request: IncomingMessage, isLegacy: boolean): ServerCallContext {
  const header = request.headers['a2a-version']
  const requestedVersion =
    typeof header === 'string' && header !== '' ? header : isLegacy ? A2A_LEGACY_PROTOCOL_VERSION : '1.0'
  const wanted = request.headers['a2a-extensions'] ?? request.headers['x-a2a-extensions']
  const requestedExtensions = typeof wanted === 'string' ? Extensions.parseServiceParameter(wanted) : undefined
  return new ServerCallContext({
    user: callerOf(request),
    requestedVersion,
    state: new Map<string, unknown>([
      ['headers', request.headers],
      [callerNetwork, networkOfRequest(request)],
    ]),
    ...(requestedExtensions === undefined ? {} : { requestedExtensions }),
  })
}

/** Whoever shows a secret is known by its hash; everybody else by where they call from, so that strangers do not list each other's tasks. */
function callerOf(request: IncomingMessage): User {
  const { authorization } = request.headers
  if (authorization !== undefined)
    return userOf(`${namedOwner}${createHash('sha256').update(authorization).digest('hex')}`)
  return userOf(networkOfRequest(request))
}

function networkOfRequest(request: IncomingMessage): string {
  return isLoopbackPeer(request) ? localNetwork : `from:${ipNetworkOf(request.socket.remoteAddress ?? '')}`
}

/** The task that a message is about. */
function taskOfMessage({ method, params }: Record<string, unknown>): string | undefined {
  if (typeof method !== 'string' || !/^(Send(Streaming)?Message|message\/(send|stream))$/.test(method)) return undefined
  const { message } = (params ?? {}) as { readonly message?: { readonly taskId?: unknown } | null }
  const id = message?.taskId
  return typeof id === 'string' && id !== '' ? id : undefined
}

function userOf(userName: string): User {
  return { isAuthenticated: userName.startsWith(namedOwner), userName }
}

async function stream(response: ServerResponse, events: AsyncGenerator<unknown>): Promise<void> {
  const first = await events.next()
  response.writeHead(200, SSE_HEADERS)
  if (first.done !== true) response.write(formatSSEEvent(first.value))
  for await (const event of events) {
    if (response.destroyed) break
    response.write(formatSSEEvent(event))
  }
  response.end()
}

/** What keeps an object from being a request of JSON-RPC 2.0. */
function envelopeProblem({ jsonrpc, method, id }: Record<string, unknown>): string | undefined {
  if (jsonrpc !== '2.0') return 'jsonrpc is "2.0"'
  if (typeof method !== 'string') return 'method is missing'
  if (id !== undefined && id !== null && typeof id !== 'string' && !Number.isInteger(id))
    return 'id is a text or a whole number'
  return undefined
}

function brokenOff(task: Task, nowMs: number): Task {
  const status = { state: TaskState.TASK_STATE_FAILED, message: undefined, timestamp: new Date(nowMs).toISOString() }
  return {
    ...task,
    status,
    metadata: { ...task.metadata, 'koinon.brokenOff': 'The agent ended twice while it worked on this' },
  }
}

function idOf({ id }: Record<string, unknown>): string | number | null {
  return typeof id === 'string' || typeof id === 'number' ? id : null
}

function rpcError(id: string | number | null, code: number, message: string): object {
  return { jsonrpc: '2.0', id, error: { code, message } }
}
