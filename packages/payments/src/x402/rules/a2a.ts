/** x402 over A2A: payments ride in a message's metadata, demands in that of a task's status. */
import type { PaymentTerms } from '../../rules/terms.ts'
import { readField } from './mcp.ts'
import type { X402Payment } from './payment-payload.ts'
import type { PaymentRequired } from './payment-required.ts'
import type { SettleResponse } from './settle-response.ts'

/** URI by which an agent card says that it takes x402. */
export const a2aExtensionUri = 'https://github.com/google-a2a/a2a-x402/v0.1'

/** Metadata of the message of a task that waits for payment (`input-required`). */
export function a2aPaymentRequired(required: PaymentRequired) {
  return { 'x402.payment.status': 'payment-required', 'x402.payment.required': required } as const
}

/** The payment in a message's metadata; undefined without one. Throws `payments/bad-payment`. */
export function readA2aPayment(metadata: unknown, terms: PaymentTerms): X402Payment | undefined {
  return readField(metadata, 'x402.payment.payload', terms)
}

/** Metadata of the message of a task that was paid, or whose payment failed; `error` is x402's word in upper case then. */
export function a2aReceipt(response: SettleResponse) {
  const receipts = [response]
  if (response.success) return { 'x402.payment.status': 'payment-completed', 'x402.payment.receipts': receipts }
  return {
    'x402.payment.status': 'payment-failed',
    'x402.payment.error': (response.errorReason ?? 'payment_failed').toUpperCase(),
    'x402.payment.receipts': receipts,
  }
}
