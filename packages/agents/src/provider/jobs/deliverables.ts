import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Hex, KoinonError } from '@koinon/base'
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
