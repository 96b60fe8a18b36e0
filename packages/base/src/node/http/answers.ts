import type { ServerResponse } from 'node:http'
import { errorToJson, isKoinonError } from '../../errors.ts'

export type AnswerHeaders = Readonly<Record<string, string | number>>

/** Sends a JSON answer, with `connection: close` when the request was not read to its end. Nothing when an answer has begun. */
export function sendJson(response: ServerResponse, status: number, json: unknown, headers: AnswerHeaders = {}): void {
  sendText(response, status, 'application/json; charset=utf-8', JSON.stringify(json), headers)
}

/** Sends a whole text answer, as text or in UTF-8, under the same terms. */
export function sendText(
  response: ServerResponse,
  status: number,
  contentType: string,
  text: string | Uint8Array,
  headers: AnswerHeaders = {},
): void {
  if (response.headersSent || response.destroyed) return
  const body = typeof text === 'string' ? Buffer.from(text) : text
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.length,
    'x-content-type-options': 'nosniff',
    ...(response.req.complete ? {} : { connection: 'close' }),
    ...headers,
  })
  response.end(body)
}

/**
 * Sends `{error: {code, message, hint, retry}}` (specs/0008-http.md), with `retry-after` where the error's details state
 * `retryAfterSeconds`. Insides of unexpected failures stay inside.
 */
export function sendError(
  response: ServerResponse,
  error: unknown,
  status: number = httpStatusOf(error),
  headers: AnswerHeaders = {},
): void {
  const json = isKoinonError(error)
    ? errorToJson(error)
    : { code: 'internal', message: 'The server failed while it served this request', retry: 'unknown' }
  const retryAfter = isKoinonError(error) ? error.details?.['retryAfterSeconds'] : undefined
  const retryHeaders = typeof retryAfter === 'number' ? { 'retry-after': retryAfter } : {}
  sendJson(response, status, { error: json }, { ...retryHeaders, ...headers })
}

/** HTTP status of anything thrown: what an error of ours states, else 503 where later may work, 500 where nobody knows, else 400. */
export function httpStatusOf(error: unknown): number {
  if (!isKoinonError(error)) return 500
  const stated = error.details?.['status']
  if (typeof stated === 'number') return stated
  if (error.retry === 'later' || error.retry === 'now') return 503
  return error.retry === 'unknown' ? 500 : 400
}
