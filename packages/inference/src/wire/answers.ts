import type { ServerResponse } from 'node:http'
import { errorToJson, isKoinonError } from '@koinon/base'
import { refusalStatus } from '@koinon/work/node'
import { toOpenAiError } from '../rules/openai-error.ts'

export type AnswerHeaders = Readonly<Record<string, string | number>>

/** Sends a JSON answer, with `connection: close` when the request was not read to its end. */
export function sendJson(response: ServerResponse, status: number, json: unknown, headers: AnswerHeaders = {}): void {
  sendText(response, status, 'application/json; charset=utf-8', JSON.stringify(json), headers)
}

/** Sends a whole text answer. */
export function sendText(
  response: ServerResponse,
  status: number,
  contentType: string,
  text: string,
  headers: AnswerHeaders = {},
): void {
  if (response.headersSent || response.destroyed) return
  const body = Buffer.from(text)
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.length,
    'x-content-type-options': 'nosniff',
    ...(response.req.complete ? {} : { connection: 'close' }),
    ...headers,
  })
  response.end(body)
}

/** Sends an error on an OpenAI path. */
export function sendOpenAiError(response: ServerResponse, error: unknown, headers: AnswerHeaders = {}): void {
  const { status, body, retryAfterSeconds } = toOpenAiError(error)
  sendJson(response, status, body, {
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': retryAfterSeconds }),
    ...headers,
  })
}

/** Sends an error on any other path: `{error: {code, message, hint, retry}}`. Insides of unexpected failures stay inside. */
export function sendError(response: ServerResponse, error: unknown, headers: AnswerHeaders = {}): void {
  const json = isKoinonError(error)
    ? errorToJson(error)
    : { code: 'internal', message: 'The server failed while it served this request', retry: 'unknown' }
  const retryAfter = isKoinonError(error) ? error.details?.['retryAfterSeconds'] : undefined
  sendJson(
    response,
    statusOf(error),
    { error: json },
    { ...(typeof retryAfter === 'number' ? { 'retry-after': retryAfter } : {}), ...headers },
  )
}

/** HTTP status of an error of ours. */
export function statusOf(error: unknown): number {
  if (!isKoinonError(error)) return 500
  const refused = refusalStatus(error)
  if (refused !== undefined) return refused
  const stated = error.details?.['status']
  if (typeof stated === 'number') return stated
  return statusByCode[error.code] ?? toOpenAiError(error).status
}

const statusByCode: Readonly<Record<string, number>> = {
  'payments/already-final': 409,
  'payments/bad-grant': 400,
  'payments/bad-channel': 400,
  'payments/bad-voucher': 400,
}
