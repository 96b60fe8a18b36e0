export { type BudgetChain, createBudgetChain } from './client/budget/budget-chain.ts'
export { BudgetPaymentSigner, type BudgetPaymentSignerOptions } from './client/budget/budget-payment-signer.ts'
export { type BudgetReport, forecastIntent, readBudget } from './client/budget/budget-report.ts'
export { type BudgetAnswer, BudgetSigner, type BudgetSignerOptions } from './client/budget/budget-signer.ts'
export { delegateOf, deployBudgetDelegate, setDelegate } from './client/budget/delegate-account.ts'
export { budgetSchema } from './client/budget/schema.ts'
export type { SpendEntry } from './client/budget/spend-ledger.ts'
export { ChannelOpener, type TakenBack } from './client/channel-opener.ts'
export type {
  AttachedPayment,
  Challenge,
  ClientWire,
  PaymentOption,
  SellerChannelTerms,
  WireReceipt,
} from './client/client-wire.ts'
export { type DelegatedPaymentSignerOptions, delegatedPaymentSigner } from './client/delegated-payment-signer.ts'
export { deployDelegationCollector } from './client/delegation-collector.ts'
export { createApiKey, signKeyGrant, signKeyRevocation } from './client/make-api-key.ts'
export { type Outcome, payCall, wasSigned } from './client/paid-call.ts'
export { type CallToPay, type OpenPayment, Payer, type PayerOptions, type PaymentReceipt } from './client/payer.ts'
export { type PayerLedger, payerLedger } from './client/payer-ledger.ts'
export {
  durablePayerStore,
  memoryPayerStore,
  type PaidCall as PayerCall,
  type PayerStore,
  payerSchema,
} from './client/payer-store.ts'
export { type PayingFetchOptions, payingFetch, receiptOf } from './client/paying-fetch.ts'
export {
  type AuthorizationIntent,
  type DepositIntent,
  localPaymentSigner,
  type PaymentSigner,
  type VoucherIntent,
} from './client/payment-signer.ts'
export { VoucherCourier } from './client/voucher-courier.ts'
export { ChannelBook, type ChannelSettlement, type Reservation } from './core/channel-book.ts'
export type { ChannelState } from './core/channel-state.ts'
export { loadNativeSecp256k1, nobleSecp256k1, type Secp256k1Engine, secp256k1Engine } from './core/native-secp256k1.ts'
export { ReceiptArchive } from './core/receipt-archive.ts'
export { ReceiptLedger, type ReceiptLedgerOptions } from './core/receipt-ledger.ts'
export type { AnswerTimes, FinalAnswer, ReceiptSummary } from './core/receipt-types.ts'
export { paymentsSchema } from './core/schema.ts'
export { type DelegatingAccount, localDelegatingAccount, openSession, type SigningSession } from './core/session.ts'
export { createVoucherSigner, type VoucherSigner, verifyVoucher } from './core/voucher-signing.ts'
export {
  createMppClientWire,
  type MppClientWire,
  type MppClientWireOptions,
  type MppMessages,
} from './mpp/client/mpp-wire.ts'

export { type MppOffer, type OfferOptions, readOffers } from './mpp/client/offers.ts'
export { readSteppedStream, type SteppedReaderOptions } from './mpp/client/stepped-reader.ts'
export { MppDoor, type MppDoorOptions } from './mpp/provider/mpp-door.ts'
export { createMppWire, type MppWireOptions } from './mpp/provider/mpp-wire.ts'
export { SteppedStreams, type SteppedStreamsOptions } from './mpp/provider/stepped-streams.ts'

