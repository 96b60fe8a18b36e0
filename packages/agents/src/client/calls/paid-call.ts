import { KoinonError } from '@koinon/base'

/** A priced call to a service that answers 402 until it is paid. */
export type ServiceCall = {
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** JSON, sent as it is. */
  readonly body?: unknown
  readonly maximumPicoUsd: bigint
  /** Names the call for ever: the same one again is not paid twice. 16 to 128 characters `[A-Za-z0-9_-]`. */
  readonly paymentId?: string
  readonly signal: AbortSignal
}

/** Makes one call and pays at most its maximum. */
export type PayService = (call: ServiceCall) => Promise<{ readonly response: Response; readonly paidPicoUsd: bigint }>

/** Without money: what asks for some is refused. Throws `agents/payment-asked`. */
export function freeCalls(fetch: typeof globalThis.fetch): PayService {
  return async ({ url, method, body, paymentId, signal }) => {
    const response = await fetch(url, {
      method,
      redirect: 'error',
      signal,
      headers: {
        'content-type': 'application/json',
        ...(paymentId === undefined ? {} : { 'idempotency-key': paymentId }),
      },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
    })
    if (response.status !== 402) return { response, paidPicoUsd: 0n }
    await response.body?.cancel()
    throw new KoinonError({
      code: 'agents/payment-asked',
      message: `The service at ${new URL(url).origin} wants to be paid, and this agent has no budget`,
      hint: 'Give the agent a budget, or use a service that is free.',
    })
  }
}
