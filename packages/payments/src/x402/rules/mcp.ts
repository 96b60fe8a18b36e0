/** x402 over MCP: payments ride in `_meta` of a tool call, demands in its result. Objects are plain JSON; no SDK is needed. */
import type { PaymentTerms } from '../../rules/terms.ts'
import { badPayment, type JsonRecord, maximumHeaderCharacters, requireRecord } from './header.ts'
import { parsePayment, type X402Payment } from './payment-payload.ts'
import type { PaymentRequired } from './payment-required.ts'
import type { SettleResponse } from './settle-response.ts'

const paymentKey = 'x402/payment'
const responseKey = 'x402/payment-response'

/** The result of a tool call that must be paid. */
export function mcpPaymentRequired(required: PaymentRequired) {
  return {
    isError: true,
    structuredContent: required,
    content: [{ type: 'text', text: JSON.stringify(required) }],
  } as const
}

/** The payment in the `_meta` of a tool call; undefined without one. Throws `payments/bad-payment`. */
export function readMcpPayment(meta: unknown, terms: PaymentTerms): X402Payment | undefined {
  return readField(meta, paymentKey, terms)
}

/** A tool's result with what became of its payment. */
export function withMcpReceipt<result extends object>(result: result, response: SettleResponse) {
  const meta = (result as { readonly _meta?: JsonRecord })._meta ?? {}
  return { ...result, _meta: { ...meta, [responseKey]: response } }
}

/** A payment in a metadata field, bounded like a header. */
export function readField(meta: unknown, name: string, terms: PaymentTerms): X402Payment | undefined {
  if (typeof meta !== 'object' || meta === null || !Object.hasOwn(meta, name)) return undefined
  const payment = requireRecord((meta as JsonRecord)[name], name)
  if (JSON.stringify(payment).length > maximumHeaderCharacters) throw badPayment('it is too long')
  return parsePayment(payment, terms)
}
