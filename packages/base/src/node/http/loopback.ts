/**
 * Who is local. A web page can make its own name resolve to this machine (DNS rebinding) and can send requests to loopback ports
 * (cross-site request forgery), but it cannot make a browser send another Host, Origin or Sec-Fetch-Site than its own.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Name or address of a Host header or an address to bind: lower case, without port and brackets. */
export function hostNameOf(host: string): string {
  const name = host.toLowerCase().replace(/^(\[.*\]|[^:]*):\d{1,5}$/, '$1')
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
}

/** True for 127.0.0.0/8, ::1 and localhost, with or without port. */
export function isLoopbackHost(host: string): boolean {
  const name = hostNameOf(host)
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}

/** True for the address of a socket's other end that is this machine, also written as IPv6. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}

/** Whom the address of a socket's other end stands for: itself, and for IPv6, of which one household has 2^64, its first four groups. */
export function ipNetworkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address.replace('::ffff:', '')
  const [head = '', tail = ''] = address.replace(/%.*$/, '').split('::')
  const groups = (text: string): readonly string[] => (text === '' ? [] : text.split(':'))
  const zeros = Math.max(0, 8 - groups(head).length - groups(tail).length)
  return [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail)].slice(0, 4).join(':')
}

/** Networks of the address of a socket's other end, the widest first: of IPv6 its first 32, 48 and 64 bits, of IPv4 its first 16, 24 and 32. */
export function ipNetworksOf(address: string): readonly string[] {
  const network = ipNetworkOf(address)
  const mark = network.includes(':') ? ':' : '.'
  return [2, 3, 4].map((length) => network.split(mark).slice(0, length).join(mark))
}

/** True when the other end of the connection is this machine and no proxy says that it speaks for somebody else. */
export function isLoopbackPeer(request: IncomingMessage): boolean {
  const isHere = isLoopbackAddress(request.socket.remoteAddress ?? '')
  return isHere && !forwardedHeaders.some((name) => request.headers[name] !== undefined)
}

/** True when a web page of another origin sent the request; programs and our own page do not look like that. */
export function isForeignPage(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  const site = request.headers['sec-fetch-site']
  return (origin !== undefined && origin !== `http://${host}`) || (site !== undefined && !ownSites.has(String(site)))
}

const forwardedHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'] as const
const ownSites: ReadonlySet<string> = new Set(['same-origin', 'none'])
