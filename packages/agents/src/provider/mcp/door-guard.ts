import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { KoinonError } from '@koinon/base'
import { isLoopbackHost, isLoopbackPeer } from '@koinon/base/node'

export type DoorGuardOptions = {
  /** Host headers beside those of this machine under which the door may be reached, with port where it is not the default. */
  readonly hosts?: readonly string[]
  /** Origins of pages that may use it. A page served by this machine's own names is one of them only when it is of the same host. */
  readonly origins?: readonly string[]
  /** Asked of every request when given; without it only this machine may ask, unless the door is open. */
  readonly bearerToken?: string
  /** For tools that are for anybody. The lists of hosts and origins hold all the same. */
  readonly isOpen?: boolean
}

/**
 * Who may knock. A page whose name was pointed at this machine (DNS rebinding) cannot send another Host or Origin than its own, so both
 * are held against lists, on loopback too. Throws `mcp/wrong-host` (403), `mcp/wrong-origin` (403), `mcp/unauthorized` (401).
 */
export function guardDoor(request: IncomingMessage, options: DoorGuardOptions): void {
  const host = (request.headers.host ?? '').toLowerCase()
  const { origin } = request.headers
  if (!isLoopbackHost(host) && !(options.hosts ?? []).includes(host))
    throw refusal('mcp/wrong-host', `This server does not answer to the host name "${host.slice(0, 100)}"`, 403)
  const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`
  if (!isOwn && !(options.origins ?? []).includes(origin))
    throw refusal('mcp/wrong-origin', `Pages of ${origin.slice(0, 100)} may not use this server`, 403)
  const { bearerToken, isOpen } = options
  if (isOpen === true && bearerToken === undefined) return
  if (bearerToken === undefined ? isLoopbackPeer(request) : isSame(request.headers.authorization, bearerToken)) return
  throw refusal('mcp/unauthorized', 'This server asks for the bearer token that it printed when it started', 401)
}

function isSame(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

function refusal(code: string, message: string, status: number): KoinonError {
  return new KoinonError({ code, message, details: { status } })
}
