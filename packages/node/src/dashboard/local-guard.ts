/**
 * Who may act for the owner of a local network: only the owner's own page. Other sites are told by their names (base/node/http),
 * other users of this machine by the local token, which a browser gets once for the code in the link that "koinon up" printed.
 */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { KoinonError } from '@koinon/base'
import { isForeignPage, isLoopbackHost, isLoopbackPeer } from '@koinon/base/node'

/** Throws `local/refused` unless the request comes from this machine to a loopback name and from no other site. */
export function requireOwnPage(request: IncomingMessage): void {
  if (isLoopbackPeer(request) && isLoopbackHost(request.headers.host ?? '') && !isForeignPage(request)) return
  throw new KoinonError({
    code: 'local/refused',
    message: "Only the page of this machine's own gateway may do this",
    hint: 'Open the page under the address that "koinon up" printed.',
    details: { status: 403 },
  })
}

/** Throws `local/refused` when a web page of another site sent the request; programs send no such headers. */
export function refuseForeignPage(request: IncomingMessage): void {
  if (!isForeignPage(request) && request.headers['content-type']?.startsWith('application/json') === true) return
  throw new KoinonError({
    code: 'local/refused',
    message: 'Only programs and the own page may ask for this, with a JSON body',
    details: { status: 403 },
  })
}

/** Whether the request carries the token; an empty token is nobody's. */
export function hasLocalToken(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(String(request.headers['x-koinon-local'] ?? ''))
  const expected = Buffer.from(token)
  return expected.length > 0 && given.length === expected.length && timingSafeEqual(given, expected)
}

/** Throws `local/refused` unless the request is local, `local/no-token` unless it carries the token. */
export function requireLocalToken(request: IncomingMessage, token: string): void {
  requireOwnPage(request)
  if (hasLocalToken(request, token)) return
  throw new KoinonError({
    code: 'local/no-token',
    message: 'This browser was not let in by the owner of this machine, or the gateway was started anew since',
    hint: 'Open a new link: "koinon status" prints it.',
    details: { status: 403 },
  })
}
