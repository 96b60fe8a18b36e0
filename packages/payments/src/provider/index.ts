export type { Admission, CallResult, CashDesk, HeldPayment, PaidCall, StoredAnswer } from './cash-desk.ts'
export { ChannelAdmission } from './channel-admission.ts'
export { CooperativeRefund } from './channel-refund.ts'
export { ClaimWatcher } from './claim-watcher.ts'
export { channelOfferFrom, externalGasBounds, worthTheirGas } from './gas-bounds.ts'
export { LedgerSettler, type LedgerSettlerOptions } from './ledger-settler.ts'
export type { ReturningBuyers } from './returning-buyers.ts'
export { SellerDesk, type SellerDeskOptions } from './seller-desk.ts'
export { SettlementBook, type SettlementTotals, settlementsSchema } from './settlement-book.ts'
export type { Settler } from './settler.ts'
export { hasUpToProxy } from './up-to-support.ts'
export { VoucherDesk } from './voucher-desk.ts'
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
} from './wire.ts'
export { requestOf } from './wire-request.ts'
