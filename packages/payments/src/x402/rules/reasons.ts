/** x402's words for our refusals, as its packages write them. */
import { isKoinonError } from '@koinon/base'

const channel = 'invalid_batch_settlement_evm_'
const exact = 'invalid_exact_evm_'

const words: Readonly<Record<string, string>> = {
  'payments/commitment-busy': `${channel}channel_busy`,
  'payments/voucher-short': `${channel}cumulative_amount_mismatch`,
  // The client looks at the ledger and at its own signature after this word, and tops up.
  'payments/voucher-over-deposit': `${channel}cumulative_amount_mismatch`,
  'payments/voucher-forged': `${channel}voucher_signature`,
  'payments/bad-voucher': 'invalid_payload',
  'payments/bad-channel': 'invalid_payload',
  'payments/bad-payment': 'invalid_payload',
  'payments/channel-unsuitable': `${channel}receiver_mismatch`,
  'payments/channel-closing': `${channel}missing_channel`,
  'payments/channel-empty': `${channel}channel_not_found`,
  'payments/deposit-refused': `${channel}deposit_transaction_failed`,
  'payments/authorization-expired': `${exact}payload_authorization_valid_before`,
  'payments/authorization-too-long': `${exact}payload_authorization_valid_before`,
  'payments/authorization-early': `${exact}payload_authorization_valid_after`,
  'payments/authorization-used': `${exact}nonce_already_used`,
  'payments/refund-empty': `${channel}refund_no_balance`,
  'payments/refund-too-soon': `${channel}refund_amount_invalid`,
  'payments/refund-unearned': `${channel}refund_amount_invalid`,
  'payments/settlement-unknown': 'settlement_pending',
}
const reasons: Readonly<Record<string, string>> = {
  expired: `${exact}payload_authorization_valid_before`,
  'not-yet-valid': `${exact}payload_authorization_valid_after`,
  'bad-signature': `${exact}signature`,
  'insufficient-funds': `${exact}insufficient_balance`,
  'nonce-used': `${exact}nonce_already_used`,
  reverted: `${exact}transaction_failed`,
  'wrong-chain': `${exact}network_mismatch`,
  unsupported: `${exact}eip3009_not_supported`,
  'wallet-missing': 'eip6492_factory_not_allowed',
}
/** Of `upto` payments. */
const permitReasons: Readonly<Record<string, string>> = {
  expired: 'permit2_deadline_expired',
  'not-yet-valid': 'permit2_not_yet_valid',
  'bad-signature': 'invalid_permit2_signature',
  'insufficient-funds': 'permit2_insufficient_balance',
  'nonce-used': 'permit2_invalid_nonce',
  reverted: 'permit2_simulation_failed',
  'wrong-chain': 'invalid_upto_evm_network_mismatch',
  unsupported: 'unsupported_scheme',
  'allowance-missing': 'permit2_allowance_required',
  'not-facilitator': 'upto_facilitator_mismatch',
}
const mismatches: Readonly<Record<string, string>> = {
  amount: 'invalid_exact_evm_payload_authorization_value_mismatch',
  payTo: `${exact}recipient_mismatch`,
  network: 'invalid_network',
  scheme: 'unsupported_scheme',
  channelId: `${channel}channel_id_mismatch`,
}

/** x402's word for an error; `unexpected_verify_error` for what it has no word for. */
export function reasonOf(error: unknown): string {
  if (!isKoinonError(error)) return 'unexpected_verify_error'
  const { reason, field, backEnd } = error.details ?? {}
  if (error.code === 'payments/commitment-mismatch') return mismatches[String(field)] ?? 'invalid_payment_requirements'
  if (error.code === 'payments/authorization-refused' || error.code === 'payments/settlement-refused') {
    return (backEnd === 'upTo' ? permitReasons : reasons)[String(reason)] ?? `${exact}transaction_failed`
  }
  return words[error.code] ?? 'unexpected_verify_error'
}
