/** What a caller may do after a failure: never retry, retry at once, retry later, or find out first what happened. */
export type RetryPolicy = 'never' | 'now' | 'later' | 'unknown'

export type KoinonErrorOptions = {
  /** Stable machine code, `layer/reason`, e.g. `payments/channel-empty`. */
  readonly code: string
  /** One sentence for a person, without trailing advice. */
  readonly message: string
  /** What to do next, one sentence. */
  readonly hint?: string
  readonly retry?: RetryPolicy
  /** Plain JSON facts that help a program (amounts as decimal strings). */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** The error as it travels between processes and in `--json` output. */
export type ErrorJson = {
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly retry: RetryPolicy
  readonly details?: Readonly<Record<string, unknown>>
}

const marker: unique symbol = Symbol.for('koinon.error') as never

/** The one error of this project: a stable code, a sentence, a next step and a retry policy. */
export class KoinonError extends Error {
  readonly code: string
  readonly hint: string | undefined
  readonly retry: RetryPolicy
  readonly details: Readonly<Record<string, unknown>> | undefined
  readonly [marker] = true

  constructor(options: KoinonErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'KoinonError'
    this.code = options.code
    this.hint = options.hint
    this.retry = options.retry ?? 'never'
    this.details = options.details
  }
}

/** True for a KoinonError of any copy of this package. */
export function isKoinonError(value: unknown): value is KoinonError {
  return typeof value === 'object' && value !== null && (value as { [marker]?: true })[marker] === true
}

/** Turns anything thrown into the wire form; what is not ours becomes `internal` with retry `unknown`. */
export function errorToJson(error: unknown): ErrorJson {
  if (!isKoinonError(error)) {
    return { code: 'internal', message: error instanceof Error ? error.message : String(error), retry: 'unknown' }
  }
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    retry: error.retry,
    ...(error.details === undefined ? {} : { details: error.details }),
  }
}

/** Rebuilds an error that crossed a process or a wire. */
export function errorFromJson(json: ErrorJson): KoinonError {
  return new KoinonError(json)
}
