import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesToHex, type Hex, KoinonError, sha256 } from '@koinon/base'
import { sendError } from '@koinon/base/node'

/** Finds what was delivered by its SHA-256; undefined when it is not here. */
export type FindDeliverable = (deliverable: Hex) => Promise<Uint8Array | undefined>

/** Serves `GET /deliverables/HASH`, the bytes as they are; never as a page. False for other paths. */
export function deliverableRoutes(
  find: FindDeliverable,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const hash = /^\/deliverables\/(0x[0-9a-f]{64})$/.exec((request.url ?? '').split('?')[0] as string)?.[1]
    if (hash === undefined || request.method !== 'GET') return false
    const content = await find(hash as Hex)
    if (content === undefined) {
      const details = { status: 404 }
      sendError(response, new KoinonError({ code: 'agents/no-deliverable', message: 'It is not here', details }))
      return true
    }
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'content-length': content.length,
      'x-content-type-options': 'nosniff',
    })
    response.end(content)
    return true
  }
}

const timeoutMs = 10_000

/**
 * Fetches what a provider delivered and holds it against the hash on the ledger. Throws `agents/deliverable-unreachable` (later), also when
 * it is larger than `maximumBytes`, and `agents/deliverable-mismatch`.
 */
export async function fetchDeliverable(url: string, deliverable: Hex, maximumBytes = 1 << 20): Promise<Uint8Array> {
  const content = await readBounded(new URL(`/deliverables/${deliverable}`, url), maximumBytes).catch(
    (cause: unknown) => {
      throw new KoinonError({
        code: 'agents/deliverable-unreachable',
        message: `${url} did not give what it delivered`,
        hint: 'Ask the provider to serve it, or do not accept the work.',
        retry: 'later',
        cause,
      })
    },
  )
  if (bytesToHex(sha256(content)) === deliverable) return content
  throw new KoinonError({
    code: 'agents/deliverable-mismatch',
    message: 'What the provider serves is not what it submitted',
    hint: 'Do not accept the work.',
  })
}

async function readBounded(url: URL, maximumBytes: number): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
  if (response.status !== 200) throw new Error(`status ${response.status}`)
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > maximumBytes) throw new Error(`more than ${maximumBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}
