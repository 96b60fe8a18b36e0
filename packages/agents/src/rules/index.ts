export {
  type AgentContent,
  type AgentEndpoint,
  agentRecordType,
  type ListedService,
  readAgentRecord,
  recordLifetimeMs,
  type SignedAgentRecord,
  signAgentRecord,
} from './almanac.ts'
export { hasWords } from './has-words.ts'
export {
  type AgentRef,
  accountNameOf,
  agentRegistryOf,
  formatAgentId,
  parseAgentId,
  parseAgentRegistry,
} from './identity/agent-id.ts'
export {
  contentHashOf,
  contentIdOf,
  contentIdOfHash,
  contentUri,
  isContentOf,
  maximumContentBytes,
} from './identity/content-uri.ts'
export {
  type AgentService,
  buildRegistrationFile,
  namesAgent,
  parseRegistrationFile,
  type Registration,
  type RegistrationFile,
  registrationFilePath,
  registrationFileType,
} from './identity/registration-file.ts'
export {
  disputeBond,
  fundingNonce,
  hashTerms,
  isQuorum,
  type JobStatus,
  type JobTerms,
  jobStatuses,
  jobsDomain,
  type Verdict,
  verdictDigest,
} from './job.ts'
export { auctionLine, auctionObjection, parseJobAuction, readJobRequest } from './job-auction.ts'
export {
  type JobCheck,
  type JobChecker,
  type JobOpinion,
  jobCheckers,
  parseJobCheck,
} from './job-check.ts'
export { textOfJob, workOfJob } from './job-description.ts'
export { actorsOf, type JobActor, type JobStep, jobActors, jobSteps, nextStatus } from './job-steps.ts'
export { parseTerms, termsToJson } from './job-terms-json.ts'
export { type JobTreePlace, parseTreeLine, treeLine } from './job-tree-line.ts'
export {
  buildFeedbackFile,
  type FeedbackEvidence,
  type FeedbackFile,
  feedbackHash,
  parseFeedbackFile,
} from './reputation/feedback-file.ts'
export { ratedTags, ratingOfFeedback } from './reputation/feedback-rating.ts'
export { type SetAside, SpendCeiling } from './spend-ceiling.ts'
export {
  aggregateTask,
  type ChildPlan,
  childrenOf,
  createTaskTree,
  failTask,
  hireFor,
  isConserved,
  isReadyToAggregate,
  maximumDepth,
  maximumTasks,
  moneyOf,
  payTask,
  refundTask,
  rootTaskId,
  splitTask,
  type Task,
  type TaskStatus,
  type TaskTree,
} from './task-tree.ts'
export { leastShareForRise } from './trust/price-of-rise.ts'
export {
  defaultTrustParameters,
  type Funding,
  neutralMicro,
  type RatedAgent,
  type Rating,
  type SettledPayment,
  type TrustInput,
  type TrustParameters,
  type TrustSeed,
  wholeInfluence,
} from './trust/trust-input.ts'
export {
  type CountedRating,
  type LeftOutRating,
  type LeftOutReason,
  type TrustScore,
  trustScores,
} from './trust/trust-scores.ts'
export { type UntrustedJson, untrustedJson, untrustedText, visibleJson, visibleText } from './untrusted.ts'
