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
}

const base = 'https://paymentauth.org/problems/'
const kinds: Readonly<Record<string, readonly [type: string, title: string, status: number]>> = {
  'payments/mpp-bad-credential': ['malformed-credential', 'Malformed Credential', 402],
  'payments/mpp-challenge-unknown': ['invalid-challenge', 'Invalid Challenge', 402],
  'payments/mpp-challenge-expired': ['payment-expired', 'Payment Expired', 402],
  'payments/mpp-challenge-elsewhere': ['invalid-challenge', 'Invalid Challenge', 402],
  'payments/mpp-body-differs': ['invalid-challenge', 'Invalid Challenge', 402],
  'payments/mpp-unsupported': ['method-unsupported', 'Method Unsupported', 400],
  'payments/commitment-mismatch': ['verification-failed', 'Verification Failed', 402],
  'payments/voucher-short': ['session/insufficient-balance', 'Insufficient Balance', 402],
  'payments/voucher-over-deposit': ['session/amount-exceeds-deposit', 'Amount Exceeds Deposit', 402],
  'payments/voucher-forged': ['session/invalid-signature', 'Invalid Signature', 402],
  'payments/channel-unknown': ['session/channel-not-found', 'Channel Not Found', 410],
  'payments/channel-closing': ['session/channel-finalized', 'Channel Closed', 410],
}
/** Refusals after which the proof is neither good nor bad: never a new challenge, because who hears 402 pays again. */
const undecided: Readonly<Record<string, number>> = {
  'payments/commitment-busy': 409,
  'payments/payment-id-busy': 409,
  'payments/payment-id-reused': 422,
  'payments/settlement-unknown': 503,
  'payments/ledger-unreachable': 503,
}

/** What a refusal is called on this wire. `challengeId` names the fresh challenge that goes with it. */
export function problemOf(error: unknown, challengeId?: string): PaymentProblem {
  const json = isKoinonError(error) ? errorToJson(error) : undefined
  if (json === undefined) {
    return {
      type: `${base}internal-payment-error`,
      title: 'Internal Payment Error',
      status: 500,
      detail: 'The payment failed for a reason of the server.',
    }
  }
  const waiting = undecided[json.code]
  const [type, title, status] = kinds[json.code] ?? ['verification-failed', 'Verification Failed', waiting ?? 402]
  return {
    type: waiting === undefined ? base + type : 'about:blank',
    title: waiting === undefined ? title : 'Payment Undecided',
    status: waiting ?? status,
    detail: json.message,
    code: json.code,
    ...(json.hint === undefined ? {} : { hint: json.hint }),
    ...(challengeId === undefined || (waiting ?? status) !== 402 ? {} : { challengeId }),
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
