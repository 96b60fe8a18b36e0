import { KoinonError } from '@koinon/base'
import { wasSigned } from '@koinon/payments/client'
import type { SpendCeiling } from '../../rules/spend-ceiling.ts'

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

/** A priced call that is a message: an MCP tool call, or an A2A task. */
export type MessageServiceCall<message> = {
  readonly kind: 'tool' | 'task'
  /** Scheme, host and port of the server that was asked. */
  readonly origin: string
  /** `mcp://tool/NAME`, or the URL of the agent. */
  readonly resourceUrl: string
  /** The request without its payment. */
  readonly request: unknown
  readonly maximumPicoUsd: bigint
  /** What the price depends on beside the resource. */
  readonly priceKey?: string
  /** As of {@link ServiceCall}. */
  readonly paymentId?: string
  readonly signal: AbortSignal
  /** Sends the request with these fields in its metadata. */
  send(fields: Readonly<Record<string, unknown>>): Promise<message>
}

/** Makes one call and pays at most its maximum. */
export type PayMessage = <message>(
  call: MessageServiceCall<message>,
) => Promise<{ readonly answer: message; readonly paidPicoUsd: bigint }>

/** Pays what is called over HTTP, MCP and A2A. */
export type CallPayer = { readonly pay: PayService; readonly payMessage: PayMessage }

/** Refusals of a payer that come before it signs and yet speak of an earlier payment for the same call. */
const ofEarlierPayments: readonly unknown[] = ['payments/answer-lost', 'payments/outcome-unknown']

/** True when an error of a {@link PayService} or {@link PayMessage} says that the call cost nothing, for nothing was signed. */
function isBeforePaying(error: unknown): boolean {
  return !wasSigned(error) && !ofEarlierPayments.includes((error as { readonly code?: unknown } | undefined)?.code)
}

/**
 * Sets the most of a call aside, and counts what it cost. Given back is what nothing was signed for; any other failure keeps it counted, for
 * nobody knows. Throws `budget/ceiling` and what `pay` throws.
 */
export async function payWithin<paid extends { readonly paidPicoUsd: bigint }>(
  ceiling: SpendCeiling,
  maximumPicoUsd: bigint,
  pay: () => Promise<paid>,
): Promise<paid> {
  const aside = ceiling.setAside(maximumPicoUsd)
  try {
    const paid = await pay()
    aside.settle(paid.paidPicoUsd)
    return paid
  } catch (error) {
    if (isBeforePaying(error)) aside.release()
    throw error
  }
}

/** Without money: messages are sent, and what asks for some is answered as it is. */
export const freeMessages: PayMessage = async ({ send }) => ({ answer: await send({}), paidPicoUsd: 0n })

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
