export { DelegationMemory } from './delegations.ts'
export { type JobStatus, jobStatuses } from './job-status.ts'
export {
  type NodeRequest,
  type NodeRequestExpectation,
  nodeRequestHeader,
  nodeRequestLifetimeMs,
  nodeRequestType,
  signNodeRequest,
  verifyNodeRequest,
} from './node-request.ts'
export {
  type Auction,
  type AuctionRecord,
  type AuctionRule,
  bidCommitment,
  bidHoldsSeconds,
  bidRefusalWords,
  lastEndOf,
  type RevealedBid,
  type ReverseAuction,
  rankAuction,
  replayReverseAuction,
  type SealedAuction,
  type SealedBid,
  type TimedBid,
} from './quotes/auction.ts'
export { chooseQuote, fittingQuotes, type QuoteChoice, rankQuotes, tieBreaks } from './quotes/choose-quote.ts'
export {
  parseQuote,
  type Quote,
  quoteDigest,
  quoteToJson,
  type SettlementDomain,
  type SignedQuote,
  signQuote,
  verifyQuote,
} from './quotes/quote.ts'
export type { QuoteRequest } from './quotes/quote-request.ts'
export {
  bundleToJson,
  parseBundle,
  parseSignedReceipt,
  type Receipt,
  type ReceiptBundle,
  receiptBatchType,
  receiptType,
  receiptVersion,
  type SignedReceipt,
  signedReceiptToJson,
} from './receipt.ts'
export { type BundleCheckInput, checkBundle } from './receipt-checks.ts'
export {
  type BilledChannel,
  type ListedReceipt,
  parseReceiptListMemory,
  ReceiptListAudit,
  type ReceiptListExpectation,
  type ReceiptListMemory,
} from './receipt-list.ts'
export {
  emptySession,
  type SessionTip,
  signReceiptBatch,
  type UnlinkedReceipt,
  verifyReceiptSignature,
} from './receipt-signing.ts'
export {
  parseDelegation,
  type SessionDelegation,
  type SignedDelegation,
  sessionDelegationDigest,
  verifyDelegation,
} from './session-delegation.ts'
export {
  type Check,
  type CheckState,
  checkThat,
  fail,
  failures,
  notChecked,
  pass,
  type Rung,
  rungs,
  type Verdict,
} from './verdict.ts'
