/** Scheme `upto`: a ceiling that the payer signs, and an amount that the server says once the work is done. */
import type { Address, Hex } from '@koinon/base'
import type { LedgerSettler } from '../../provider/ledger-settler.ts'
import type { SettlementRefusal } from '../../provider/settler.ts'
import { sellerWindow, timeObjection, upToKey } from '../../rules/exact.ts'
import type { UpToAuthorization } from '../../rules/terms.ts'
import { upToObjection } from '../../rules/up-to.ts'
import { parseUpTo } from '../rules/up-to-payload.ts'
import { failure } from './exact-scheme.ts'
import { type FacilitatorRequest, type SettleAnswer, type VerifyAnswer } from './facilitator-wire.ts'

const words: Readonly<Record<SettlementRefusal, string>> = {
  expired: 'permit2_deadline_expired',
  'not-yet-valid': 'permit2_not_yet_valid',
  'bad-signature': 'invalid_permit2_signature',
  'insufficient-funds': 'permit2_insufficient_balance',
  'nonce-used': 'permit2_invalid_nonce',
  reverted: 'permit2_simulation_failed',
  'wrong-chain': 'invalid_upto_evm_network_mismatch',
  unsupported: 'asset_not_deployed_contract',
  'wallet-missing': 'eip6492_factory_not_allowed',
  'allowance-missing': 'permit2_allowance_required',
  'not-facilitator': 'upto_facilitator_mismatch',
}
const termWords = {
  token: 'permit2_token_mismatch',
  payee: 'invalid_permit2_recipient_mismatch',
  amount: 'permit2_amount_mismatch',
} as const

/** Clocks of payers may be ahead by so much. */
const clockToleranceSeconds = 60n

export type UpToPayment = { readonly authorization: UpToAuthorization; readonly key: Hex; readonly payer: Address }

/** The payment in a request. Throws `payments/bad-payment`. */
export function upToPayment({ payload, extensions }: FacilitatorRequest): UpToPayment {
  const authorization = parseUpTo(payload, extensions)
  const { token, from, nonce } = authorization
  return { authorization, key: upToKey(token, from, BigInt(nonce)), payer: from }
}

/** Held against the most that it may come to. Throws `payments/ledger-unreachable`. */
export async function verifyUpTo(
  settler: LedgerSettler,
  { authorization, payer }: UpToPayment,
  { requirements }: FacilitatorRequest,
  nowSeconds: bigint,
): Promise<VerifyAnswer> {
  const { asset: token, payTo, amountAtomic: maximumAtomic } = requirements
  const objection = upToObjection(authorization, { token, payTo, maximumAtomic })
  if (objection !== undefined) return { isValid: false, invalidReason: termWords[objection], payer }
  if (timeObjection(authorization, nowSeconds) === 'expired')
    return { isValid: false, invalidReason: words.expired, payer }
  // It is kept for its server until it ends, also where it does not begin yet.
  if (authorization.validBefore > nowSeconds + aheadSeconds(requirements.maxTimeoutSeconds))
    return { isValid: false, invalidReason: 'permit2_deadline_too_far', payer }
  const check = await settler.check(authorization)
  return check.state === 'payable'
    ? { isValid: true, payer }
    : { isValid: false, invalidReason: words[check.reason], invalidMessage: check.detail, payer }
}

/** What its server asked for, within what any may ask. */
function aheadSeconds(maxTimeoutSeconds: number): bigint {
  const asked = BigInt(Math.floor(Math.min(maxTimeoutSeconds, Number(sellerWindow.mostAheadSeconds))))
  return asked + clockToleranceSeconds
}

/** Moves what the requirements say by now. Never throws; `settlement_pending` where nobody knows. */
export async function settleUpTo(
  settler: LedgerSettler,
  { authorization, payer }: UpToPayment,
  { requirements }: FacilitatorRequest,
  timeoutMs: number,
): Promise<SettleAnswer> {
  const { network, asset: token, payTo, amountAtomic: valueAtomic } = requirements
  const { maximumAtomic } = authorization
  const no = (errorReason: string) => ({ success: false, errorReason, transaction: '', network, payer }) as const
  const objection = upToObjection(authorization, { token, payTo, maximumAtomic })
  if (objection !== undefined) return no(termWords[objection])
  if (valueAtomic > maximumAtomic) return no('invalid_upto_evm_payload_settlement_exceeds_amount')
  // Nothing moves, and the signature runs out unused.
  if (valueAtomic === 0n) return { success: true, transaction: '', network, payer, amount: '0' }
  const charged = { ...authorization, valueAtomic }
  const outcome = await settler.settle(charged, timeoutMs)
  if (outcome.state === 'settled') {
    return { success: true, transaction: outcome.transaction, network, payer, amount: valueAtomic.toString() }
  }
  const transaction = outcome.state === 'unknown' ? await settler.transactionOf(charged) : undefined
  return { ...failure(outcome, words), transaction: transaction ?? '', network, payer }
}
