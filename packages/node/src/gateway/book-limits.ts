import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@koinon/base'
import { sendError } from '@koinon/base/node'
import { bookLimits, createStrangerLimits } from './stranger-limits.ts'

/** Answers requests for the books of agents and quotes that come too often with 429; true when it did. */
export function createBookLimits(clock: Clock): (request: IncomingMessage, response: ServerResponse) => boolean {
  const admit = createStrangerLimits(clock, bookLimits)
  return (request, response) => {
    // As the routes read it: `/./quotes/` is the same.
    const { pathname } = new URL(request.url ?? '/', 'http://books.invalid')
    if (!/^\/(?:v1\/agents|quotes)(?:\/|$)/.test(pathname)) return false
    try {
      admit(request.socket.remoteAddress)
      return false
    } catch (error) {
      sendError(response, error)
      return true
    }
  }
}
