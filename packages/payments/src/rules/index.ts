export { availablePicoUsd, unlimitedCreditPicoUsd, worstCasePicoUsd } from './admission.ts'
export { type ApiKey, deriveApiKey, deriveAuthorizerKey, parseBearer } from './api-key.ts'
export {
  type Autonomy,
  autonomyLevels,
  type BudgetGrant,
  budgetGrantHash,
  type SignedBudgetGrant,
} from './budget/grant.ts'
export { grantWords } from './budget/grant-words.ts'
export type { BudgetIntent } from './budget/intent.ts'
export { budgetApprovalDigest, budgetRevocationDigest } from './budget/owner-words.ts'
export { budgetGrantToJson, parseBudgetGrant, parseGrantChain } from './budget/parse-grant.ts'
export { leftOfChain, spentInPeriod } from './budget/spent.ts'
export {
  type ChannelConfig,
  channelIdOf,
  type EscrowDomain,
  parseChannelConfig,
  withdrawDelayBounds,
} from './channel.ts'
export { channelReceiptsObjection } from './channel-receipts.ts'
export { depositDueAtomic, owedAtomicUp, type RoomPolicy } from './channel-room.ts'
export { type Caveat, type Delegation, delegationHash } from './delegation.ts'
export { httpKind } from './http-call.ts'
export { checkHttpBundle } from './http-receipt-check.ts'
export {
  type KeyGrant,
  keyGrantDigest,
  keyRevocationDigest,
  parseKeyGrant,
  verifyKeyGrant,
  verifyKeyRevocation,
} from './key-grant.ts'
export type { ChannelStanding } from './paid-call-refusals.ts'
export { lentAtomic, type PayerChannel } from './payer-channel.ts'
export type { AllowedAsset, PayerPolicy } from './payer-policy.ts'
export { checkPayment, type RecordedPayment } from './payment-check.ts'
export type {
  Asset,
  BackEnd,
  Charge,
  Commitment,
  PaymentTerms,
  Resource,
  SignedDeposit,
  TransferAuthorization,
} from './terms.ts'
export {
  decodeVoucherHeader,
  encodeVoucherHeader,
  parseVoucher,
  type SignedVoucher,
  voucherHeader,
  voucherToJson,
} from './voucher.ts'
export { nextVoucherAtomic, type VoucherLine, voucherRefusal } from './voucher-line.ts'
