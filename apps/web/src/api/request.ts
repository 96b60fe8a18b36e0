import { KoinonError, type RetryPolicy } from '@koinon/base'

/** How the page reaches its own gateway; `base` is empty in the browser and a URL in tests. */
export type Door = { readonly base: string; readonly fetch: typeof fetch }

/** The door of a page served by its gateway. */
export const ownOrigin: Door = { base: '', fetch: (input, init) => fetch(input, init) }

/** What a caller may send. `apiKey` and `localToken` become the headers of specs/0008. */
export type RequestOptions = {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly body?: unknown
  readonly apiKey?: string | undefined
  readonly localToken?: string | undefined
  readonly timeoutMs?: number
}

const defaultTimeoutMs = 15_000

/** Sends one JSON request and returns the parsed answer. Throws `KoinonError`: the gateway's own, `web/unreachable`, `web/timeout` or `web/bad-answer`. */
export async function requestJson<answer>(door: Door, path: string, options: RequestOptions = {}): Promise<answer> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  let response: Response
  let text: string
  try {
    response = await door.fetch(`${door.base}${path}`, {
      method: options.method ?? 'GET',
      headers: {
        accept: 'application/json',
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.apiKey ? { authorization: `Bearer ${options.apiKey}` } : {}),
        ...(options.localToken ? { 'x-koinon-local': options.localToken } : {}),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(timeoutMs),
    })
    text = await response.text()
  } catch (cause) {
    throw unreachable(cause, timeoutMs, options.method ?? 'GET')
  }
  if (!response.ok) throw errorFromAnswer(response.status, text)
  if (text === '') return undefined as answer
  try {
    return JSON.parse(text) as answer
  } catch (cause) {
    throw new KoinonError({
      code: 'web/bad-answer',
      message: 'The gateway answered with something that is not JSON',
      hint: 'Another program may be listening on this port; look at `koinon status`.',
      cause,
    })
  }
}

/** Rebuilds an error from an HTTP answer in either of the two shapes of specs/0008, or from a bare status. */
export function errorFromAnswer(status: number, text: string): KoinonError {
  const error = parseErrorBody(text)
  const message = typeof error['message'] === 'string' && error['message'] !== '' ? error['message'] : undefined
  const code = typeof error['code'] === 'string' ? error['code'] : `http/${status}`
  const hint = typeof error['hint'] === 'string' ? error['hint'] : hintForStatus(status, message !== undefined)
  return new KoinonError({
    code,
    message: message ?? `The gateway answered with status ${status}`,
    ...(hint === undefined ? {} : { hint }),
    retry: retryPolicy(error['retry'], status),
    details: { status },
  })
}

/** The error of a request that got no answer. A money-moving request may have arrived all the same, so its outcome is unknown. */
export function unreachable(cause: unknown, timeoutMs: number, method: string): KoinonError {
  const timedOut = cause instanceof DOMException && cause.name === 'TimeoutError'
  const readsOnly = method === 'GET'
  return new KoinonError({
    code: timedOut ? 'web/timeout' : 'web/unreachable',
    message: timedOut ? `The gateway did not answer within ${timeoutMs / 1000} s` : 'The gateway cannot be reached',
    hint: readsOnly
      ? timedOut
        ? 'The machine may be busy; try again in a moment.'
        : 'Check that `koinon up` is still running on this machine, then try again.'
      : 'It may have happened all the same: look at the list before you try again.',
    retry: readsOnly ? 'later' : 'unknown',
    cause,
  })
}

function parseErrorBody(text: string): Record<string, unknown> {
  try {
    const json = JSON.parse(text) as { error?: unknown } | null
    const error = json?.error
    return typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function hintForStatus(status: number, explained: boolean): string | undefined {
  if (status === 401) return 'Open Wallet & keys and use a key that has not been revoked.'
  if (status === 402) return 'Open Wallet & keys and top up the key, or create one with a higher limit.'
  if (status === 429) return 'Wait a moment, then try again.'
  if (explained) return undefined
  return status >= 500 ? 'Try again in a moment; `koinon status` shows which part is down.' : undefined
}

function retryPolicy(stated: unknown, status: number): RetryPolicy {
  if (stated === 'never' || stated === 'now' || stated === 'later' || stated === 'unknown') return stated
  return status === 429 || status >= 500 ? 'later' : 'never'
}
