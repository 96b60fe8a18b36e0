import type { IncomingMessage } from 'node:http'
import { requestHashOf } from '../rules/http-call.ts'
import type { WireRequest } from './wire.ts'

/** A request that was read whole, under the seller's own origin. */
export function requestOf(incoming: IncomingMessage, origin: string, body: Uint8Array): WireRequest {
  const method = incoming.method ?? 'GET'
  const url = `${origin}${incoming.url ?? '/'}`
  const headers: Record<string, string | undefined> = Object.create(null)
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return { method, url, headers, body, requestHash: requestHashOf(method, url, body) }
}
