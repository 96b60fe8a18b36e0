/**
 * Who may act for the owner of a local network: only the page itself. A foreign site could send requests to a loopback port
 * (CSRF) or point its own name at it (DNS rebinding), so the host must be a loopback name, the origin our own, and acting needs
 * a token that only same-origin script can read.
 */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { KoinonError } from '@koinon/base'

const loopbackHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/

/** Throws `local/refused` unless the request comes from this machine to a loopback name and from no other site. */
export function requireLoopback(request: IncomingMessage): void {
  const host = request.headers.host ?? ''
  const origin = request.headers.origin
  const site = request.headers['sec-fetch-site']
  const isOwnOrigin = origin === undefined || origin === `http://${host}`
  const isOwnSite = site === undefined || site === 'same-origin' || site === 'none'
  if (isLoopbackPeer(request) && !isForwarded(request) && loopbackHost.test(host) && isOwnOrigin && isOwnSite) return
  throw new KoinonError({
    code: 'local/refused',
    message: "Only the page of this machine's own gateway may do this",
    hint: 'Open the page under the address that "koinon up" printed.',
    details: { status: 403 },
  })
}

/** Throws `local/refused` when a web page of another site sent the request; programs send no such headers. */
export function refuseForeignPage(request: IncomingMessage): void {
  const { origin, host } = request.headers
  const site = request.headers['sec-fetch-site']
  const isForeign =
    (origin !== undefined && origin !== `http://${host}`) || site === 'cross-site' || site === 'same-site'
  if (!isForeign && request.headers['content-type']?.startsWith('application/json') === true) return
  throw new KoinonError({
    code: 'local/refused',
    message: 'Only programs and the own page may ask for this, with a JSON body',
    details: { status: 403 },
  })
}

/** Throws `local/refused` unless the request is local and carries the token. */
export function requireLocalToken(request: IncomingMessage, token: string): void {
  requireLoopback(request)
  const given = Buffer.from(String(request.headers['x-koinon-local'] ?? ''))
  const expected = Buffer.from(token)
  if (given.length === expected.length && timingSafeEqual(given, expected)) return
  throw new KoinonError({
    code: 'local/refused',
    message: 'The local token is missing or wrong',
    hint: 'Reload the page.',
    details: { status: 403 },
  })
}

/** A reverse proxy on this machine makes strangers look local. */
function isForwarded({ headers }: IncomingMessage): boolean {
  return ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'].some(
    (name) => headers[name] !== undefined,
  )
}

function isLoopbackPeer(request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress ?? ''
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}
