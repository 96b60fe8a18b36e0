/** Scheme `exact` with EIP-3009: one signed transfer of exactly the price. */
import type { Address, Hex } from '@koinon/base'
import type { LedgerSettler } from '../../provider/ledger-settler.ts'
import type { SettlementOutcome, SettlementRefusal } from '../../provider/settler.ts'
import { authorizationObjection, exactKey, sellerWindow, timeObjection } from '../../rules/exact.ts'
import type { TransferAuthorization } from '../../rules/terms.ts'
import {
  type FacilitatorRequest,
  parseExactPayload,
  pendingReason,
  type SettleAnswer,
  type VerifyAnswer,
} from './facilitator-wire.ts'

const words: Readonly<Record<SettlementRefusal, string>> = {
  expired: 'invalid_exact_evm_payload_authorization_valid_before',
  'not-yet-valid': 'invalid_exact_evm_payload_authorization_valid_after',
  'bad-signature': 'invalid_exact_evm_signature',
  'insufficient-funds': 'invalid_exact_evm_insufficient_balance',
  'nonce-used': 'invalid_exact_evm_nonce_already_used',
  reverted: 'invalid_exact_evm_transaction_simulation_failed',
  'wrong-chain': 'invalid_exact_evm_network_mismatch',
  unsupported: 'invalid_exact_evm_eip3009_not_supported',
  'wallet-missing': 'eip6492_factory_not_allowed',
  'allowance-missing': 'invalid_exact_evm_transaction_simulation_failed',
  'not-facilitator': 'invalid_exact_evm_transaction_simulation_failed',
}
const termWords = {
  token: 'invalid_exact_evm_eip3009_not_supported',
  payee: 'invalid_exact_evm_recipient_mismatch',
  amount: 'invalid_exact_evm_authorization_value',
} as const

export type ExactPayment = { readonly authorization: TransferAuthorization; readonly key: Hex; readonly payer: Address }

/** The payment in a request. Throws `payments/bad-x402-request`. */
export function exactPayment({ payload, requirements }: FacilitatorRequest): ExactPayment {
  const authorization = parseExactPayload(payload, requirements.asset)
  const { token, from, nonce } = authorization
  return { authorization, key: exactKey(token, from, nonce), payer: from }
}

/** Throws `payments/ledger-unreachable`. */
export async function verifyExact(
  settler: LedgerSettler,
  { authorization, payer }: ExactPayment,
  request: FacilitatorRequest,
  nowSeconds: bigint,
): Promise<VerifyAnswer> {
  const objection = objectionTo(authorization, request)
  if (objection !== undefined) return { isValid: false, invalidReason: objection, payer }
  // A payment that ends while the work is done would be work for nothing.
  const late = timeObjection(authorization, nowSeconds, { ...sellerWindow, mostAheadSeconds: 1n << 64n })
  if (late === 'expired') return { isValid: false, invalidReason: words.expired, payer }
  const check = await settler.check(authorization)
  return check.state === 'payable'
    ? { isValid: true, payer }
    : { isValid: false, invalidReason: words[check.reason], invalidMessage: check.detail, payer }
}

/** Never throws; `settlement_pending` where nobody knows. */
export async function settleExact(
  settler: LedgerSettler,
  { authorization, payer }: ExactPayment,
  request: FacilitatorRequest,
  timeoutMs: number,
): Promise<SettleAnswer> {
  const { network } = request.requirements
  const objection = objectionTo(authorization, request)
  if (objection !== undefined) return { success: false, errorReason: objection, transaction: '', network, payer }
  const outcome = await settler.settle(authorization, timeoutMs)
  if (outcome.state === 'settled')
    return {
      success: true,
      transaction: outcome.transaction,
      network,
      payer,
      amount: authorization.valueAtomic.toString(),
    }
  const transaction = outcome.state === 'unknown' ? await settler.transactionOf(authorization) : undefined
  return { ...failure(outcome, words), transaction: transaction ?? '', network, payer }
}

/** Reason and message of an outcome that is no success. */
export function failure(
  outcome: Exclude<SettlementOutcome, { state: 'settled' }>,
  reasons: Readonly<Record<SettlementRefusal, string>>,
): { readonly success: false; readonly errorReason: string; readonly errorMessage: string } {
  const errorReason = outcome.state === 'unknown' ? pendingReason : reasons[outcome.reason]
  return { success: false, errorReason, errorMessage: outcome.detail }
}

function objectionTo(authorization: TransferAuthorization, { requirements }: FacilitatorRequest): string | undefined {
  const { asset: token, payTo, amountAtomic } = requirements
  const objection = authorizationObjection(authorization, { token, payTo, amountAtomic })
  return objection === undefined ? undefined : termWords[objection]
}
