import type { ServerResponse } from 'node:http'
import { isKoinonError } from '@koinon/base'
import { type AnswerHeaders, sendJson, sendError as sendKoinonError } from '@koinon/base/node'
import { refusalStatus } from '@koinon/work/node'
import { toOpenAiError } from '../rules/openai-error.ts'

/** Sends an error on an OpenAI path. */
export function sendOpenAiError(response: ServerResponse, error: unknown, headers: AnswerHeaders = {}): void {
  const { status, body, retryAfterSeconds } = toOpenAiError(error)
  sendJson(response, status, body, {
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': retryAfterSeconds }),
    ...headers,
  })
}

/** Sends an error on any other path: `{error: {code, message, hint, retry}}`. */
export function sendError(response: ServerResponse, error: unknown): void {
  sendKoinonError(response, error, statusOf(error))
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
