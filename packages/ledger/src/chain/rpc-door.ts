import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { KoinonError } from '@koinon/base'
import { boundConnections, isLoopbackHost } from '@koinon/base/node'
import type { Gate } from './gate.ts'
import { isAllowedHostHeader } from './host-rules.ts'
import { answerBody, connectionGate, type MessageLimits } from './rpc-messages.ts'
import type { RpcHandler } from './rpc-methods.ts'

/** Bounds of the HTTP side. */
export type DoorLimits = MessageLimits & {
  readonly maxBodyBytes: number
  readonly maxConnections: number
  /** Of one address that is not this machine. */
  readonly maxConnectionsPerNetwork: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
}

export type RpcDoorOptions = {
  readonly handler: RpcHandler
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** Names, besides localhost and IP addresses, that a Host header may carry. */
  readonly allowedHosts: readonly string[]
  /** Web origins that may call from a browser; every other request with an Origin header is refused. */
  readonly allowedOrigins: readonly string[]
  readonly limits: DoorLimits
}

const stopGraceMs = 2_000

/** JSON-RPC over HTTP POST. Knows nothing of chains: it guards, reads, hands to the handler and writes. */
export class RpcDoor {
  readonly #options: RpcDoorOptions
  readonly #gates = new WeakMap<Socket, Gate>()
  #server: Server | undefined

  constructor(options: RpcDoorOptions) {
    this.#options = options
  }

  /** Listens; returns the URL. Throws `chain/port-in-use` or `chain/cannot-listen`. */
  async start(): Promise<string> {
    const { host, port, limits } = this.#options
    const server = createServer({
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.max(100, Math.min(5_000, limits.headersTimeoutMs / 2)),
      maxHeaderSize: 8 * 1024,
    })
    boundConnections(server, { maximum: limits.maxConnections, perNetwork: limits.maxConnectionsPerNetwork })
    server.on('request', (request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(cannotListen(host, port, cause)))
      server.listen(port, host, resolve)
    })
    this.#server = server
    const address = server.address() as AddressInfo
    const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address
    const reachable = isLoopbackHost(host) || !/^(0\.0\.0\.0|\[::\])$/.test(shown) ? shown : '127.0.0.1'
    return `http://${reachable}:${address.port}`
  }

  /** Takes no new connection, lets answers under way finish for a short while, then closes everything. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    const force = setTimeout(() => server.closeAllConnections(), stopGraceMs)
    await closed
    clearTimeout(force)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = this.#refusal(request)
    const origin = request.headers.origin
    if (refusal !== undefined) return refuse(response, refusal.status, refusal.sentence)
    if (origin !== undefined) {
      response.setHeader('access-control-allow-origin', origin)
      response.setHeader('vary', 'origin')
    }
    if (request.method === 'OPTIONS') {
      response.setHeader('access-control-allow-methods', 'POST')
      response.setHeader('access-control-allow-headers', 'content-type')
      response.writeHead(204).end()
      return
    }
    const body = await readBody(request, this.#options.limits.maxBodyBytes)
    if (body === undefined)
      return refuse(response, 413, `The body may have ${this.#options.limits.maxBodyBytes} bytes.`)
    const answer = await answerBody(body, this.#options.handler, this.#options.limits, this.#gateOf(request.socket))
    if (this.#server === undefined) response.setHeader('connection', 'close')
    if (answer === undefined) response.writeHead(204).end()
    else response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
  }

  #refusal(request: IncomingMessage): { readonly status: number; readonly sentence: string } | undefined {
    const { allowedHosts, allowedOrigins } = this.#options
    if (!isAllowedHostHeader(request.headers.host, allowedHosts)) {
      return { status: 403, sentence: 'This Host name is not served here.' }
    }
    const origin = request.headers.origin
    if (origin !== undefined && !allowedOrigins.includes(origin)) {
      return { status: 403, sentence: 'Web pages of this origin may not call this chain.' }
    }
    if (request.method === 'OPTIONS' && origin !== undefined) return undefined
    if (request.method !== 'POST') return { status: 405, sentence: 'JSON-RPC is spoken here by HTTP POST.' }
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      return { status: 415, sentence: 'The content type must be application/json.' }
    }
    return undefined
  }

  #gateOf(socket: Socket): Gate {
    const known = this.#gates.get(socket)
    if (known !== undefined) return known
    const gate = connectionGate(this.#options.limits)
    this.#gates.set(socket, gate)
    return gate
  }
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return undefined
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${sentence}\n`)
}

function cannotListen(host: string, port: number, cause: Error): KoinonError {
  const inUse = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
  return new KoinonError({
    code: inUse ? 'chain/port-in-use' : 'chain/cannot-listen',
    message: inUse ? `Port ${port} on ${host} is taken` : `Cannot listen on ${host}:${port}: ${cause.message}`,
    hint: inUse ? 'Stop the other program or choose another port.' : 'Choose another address or port.',
    cause,
  })
}
