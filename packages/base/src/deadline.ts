import { KoinonError } from './errors.ts'

/** Waits at most `timeoutMs`. On time-out rejects with `base/deadline`; the work itself goes on unless it watches a signal. */
export async function withDeadline<value>(work: Promise<value>, timeoutMs: number, what: string): Promise<value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new KoinonError({
          code: 'base/deadline',
          message: `${what} took longer than ${timeoutMs} ms`,
          retry: 'unknown',
        }),
      )
    }, timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves after `durationMs`, or at once (still resolving) when the signal aborts. */
export function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const finish = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, durationMs)
    signal?.addEventListener('abort', finish)
  })
}

/** Exponential back-off with full jitter: a delay in [0, min(capMs, baseMs * 2^attempt)]. `unit` is a random number in [0, 1). */
export function backoffMs(attempt: number, baseMs: number, capMs: number, unit: number): number {
  return Math.floor(unit * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30)))
}
