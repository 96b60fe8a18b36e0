export { ChannelOpener, type TakenBack } from './channel-opener.ts'
export type {
  AttachedPayment,
  Challenge,
  ClientWire,
  PaymentOption,
  SellerChannelTerms,
  WireReceipt,
} from './client-wire.ts'
export { type DelegatedPaymentSignerOptions, delegatedPaymentSigner } from './delegated-payment-signer.ts'
export { deployDelegationCollector } from './delegation-collector.ts'
export { createApiKey, signKeyGrant, signKeyRevocation } from './make-api-key.ts'
export { type Outcome, payCall, wasSigned } from './paid-call.ts'
export { type CallToPay, type OpenPayment, Payer, type PayerOptions, type PaymentReceipt } from './payer.ts'
export { type PayerLedger, payerLedger } from './payer-ledger.ts'
export {
  durablePayerStore,
  memoryPayerStore,
  type PayerCall,
  type PayerStore,
  payerSchema,
} from './payer-store.ts'
export { type PayingFetchOptions, payingFetch, receiptOf } from './paying-fetch.ts'
export {
  type AuthorizationIntent,
  type DepositAuthorizationIntent,
  type IntentCall,
  localPaymentSigner,
  type PaymentSigner,
  type VoucherIntent,
} from './payment-signer.ts'
export { type GrantedDelegation, readDelegation } from './read-delegation.ts'
export { RememberedTerms } from './remembered-terms.ts'
export { VoucherCourier } from './voucher-courier.ts'
