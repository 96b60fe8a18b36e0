import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { KoinonError } from '@koinon/base'
import { parseJsonObject, readBody, sendError } from '@koinon/base/node'
import type { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js'
import type { McpDefinition } from './definition.ts'
import { type DoorGuardOptions, guardDoor } from './door-guard.ts'
import { SessionEventLog } from './event-log.ts'
import { createMcpServer } from './server.ts'

export type McpDoorOptions = DoorGuardOptions & {
  readonly definition: McpDefinition
  readonly nowMs: () => number
  /** Of all together; a new one takes the place of the one that was used least lately. 64 unless given. */
  readonly maximumSessions?: number
  /** 30 minutes unless given. */
  readonly idleTimeoutMs?: number
  readonly maximumBodyBytes?: number
}

type Session = { readonly server: Server; readonly transport: StreamableHTTPServerTransport; usedAtMs: number }

/** MCP over Streamable HTTP (specification 2025-11-25) for one path of a listener. Sessions live in memory: after a restart clients begin anew. */
export class McpHttpDoor {
  readonly #options: McpDoorOptions
  /** The least lately used first. */
  readonly #sessions = new Map<string, Session>()

  constructor(options: McpDoorOptions) {
    this.#options = options
  }

  get sessionCount(): number {
    return this.#sessions.size
  }

  /** Serves a request of the door's path; answers every refusal itself. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      guardDoor(request, this.#options)
      const body =
        request.method === 'POST'
          ? parseJsonObject(await readBody(request, this.#options.maximumBodyBytes ?? 1 << 20))
          : undefined
      const transport = await this.#transportOf(request, body)
      await transport.handleRequest(request, response, body)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else sendError(response, error)
    }
  }

  async close(): Promise<void> {
    const sessions = [...this.#sessions.values()]
    this.#sessions.clear()
    await Promise.all(sessions.map(({ server }) => server.close()))
  }

  async #transportOf(request: IncomingMessage, body: unknown): Promise<StreamableHTTPServerTransport> {
    const id = request.headers['mcp-session-id']
    if (typeof id === 'string') {
      const session = this.#sessions.get(id)
      if (session === undefined) throw refused('mcp/no-session', 'There is no such session; begin anew', 404)
      session.usedAtMs = this.#options.nowMs()
      this.#sessions.delete(id)
      this.#sessions.set(id, session)
      return session.transport
    }
    if (!isInitializeRequest(body)) throw refused('mcp/no-session', 'A session begins with "initialize"', 400)
    return this.#begin()
  }

  async #begin(): Promise<StreamableHTTPServerTransport> {
    await this.#makeRoom()
    const server = createMcpServer(this.#options.definition)
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      eventStore: new SessionEventLog(),
      retryInterval: 1_000,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, { server, transport, usedAtMs: this.#options.nowMs() })
      },
      onsessionclosed: (id) => {
        this.#sessions.delete(id)
      },
    })
    await server.connect(transport as Parameters<Server['connect']>[0])
    return transport
  }

  async #makeRoom(): Promise<void> {
    const { maximumSessions = 64, idleTimeoutMs = 30 * 60_000, nowMs } = this.#options
    for (const [id, session] of this.#sessions) {
      if (this.#sessions.size < maximumSessions && nowMs() - session.usedAtMs < idleTimeoutMs) return
      this.#sessions.delete(id)
      await session.server.close()
    }
  }
}

function refused(code: string, message: string, status: number): KoinonError {
  return new KoinonError({ code, message, retry: 'now', details: { status } })
}
