import { isKoinonError, KoinonError, type RetryPolicy } from '@koinon/base'

/** The error object of the OpenAI API, as clients parse it. */
export type OpenAiErrorBody = {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string | null
  }
}

export type OpenAiErrorOptions = {
  /** HTTP status of an answer that has not started. */
  readonly status: number
  /** What happened and what to do next, as one or two sentences. */
  readonly message: string
  /** OpenAI's `code`, e.g. `model_not_found`. */
  readonly code: string
  /** The request field at fault, e.g. `messages[0].content`. */
  readonly param?: string
  readonly retry?: RetryPolicy
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** An error that knows its OpenAI form; `code` of the KoinonError is `openai/<code>`. */
export function openAiError(options: OpenAiErrorOptions): KoinonError {
  const { status, message, code, param, retry, retryAfterSeconds, cause } = options
  return new KoinonError({
    code: `openai/${code}`,
    message,
    retry: retry ?? (status === 429 || status >= 500 ? 'later' : 'never'),
    details: {
      status,
      ...(param === undefined ? {} : { param }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
    ...(cause === undefined ? {} : { cause }),
  })
}

/** A refusal of the request itself: status 400 and the field at fault. */
export function badRequest(param: string, message: string, code = 'invalid_value'): KoinonError {
  return openAiError({ status: 400, code, param, message: `${param}: ${message}` })
}

export type OpenAiErrorAnswer = {
  readonly status: number
  readonly body: OpenAiErrorBody
  readonly retryAfterSeconds?: number
}

/** Anything thrown as an answer in OpenAI's form. Errors that are not ours say nothing of their insides. */
export function toOpenAiError(error: unknown): OpenAiErrorAnswer {
  if (!isKoinonError(error)) {
    return answer(
      500,
      'The server failed while it served this request. Try again; if it happens again, tell the operator.',
      null,
      'internal',
    )
  }
  const details = error.details ?? {}
  const status = typeof details['status'] === 'number' ? details['status'] : statusOfCode(error.code, error.retry)
  const param = typeof details['param'] === 'string' ? details['param'] : null
  const message = error.hint === undefined ? error.message : `${error.message.replace(/[.]$/, '')}. ${error.hint}`
  const code = error.code.startsWith('openai/') ? error.code.slice('openai/'.length) : error.code
  const body = answer(status, message, param, code)
  return typeof details['retryAfterSeconds'] === 'number'
    ? { ...body, retryAfterSeconds: details['retryAfterSeconds'] }
    : body
}

/** OpenAI's `type` of a status. */
export function errorTypeOfStatus(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 402) return 'insufficient_quota'
  if (status === 403) return 'permission_error'
  if (status === 429) return 'rate_limit_error'
  if (status >= 500) return 'server_error'
  return 'invalid_request_error'
}

function answer(status: number, message: string, param: string | null, code: string): OpenAiErrorAnswer {
  return { status, body: { error: { message, type: errorTypeOfStatus(status), param, code } } }
}

/** Errors of the money layer that a payer can mend are 402 everywhere. */
const paymentRequired: ReadonlySet<string> = new Set([
  'payments/channel-unknown',
  'payments/channel-empty',
  'payments/channel-closing',
  'payments/credit-exhausted',
])

function statusOfCode(code: string, retry: RetryPolicy): number {
  if (paymentRequired.has(code)) return 402
  return retry === 'never' ? 400 : retry === 'unknown' ? 500 : 503
}
