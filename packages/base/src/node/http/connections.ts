/** Bounds of a server's connections, so that no stranger shuts the door by holding all of them. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ipNetworkOf, isLoopbackAddress } from './loopback.ts'

export type ConnectionBounds = {
  /** Of all together. */
  readonly maximum: number
  /** Of one address, for IPv6 of its first 64 bits. This machine is not bounded by it: its roles and proxies share an address. */
  readonly perNetwork: number
}

type Held = { readonly network: string | undefined; exchange?: { request: IncomingMessage; response: ServerResponse } }

/**
 * Holds a server to its bounds. Where there is no room, a new connection takes the place of one without work: idle, with a request
 * that has not come whole, or with an answer that is not fetched. It is one of the network that holds most, the least recently used of
 * those, this machine's last; past a network's own bound it is one of its own. Only where all are at work the new one is cut. Call it
 * before the server listens; `addressOf` says where a socket comes from.
 */
export function boundConnections(
  server: Server,
  bounds: ConnectionBounds,
  addressOf: (socket: Socket) => string | undefined = (socket) => socket.remoteAddress,
): void {
  // The least recently used first.
  const held = new Map<Socket, Held>()
  const counts = new Map<string, number>()
  const countOf = (network: string | undefined): number => (network === undefined ? 0 : (counts.get(network) ?? 0))

  const drop = (socket: Socket): void => {
    const network = held.get(socket)?.network
    if (!held.delete(socket) || network === undefined) return
    const left = countOf(network) - 1
    if (left === 0) counts.delete(network)
    else counts.set(network, left)
  }
  const makeRoom = (mayEnd: (candidate: Held) => boolean): boolean => {
    let found: Socket | undefined
    let most = -1
    for (const [socket, candidate] of held) {
      if (countOf(candidate.network) <= most || !mayEnd(candidate) || isAtWork(candidate)) continue
      found = socket
      most = countOf(candidate.network)
    }
    if (found === undefined) return false
    drop(found)
    found.destroy()
    return true
  }

  server.on('connection', (socket: Socket) => {
    const address = addressOf(socket) ?? ''
    const network = isLoopbackAddress(address) ? undefined : ipNetworkOf(address)
    const isOver = countOf(network) >= bounds.perNetwork
    const hasRoom = isOver
      ? makeRoom((candidate) => candidate.network === network)
      : held.size < bounds.maximum || makeRoom(() => true)
    if (!hasRoom) {
      socket.destroy()
      return
    }
    held.set(socket, { network })
    if (network !== undefined) counts.set(network, countOf(network) + 1)
    socket.once('close', () => drop(socket))
  })
  server.on('request', (request, response) => {
    const entry = held.get(request.socket)
    if (entry === undefined) return
    entry.exchange = { request, response }
    held.delete(request.socket)
    held.set(request.socket, entry)
  })
}

/** From the last byte of the request until all of the answer is handed over to be sent. */
function isAtWork({ exchange }: Held): boolean {
  return exchange !== undefined && exchange.request.complete && !exchange.response.writableEnded
}
