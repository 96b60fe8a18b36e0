import type { IncomingHttpHeaders } from 'node:http'
import { KoinonError } from '@koinon/base'
import type { Dispatcher, Pool } from 'undici'

export type ProviderCall = {
  readonly pool: Pool
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly headersTimeoutMs: number
  readonly silenceTimeoutMs: number
  /** Aborting destroys the connection. */
  readonly signal: AbortSignal
}

export type ProviderSink = {
  /** Called once, with the final status. */
  start(status: number, headers: IncomingHttpHeaders): void
  /** Called with each part of the body. What it throws ends the call. */
  data(part: Buffer): void
}

/** One POST to a provider, its body handed over as it comes. Resolves with the trailers; rejects with `gateway/unreachable`. */
export function callProvider(call: ProviderCall, sink: ProviderSink): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    const abort = (): void => controller?.abort(call.signal.reason as Error)
    const settle = (): void => call.signal.removeEventListener('abort', abort)
    const fail = (error: Error): void => {
      settle()
      reject(error instanceof KoinonError ? error : unreachable(error))
    }
    if (call.signal.aborted) return fail(call.signal.reason as Error)
    call.signal.addEventListener('abort', abort, { once: true })
    const guarded = (work: () => void): void => {
      try {
        work()
      } catch (error) {
        controller?.abort(error as Error)
      }
    }
    call.pool.dispatch(
      {
        method: 'POST',
        path: call.path,
        headers: call.headers,
        body: call.body,
        headersTimeout: call.headersTimeoutMs,
        bodyTimeout: call.silenceTimeoutMs,
      },
      {
        onRequestStart(started) {
          controller = started
          if (call.signal.aborted) abort()
        },
        onResponseStart(_, status, headers) {
          if (status >= 200) guarded(() => sink.start(status, headers))
        },
        onResponseData(_, part) {
          guarded(() => sink.data(part))
        },
        onResponseEnd(_, trailers) {
          settle()
          resolve(trailers)
        },
        onResponseError(_, error) {
          fail(error)
        },
      },
    )
  })
}

function unreachable(cause: Error): KoinonError {
  return new KoinonError({
    code: 'gateway/unreachable',
    message: `The provider did not answer to the end: ${cause.message}`,
    retry: 'later',
    cause,
  })
}
