import { isKoinonError, KoinonError } from './errors.ts'

/** Why a `fetch` rejected, as the end of a sentence: its own "fetch failed" says nothing, its cause does. */
export function fetchFailureReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'it does not answer'
  const { code, message = '' } = (error.cause ?? {}) as { readonly code?: string; readonly message?: string }
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no machine of that name'
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return 'the connection was closed before an answer came'
  return message || code || error.message
}

/**
 * The same `fetch`, whose failures say which address did not answer and why. What is ours already, and the caller's own abort, pass as they are.
 * Rejects with `http/unreachable` (later).
 */
export function namingFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    try {
      return await fetch(input, init)
    } catch (error) {
      const isAbort = error instanceof Error && error.name === 'AbortError'
      if (isKoinonError(error) || isAbort) throw error
      throw unreachable(input instanceof Request ? input.url : String(input), error)
    }
  }
}

function unreachable(url: string, cause: unknown): KoinonError {
  return new KoinonError({
    code: 'http/unreachable',
    message: `${addressOf(url)} cannot be reached: ${fetchFailureReason(cause)}`,
    hint: 'Check the address, and that its server runs and can be reached from this machine.',
    retry: 'later',
    cause,
  })
}

/** Without query, which may hold secrets. */
function addressOf(text: string): string {
  if (!URL.canParse(text)) return text.slice(0, 200)
  const { origin, pathname } = new URL(text)
  return `${origin}${pathname}`.slice(0, 500)
}
