import type { PaymentReceipt } from '@koinon/payments/client'
import type { AnswerReceipt } from './check-answer.ts'
import { isCompletion, observeAnswer } from './observe-answer.ts'

export type ReceiptFetchOptions = {
  /** What asks; `openPayer(...)`'s pays. The global one unless given. */
  readonly fetch?: typeof globalThis.fetch
  /** What was paid for an answer of that `fetch`, where it pays. */
  readonly paymentOf?: (response: Response) => PaymentReceipt | undefined
  /** The chain that receipts must name; unless given, that check stays open. */
  readonly chainId?: number
  /** Hears of each answer after it was read to its end. What it throws is nobody's: nothing waits for it. */
  readonly onReceipt: (receipt: AnswerReceipt) => void
}

/**
 * A `fetch` for any client of the OpenAI protocol that also checks the receipt of each completion (specs/0026-agents.md section 7). Answers
 * come as before, also where a check fails.
 */
export function receiptFetch(options: ReceiptFetchOptions): typeof globalThis.fetch {
  const { fetch = globalThis.fetch, paymentOf, chainId, onReceipt } = options
  return async (input, init) => {
    const answered = await fetch(input, init)
    const url = input instanceof Request ? input.url : String(input)
    if (!isCompletion(url, input instanceof Request ? { method: input.method, ...init } : init)) return answered
    const { response, receipt } = observeAnswer({
      url,
      init,
      response: answered,
      payment: paymentOf?.(answered),
      chainId,
    })
    void receipt?.then(onReceipt)
    return response
  }
}
