export { type HireAttempt, hireSchema, loadAttempts, loadTree } from './hire/hire-store.ts'
export { type HireEvent, HireTree, type HireTreeOptions } from './hire/hire-tree.ts'
export { askForQuote, jobKind, jobRequest } from './jobs/ask-quotes.ts'
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
export { McpConnection, type McpConnectionOptions } from './mcp/connection.ts'
