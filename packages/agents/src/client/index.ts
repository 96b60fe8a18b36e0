export { hireAgent } from './calls/hire-agent.ts'
export {
  type CallPayer,
  freeCalls,
  type MessageServiceCall,
  type PayMessage,
  type PayService,
  payWithin,
  type ServiceCall,
} from './calls/paid-call.ts'
export type { CallLimits } from './calls/task-calls.ts'
export { type HireAttempt, hireSchema, loadAttempts, loadTree } from './hire/hire-store.ts'
export { type HireEvent, HireTree, type HireTreeOptions } from './hire/hire-tree.ts'
export {
  type AgentAccount,
  type AgentRecord,
  agentRefOf,
  findAgentOf,
  type ListedAgent,
  listAgents,
  readAgent,
  registerAgent,
  setAgentUri,
  setAgentWallet,
} from './identity/agent-registry.ts'
export {
  checkAgent,
  checkListing,
  type InspectedAgent,
  inspectAgent,
  type ListingCheck,
} from './identity/check-listing.ts'
export { type PricedTool, sampleOf } from './identity/check-tools.ts'
export { type FetchBounds, type FetchedDocument, fetchDocument } from './identity/fetch-document.ts'
export { type KeptAgent, keepAgent, type WantedAgent } from './identity/keep-agent.ts'
export { type ResolvedAgent, type ResolveOptions, resolveAgent } from './identity/resolve-agent.ts'
export { askForQuote, jobKind, jobRequest, publishedCeiling } from './jobs/ask-quotes.ts'
export {
  type AuctionBid,
  type AwardNote,
  awardWinner,
  bidRefusal,
  draftBid,
  planAward,
  revealBid,
  sendBid,
} from './jobs/auctions.ts'
export { requireVerdict } from './jobs/disputable.ts'
export { fetchDeliverable } from './jobs/fetch-deliverable.ts'
export { budgetForJobs, jobBudgetProposes, jobsService } from './jobs/job-budget.ts'
export { JobClient, type JobDraft } from './jobs/job-client.ts'
export {
  type JobAccount,
  type JobRecord,
  type JobView,
  jobOfQuote,
  jobsOf,
  listJobs,
  readJob,
} from './jobs/job-ledger.ts'
export type { JobPayer } from './jobs/job-payer.ts'
export {
  type CallRating,
  FeedbackBook,
  type FeedbackBookOptions,
  feedbackSchema,
  type WrittenFeedback,
} from './reputation/feedback-book.ts'
export { FeedbackWriter, type FeedbackWriterOptions, type PaidCallRecord } from './reputation/feedback-writer.ts'
export { type LedgerFeedback, readFeedback } from './reputation/read-feedback.ts'
export { readTrust } from './reputation/read-trust.ts'
export { type ClaimedChannel, readSettledMoney, type SettledMoney } from './reputation/settled-money.ts'
