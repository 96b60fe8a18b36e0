/** Shapes of the dashboard API, specs/0008-http.md section 2: what the gateway answers and page and command line read. */
export { agentStateWords, leftOutWords } from './agent-words.ts'
export type {
  AgentCheckJson,
  AgentDetailJson,
  AgentEndpointJson,
  AgentJson,
  AgentOfferJson,
  AgentState,
  AgentsJson,
  AgentTrustJson,
  ListingCheckJson,
  ListingJson,
  RatingJson,
  TrustFromJson,
  ValidationJson,
} from './agents.ts'
export { type AuditTotals, auditCounts, auditVerdict, contradictionAdvice, noAnswerAdvice } from './audit-verdict.ts'
export type {
  BudgetEntryJson,
  BudgetJson,
  BudgetsJson,
  GrantTermsJson,
  LedgerBudgetsJson,
  LedgerChannelJson,
  LedgerGrantJson,
} from './budgets.ts'
export type {
  ConcentrationJson,
  DecentralizationJson,
  LayerJson,
  RequirementJson,
} from './decentralization.ts'
export type { AuditJson, EpochDetailJson, EpochJson, EpochState, EpochsJson, PayoutJson } from './epochs.ts'
export { escrowWords, evaluatorWords, jobStateWords, jobStepWords } from './job-words.ts'
export type {
  JobAuctionJson,
  JobBidJson,
  JobBidsJson,
  JobDetailJson,
  JobEvaluatorJson,
  JobRowJson,
  JobStepJson,
  JobStepName,
  JobsJson,
  JobTotalsJson,
  JobTreeJson,
  JobTreeNodeJson,
  JudgementJson,
  VerdictJson,
  VoteJson,
} from './jobs.ts'
export type {
  MetagraphJson,
  MetagraphNeuronJson,
  MetagraphSeatJson,
  MetagraphValidatorJson,
  SignedEpochJson,
} from './metagraph.ts'
export type { BeaconJson, ModelJson, NetworkJson, NeuronJson, RoleJson, SubnetJson } from './network.ts'
export { gasSavedWords, paymentRefusalWords } from './payment-words.ts'
export type {
  GasEstimateJson,
  PaymentChannelJson,
  PaymentDetailsJson,
  PaymentEventJson,
  PaymentRefusalJson,
  PaymentsJson,
  SettlementJson,
  TakenPaymentsJson,
} from './payments.ts'
export type {
  AmountJson,
  LeavingJson,
  MarketJson,
  OpenMarketJson,
  PoolJson,
  PoolsJson,
  PositionJson,
  PotJson,
  QuoteJson,
  StakeJson,
  TradeSide,
} from './stake.ts'
export type { KoinFlowJson, SplitJson, SubnetRowJson, SubnetsJson } from './subnets.ts'
export { asTyped, type CommandStyle, shellWord } from './typed-command.ts'
export type { ValidatorJson, ValidatorsJson } from './validators.ts'
export type {
  CreatedKeyJson,
  KeyJson,
  PageSessionJson,
  PaymentJson,
  ReceiptSummaryJson,
  ReceiptsJson,
  SessionJson,
  WalletJson,
} from './wallet.ts'
