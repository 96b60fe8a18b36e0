import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { boundConnections } from './connections.ts'

/** Limits of a listener, milliseconds and bytes. They bound what a stranger can hold open. */
export type HttpLimits = {
  /** Time for all headers to arrive. */
  readonly headersTimeoutMs: number
  /** Time for headers and body to arrive. */
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly headerBytes: number
  /** Of all together; when they are full, new ones take the places of those without work. */
  readonly maximumConnections: number
  /** Of one address that is not this machine. */
  readonly connectionsPerNetwork: number
  readonly bodyBytes: number
}

/** For doors that strangers reach: generous to slow clients, never unbounded. */
export const defaultHttpLimits: HttpLimits = {
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  headerBytes: 32_768,
  maximumConnections: 2_048,
  connectionsPerNetwork: 256,
  bodyBytes: 1 << 20,
}

/**
 * Requests that a connection sends ahead of the answers it waits for. Node hands over all of them at once: without a bound one packet
 * would be as many pieces of work as fit into it.
 */
const mostAhead = 8

/**
 * One listener with limits and deadlines. A handler that throws or rejects destroys its own connection only, and so does a connection that
 * sends too many requests ahead.
 */
export class HttpListener {
  readonly #server: Server
  readonly #host: string
  readonly #port: number
  readonly #ahead = new WeakMap<Socket, number>()

  constructor(options: {
    readonly host: string
    /** 0 takes a free port. */
    readonly port: number
    readonly limits: HttpLimits
    readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  }) {
    const { limits } = options
    this.#host = options.host
    this.#port = options.port
    this.#server = createServer(
      {
        headersTimeout: limits.headersTimeoutMs,
        requestTimeout: limits.requestTimeoutMs,
        keepAliveTimeout: limits.keepAliveTimeoutMs,
        maxHeaderSize: limits.headerBytes,
        connectionsCheckingInterval: Math.max(100, Math.min(1_000, limits.headersTimeoutMs / 2)),
        noDelay: true,
      },
      (request, response) => {
        // Without a listener a broken socket would be an uncaught error of the process.
        response.on('error', () => undefined)
        if (!this.#admit(request.socket, response)) return
        options.handle(request, response).catch(() => response.destroy())
      },
    )
    boundConnections(this.#server, { maximum: limits.maximumConnections, perNetwork: limits.connectionsPerNetwork })
  }

  /** False where the connection is ended, because it sent too much ahead. */
  #admit(socket: Socket, response: ServerResponse): boolean {
    const ahead = (this.#ahead.get(socket) ?? 0) + 1
    this.#ahead.set(socket, ahead)
    response.once('close', () => this.#ahead.set(socket, (this.#ahead.get(socket) ?? 1) - 1))
    if (ahead <= mostAhead) return true
    socket.destroy()
    return false
  }

  /** Resolves with the port once it listens; rejects when the port is taken. */
  async start(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#port, this.#host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    return (this.#server.address() as AddressInfo).port
  }

  /** Takes no new requests, waits at most `graceMs` for those under way, then cuts them. */
  async stop(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs)
    await closed
    clearTimeout(timer)
  }
}
