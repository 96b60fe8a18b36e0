/** Refusals as the scheme says them: RFC 9457 problem details (specs/0022 section 7). */
import { errorToJson, isKoinonError } from '@koinon/base'

/** `application/problem+json`, with our own code beside the scheme's type. */
export type PaymentProblem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code?: string
  readonly hint?: string
  readonly challengeId?: string
  /** Where the payer's channel stands, when its voucher was too low. */
  readonly channel?: unknown
}

const base = 'https://paymentauth.org/problems/'
const kinds: Readonly<Record<string, readonly [type: string, title: string, status?: number]>> = {
  'payments/mpp-bad-credential': ['malformed-credential', 'Malformed Credential'],
  'payments/mpp-challenge-unknown': ['invalid-challenge', 'Invalid Challenge'],
  'payments/mpp-challenge-expired': ['payment-expired', 'Payment Expired'],
  'payments/mpp-challenge-elsewhere': ['invalid-challenge', 'Invalid Challenge'],
  'payments/mpp-body-differs': ['invalid-challenge', 'Invalid Challenge'],
  'payments/mpp-unsupported': ['method-unsupported', 'Method Unsupported', 400],
  'payments/authorization-expired': ['payment-expired', 'Payment Expired'],
  'payments/authorization-used': ['invalid-challenge', 'Invalid Challenge'],
  'payments/voucher-short': ['session/insufficient-balance', 'Insufficient Balance'],
  'payments/voucher-over-deposit': ['session/amount-exceeds-deposit', 'Amount Exceeds Deposit'],
  'payments/voucher-forged': ['session/invalid-signature', 'Invalid Signature'],
  'payments/deposit-refused': ['session/transaction-reverted', 'Transaction Reverted'],
  'payments/channel-unknown': ['session/channel-not-found', 'Channel Not Found', 410],
  'payments/channel-closing': ['session/channel-finalized', 'Channel Closed', 410],
}
/** Of refusals without a stated status. */
const statusOfRetry = { never: 402, now: 402, later: 503, unknown: 503 } as const

/** What a refusal is called on this wire. `challengeId` names the fresh challenge that goes with a 402. */
export function problemOf(error: unknown, challengeId?: string): PaymentProblem {
  if (!isKoinonError(error)) {
    const detail = 'The payment failed for a reason of the server.'
    return { type: `${base}internal-payment-error`, title: 'Internal Payment Error', status: 500, detail }
  }
  const { code, message, hint, retry, details } = errorToJson(error)
  const stated = typeof details?.['status'] === 'number' ? details['status'] : statusOfRetry[retry]
  const [type, title, status = stated] = kinds[code] ?? ['verification-failed', 'Verification Failed']
  // Neither good nor bad is no problem of the scheme's: who hears 402 pays again.
  const isDecided = status === 402 || kinds[code] !== undefined
  return {
    type: isDecided ? base + type : 'about:blank',
    title: isDecided ? title : 'Payment Undecided',
    status,
    detail: message,
    code,
    ...(hint === undefined ? {} : { hint }),
    ...(details?.['channel'] === undefined ? {} : { channel: details['channel'] }),
    ...(challengeId === undefined || status !== 402 ? {} : { challengeId }),
  }
}

/** The problem of a request without a credential. */
export function paymentRequired(challengeId: string): PaymentProblem {
  return {
    type: `${base}payment-required`,
    title: 'Payment Required',
    status: 402,
    detail: 'Payment is required.',
    challengeId,
  }
}
