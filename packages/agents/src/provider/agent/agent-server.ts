import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesToHex, type Clock, isKoinonError, type Random } from '@koinon/base'
import {
  type DurableStore,
  defaultHttpLimits,
  HttpListener,
  httpStatusOf,
  isLoopbackHost,
  parseJsonObject,
  sendError,
  sendJson,
} from '@koinon/base/node'
import { createPaywall, type Paywall } from '@koinon/payments/paywall'
import type { CashDesk } from '@koinon/payments/provider'
import { type CallPayer, freeCalls, freeMessages } from '../../client/calls/paid-call.ts'
import { taskCallsSchema } from '../../client/calls/task-calls.ts'
import type { Registration } from '../../rules/identity/registration-file.ts'
import { A2aDoor } from '../a2a/door.ts'
import { taskStoreSchema } from '../a2a/task-store.ts'
import { guardDoor } from '../mcp/door-guard.ts'
import { McpHttpDoor } from '../mcp/http-door.ts'
import { agentCard, agentDocuments } from './agent-documents.ts'
import type { AgentTill } from './agent-till.ts'
import { priceOf } from './define-agent.ts'
import type { AgentDefinition, AgentService } from './definition.ts'
import { ServiceMessages } from './service-messages.ts'
import { ServiceRunner } from './service-runner.ts'

export type AgentServerOptions = {
  readonly definition: AgentDefinition
  readonly host: string
  readonly port: number
  /** Where others reach it; host and port unless given. */
  readonly publicUrl?: string
  /** Opened with `agentSchema` among its tables. */
  readonly store: DurableStore
  readonly clock: Clock
  readonly random: Random
  readonly fetch?: typeof fetch
  /** Pays what handlers call; without it they call free services only. */
  readonly payer?: CallPayer
  readonly till?: AgentTill
  readonly onError?: (error: unknown) => void
}

export const agentSchema = `${taskStoreSchema}${taskCallsSchema}`

/** One agent on one port: `/services/NAME`, A2A at `/a2a`, MCP at `/mcp`, its card, registration file and OpenAPI document. */
export class AgentServer {
  readonly #options: AgentServerOptions
  readonly #runner: ServiceRunner
  readonly #listener: HttpListener
  readonly #sold: readonly AgentService[]
  #door: A2aDoor | undefined
  #mcp: McpHttpDoor | undefined
  #paywall: Paywall | undefined
  #url = ''
  #registrations: readonly Registration[] = []

