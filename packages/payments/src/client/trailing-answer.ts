/** Answers whose receipt comes behind them, where `fetch` shows none (specs/0022-machine-payments.md section 8). */
import { sleep } from '@koinon/base'
import type { WireReceipt } from './client-wire.ts'
import type { Outcome } from './paid-call.ts'
import type { OpenPayment, Payer, PaymentReceipt } from './payer.ts'

export type TrailingAnswerOptions = {
  readonly payer: Payer
  readonly payment: OpenPayment
  readonly response: Response
  /** Sends the same call with the same payment once more, within `signal`. */
  readonly again: (signal: AbortSignal) => Promise<Outcome<Response>>
  /** Called once, when the answer was read to its end. */
  readonly onReceipt: (receipt: PaymentReceipt) => void
}

const askWithinMs = 10_000
const mostAsked = 4

/**
 * Whether an answer to a voucher has its receipt behind it, and its seller tells what was charged when it is asked again: by the payment id, so
 * that nothing is done or charged twice.
 */
export function isTrailing({ option, challenge }: OpenPayment, response: Response): boolean {
  const { receiptHeader } = challenge.wire
  if (option.backEnd !== 'channel' || !challenge.takesPaymentId || receiptHeader === undefined) return false
  if (!response.ok || response.body === null || response.headers.has(receiptHeader)) return false
  const announced = (response.headers.get('trailer') ?? '').toLowerCase().split(/[\s,]+/)
  return announced.includes(receiptHeader)
}

/** The answer; what it cost is asked for at its end. Of one that broke off or is read no further the payment stays open. */
export function trailingAnswer(options: TrailingAnswerOptions): Response {
  const { payer, payment, response, onReceipt } = options
  const { status, statusText, headers } = response
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
      } catch (error) {
        await payer.abandon(payment)
        throw error
      }
      onReceipt(await payer.answered(payment, await askReceipt(options)))
      controller.close()
    },
    async cancel(reason) {
      await payer.abandon(payment)
      await reader.cancel(reason)
    },
  })
  return new Response(body, { status, statusText, headers })
}

/** Undefined where the seller does not say: then its next 402 does. */
async function askReceipt({ again }: TrailingAnswerOptions): Promise<WireReceipt | undefined> {
  const signal = AbortSignal.timeout(askWithinMs)
  try {
    for (let asked = 0; asked < mostAsked; asked++) {
      const outcome = await again(signal)
      if (outcome.kind !== 'required') await outcome.answer?.body?.cancel()
      if (outcome.kind === 'answered') return outcome.receipt
      if (outcome.kind !== 'unknown') return undefined
      await sleep(Math.max(100, outcome.retryAfterMs ?? 0), signal)
    }
  } catch {}
  return undefined
}