export { MessageDoor, type MessageDoorOptions } from './paywall/message-door.ts'
export type { PaidAnswer } from './paywall/paid-answer.ts'
export { type Entered, PaymentDoor, type PaymentDoorEvent, type PaymentDoorOptions } from './paywall/payment-door.ts'
export { createPaywall, type PaidRequest, type Paywall, type PaywallOptions } from './paywall/paywall.ts'
export { sellTaskCall, type TaskAnswer, type TaskSale } from './paywall/task-sale.ts'
export { sellToolCall, type ToolAnswer, type ToolSale } from './paywall/tool-sale.ts'
export type {
  GrowingPayment,
  Refusal,
  SteppedCall,
  StreamPart,
  Wire,
  WireAnswer,
  WireAttempt,
  WirePart,
  WireRequest,
} from './paywall/wire.ts'
export { requestHashOf, requestOf } from './paywall/wire-request.ts'
export type { Admission, CallResult, CashDesk, HeldPayment, PaidCall, StoredAnswer } from './provider/cash-desk.ts'
export { ChannelAdmission } from './provider/channel-admission.ts'
export { ClaimWatcher } from './provider/claim-watcher.ts'
export { channelOfferFrom, externalGasBounds, worthTheirGas } from './provider/gas-bounds.ts'
export { LedgerSettler, type LedgerSettlerOptions } from './provider/ledger-settler.ts'
export { SellerDesk, type SellerDeskOptions } from './provider/seller-desk.ts'
export { SettlementBook, type SettlementTotals, settlementsSchema } from './provider/settlement-book.ts'
export type { Settler } from './provider/settler.ts'
export { hasUpToProxy } from './provider/up-to-support.ts'
export { VoucherDesk } from './provider/voucher-desk.ts'
export { availablePicoUsd, unlimitedCreditPicoUsd, worstCasePicoUsd } from './rules/admission.ts'
export { type ApiKey, deriveApiKey, deriveAuthorizerKey, parseBearer } from './rules/api-key.ts'
export {
  type Autonomy,
  autonomyLevels,
  type BudgetGrant,
  budgetGrantHash,
  type SignedBudgetGrant,
} from './rules/budget/grant.ts'
export { grantWords } from './rules/budget/grant-words.ts'
export type { BudgetIntent } from './rules/budget/intent.ts'
export { budgetApprovalDigest, budgetRevocationDigest } from './rules/budget/owner-words.ts'
export { budgetGrantToJson, parseBudgetGrant, parseGrantChain } from './rules/budget/parse-grant.ts'
export { leftOfTotal, spentInPeriod } from './rules/budget/spent.ts'
export {
  type ChannelConfig,
  channelIdOf,
  type EscrowDomain,
  parseChannelConfig,
  withdrawDelayBounds,
} from './rules/channel.ts'
export { channelReceiptsObjection } from './rules/channel-receipts.ts'
export { depositDueAtomic, owedAtomicUp, type RoomPolicy } from './rules/channel-room.ts'
export type { Caveat, Delegation } from './rules/delegation.ts'
export {
  type KeyGrant,
  keyGrantDigest,
  keyRevocationDigest,
  parseKeyGrant,
  verifyKeyGrant,
  verifyKeyRevocation,
} from './rules/key-grant.ts'
export type { ChannelStanding } from './rules/paid-call-refusals.ts'
export { lentAtomic, type PayerChannel } from './rules/payer-channel.ts'
export type { AllowedAsset, PayerPolicy } from './rules/payer-policy.ts'
export type {
  Asset,
  BackEnd,
  Charge,
  Commitment,
  PaymentTerms,
  Resource,
  SignedDeposit,
  TransferAuthorization,
} from './rules/terms.ts'
export {
  decodeVoucherHeader,
  encodeVoucherHeader,
  parseVoucher,
  type SignedVoucher,
  voucherHeader,
  voucherToJson,
} from './rules/voucher.ts'
export { nextVoucherAtomic, type VoucherLine, voucherRefusal } from './rules/voucher-line.ts'
export { channelsCheck } from './verifier/audit/channels-check.ts'
export { verifyOwnerSignature } from './verifier/budget/verify-owner-signature.ts'
export { ChannelDirectory } from './verifier/channel-directory.ts'
export { createPayingFetch } from './x402/client/create-paying-fetch.ts'
export { a2aPaymentExtension, type MessageCall, payTask, payTool } from './x402/client/pay-messages.ts'
export { type RefundOptions, x402Refund } from './x402/client/request-refund.ts'
export { type SignInSigner, signInHeaders } from './x402/client/sign-in.ts'
export { checkSignedReceipt, type SignedBy } from './x402/client/signed-offers.ts'
export { x402Wire } from './x402/client/x402-wire.ts'
export { Facilitator, type FacilitatorOptions, facilitatorSchema } from './x402/facilitator/facilitator.ts'
export { FacilitatorServer, type FacilitatorServerOptions } from './x402/facilitator/facilitator-server.ts'
export { CooperativeRefund } from './x402/provider/channel-refund.ts'
export { FacilitatorSettler, type FacilitatorSettlerOptions } from './x402/provider/facilitator-settler.ts'
export { createX402Wire, type X402WireOptions } from './x402/provider/x402-wire.ts'
export { a2aExtensionUri } from './x402/rules/a2a.ts'
export { bazaarExtension, type Discovery } from './x402/rules/extensions.ts'