  constructor(options: AgentServerOptions) {
    const { definition, store, till, fetch = globalThis.fetch } = options
    const payer = options.payer ?? { pay: freeCalls(fetch), payMessage: freeMessages }
    this.#options = options
    this.#runner = new ServiceRunner(definition, { store, fetch, payer })
    this.#sold = definition.services.filter((service) => priceOf(service) === 0n || till !== undefined)
    this.#listener = new HttpListener({
      host: options.host,
      port: options.port,
      limits: defaultHttpLimits,
      handle: (request, response) => this.#handle(request, response),
    })
  }

  /** Services that are served: all with a till, else the free ones. */
  get services(): readonly AgentService[] {
    return this.#sold
  }

  get spentPicoUsd(): bigint {
    return this.#runner.ceiling.spentPicoUsd
  }

  /** Takes up broken-off tasks, then listens; resolves with the URL under which others reach it. */
  async start(): Promise<string> {
    const { definition, publicUrl, host, store, clock } = this.#options
    const port = await this.#listener.start()
    this.#url = publicUrl?.replace(/\/+$/, '') ?? `http://${host}:${port}`
    this.#paywall = this.#makePaywall()
    if (this.#sold.length > 0) {
      const { random, till, onError } = this.#options
      const messages = new ServiceMessages({
        agentName: definition.name,
        services: this.#sold,
        runner: this.#runner,
        till,
        taskUrl: `${this.#url}/a2a`,
        origin: this.#url,
        clock,
        random,
        onError,
      })
      this.#door = new A2aDoor({
        card: agentCard(definition, this.#sold, this.#url),
        store,
        nowMs: clock.nowMs,
        work: (job, say) => messages.work(job, say),
      })
      this.#mcp = new McpHttpDoor({
        definition: { name: definition.name, version: definition.version, tools: messages.tools() },
        nowMs: clock.nowMs,
        ...this.#whoMayUseTools(),
      })
      await this.#door.recover()
    }
    return this.#url
  }

  async stop(): Promise<void> {
    await this.#mcp?.close()
    await this.#listener.stop(2_000)
  }

  /** What its file says from now on about where it is registered. */
  nameRegistrations(registrations: readonly Registration[]): void {
    this.#registrations = registrations
  }

  /** What a record in a book says of it. */
  documents(): ReturnType<typeof agentDocuments> {
    return agentDocuments(this.#options.definition, this.#sold, this.#url, this.#registrations)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] as string
    const refusal = this.#foreignPageError(request)
    if (request.method === 'POST' && refusal !== undefined) return sendError(response, refusal)
    if (path === '/mcp' && this.#mcp !== undefined) return this.#mcp.serve(request, response)
    if ((await this.#door?.serve(request, response)) === true) return
    if (path.startsWith('/services/') && request.method === 'POST' && this.#paywall !== undefined)
      return this.#paywall(request, response)
    const { openApi, registration } = this.documents()
    if (request.method === 'GET' && path === '/openapi.json') return sendJson(response, 200, openApi)
    if (request.method === 'GET' && path === '/.well-known/agent-registration.json')
      return sendJson(response, 200, registration)
    if (request.method === 'GET' && path === '/healthz') return sendJson(response, 200, { ok: true })
    sendJson(response, 404, { error: { code: 'agents/not-found', message: 'There is nothing here', retry: 'never' } })
  }

  /** A server of this machine alone is not for pages: one could ask free services, and as somebody here read what others here asked. */
  #foreignPageError(request: IncomingMessage): unknown {
    if (!isLoopbackHost(this.#options.host)) return undefined
    try {
      guardDoor(request, { ...this.#whoMayUseTools(), isOpen: true })
      return undefined
    } catch (error) {
      return error
    }
  }

  #makePaywall(): Paywall {
    const { till, clock, random, onError } = this.#options
    return createPaywall({
      desk: till?.desk ?? noDesk,
      wires: till?.wiresAt(this.#url) ?? [],
      origin: this.#url,
      clock,
      terms: (request) => {
        const service = this.#serviceAt(request.url)
        const price = service === undefined ? 0n : priceOf(service)
        if (service === undefined || price === 0n || till === undefined) return undefined
        return till.terms(
          { url: request.url, method: 'POST', description: service.description, mimeType: 'application/json' },
          price,
        )
      },
      serve: async ({ url, body, payment, signal }) => {
        try {
          const name = this.#serviceAt(url)?.name ?? ''
          const taskId = payment?.requestId ?? bytesToHex(random(16))
          const run = { taskId, isSecondRun: false, signal, say: () => undefined }
          const answer = await this.#runner.run(name, parseJsonObject(body), run)
          return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) }
        } catch (error) {
          onError?.(error)
          const { code, message } = isKoinonError(error)
            ? error
            : { code: 'agents/failed', message: 'The agent failed' }
          const status = Math.max(400, httpStatusOf(error))
          return {
            status,
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ error: { code, message } }),
          }
        }
      },
      ...(onError === undefined ? {} : { onError }),
    })
  }

  #serviceAt(url: string): AgentService | undefined {
    const name = decodeURIComponent(new URL(url).pathname.slice('/services/'.length))
    return this.#sold.find((service) => service.name === name)
  }

  /** Services are for anybody, so beyond this machine the door is open to programs and stays closed to foreign pages. */
  #whoMayUseTools(): { readonly hosts: readonly string[]; readonly isOpen: boolean } {
    return { hosts: [new URL(this.#url).host.toLowerCase()], isOpen: !isLoopbackHost(this.#options.host) }
  }
}

const noDesk: CashDesk = {
  admit: () => Promise.reject(new Error('This agent sells nothing')),
  underWay: () => [],
}
