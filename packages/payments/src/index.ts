export { createApiKey, signKeyGrant, signKeyRevocation } from './client/api-key.ts'
export {
  ChannelOpener,
  type ChannelOpenerOptions,
  type ChannelRequest,
  type OpenedChannel,
  type TakenBack,
} from './client/channel-opener.ts'
export { VoucherCourier, type VoucherCourierOptions } from './client/voucher-courier.ts'
export { createFastAccount } from './core/account.ts'
export { ChannelBook, type ChannelSettlement, type NewChannel, type Reservation } from './core/channel-book.ts'
export type { ChannelFacts, ChannelRole, ChannelState } from './core/channel-state.ts'
export { ReceiptArchive } from './core/receipt-archive.ts'
export { ReceiptLedger, type ReceiptLedgerOptions } from './core/receipt-ledger.ts'
export type { AnswerTimes, FinalAnswer, ReceiptStats, ReceiptSummary } from './core/receipt-types.ts'
export { paymentsSchema } from './core/schema.ts'
export { loadNativeSecp256k1, nobleSecp256k1, type Secp256k1Engine, secp256k1Engine } from './core/secp256k1.ts'
export { type DelegatingAccount, localDelegatingAccount, openSession, type Session } from './core/session.ts'
export { DebtArchive, type DebtReason } from './core/upstream-debts.ts'
export { createVoucherSigner, type VoucherSigner, verifyVoucher } from './core/voucher-signing.ts'
export { ChannelAdmission, type ChannelAdmissionOptions, type ChannelTerms } from './provider/channel-admission.ts'
export { type ClaimPass, type ClaimStatus, ClaimWatcher, type ClaimWatcherOptions } from './provider/claim-watcher.ts'
export { type AcceptedVoucher, VoucherDesk, type VoucherDeskOptions } from './provider/voucher-desk.ts'
export {
  type AdmissionRefusal,
  admissionRefusal,
  availablePicoUsd,
  type ChannelAccount,
  type ChannelStatus,
  unlimitedCreditPicoUsd,
  unsecuredPicoUsd,
  voucherDue,
  voucherFor,
  worstCasePicoUsd,
} from './rules/admission.ts'
export {
  type ApiKey,
  apiKeyHash,
  apiKeyPrefix,
  deriveApiKey,
  deriveAuthorizerKey,
  parseApiKey,
  parseBearer,
} from './rules/api-key.ts'
export {
  type ChannelConfig,
  channelIdOf,
  type EscrowDomain,
  escrowTypedDataDomain,
  maximumAtomic,
  parseChannelConfig,
  withdrawDelayBounds,
} from './rules/channel.ts'
export { type ChannelParties, channelReceiptsObjection } from './rules/channel-receipts.ts'
export { depositDueAtomic, owedAtomicUp, type RoomPolicy } from './rules/channel-room.ts'
export {
  type ClaimDecision,
  type ClaimPolicy,
  type ClaimReason,
  claimableTotal,
  decideClaims,
  defaultClaimPolicy,
  unclaimedAtomic,
} from './rules/claims.ts'
export {
  type KeyGrant,
  type KeyRevocation,
  keyGrantDigest,
  keyGrantTypedData,
  keyRevocationDigest,
  keyRevocationTypedData,
  parseKeyGrant,
  verifyKeyGrant,
  verifyKeyRevocation,
} from './rules/key-grant.ts'
export {
  decodeVoucherHeader,
  encodeVoucherHeader,
  parseVoucher,
  type SignedVoucher,
  type Voucher,
  voucherDigest,
  voucherHeader,
  voucherToJson,
  voucherTypedData,
} from './rules/voucher.ts'
export {
  ChannelDirectory,
  type ChannelDirectoryOptions,
  type LedgerChannel,
} from './verifier/channel-directory.ts'
