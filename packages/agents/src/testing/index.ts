export { draftVerdict } from './draft-verdict.ts'
export { type JobNetwork, startJobNetwork, type TestAccount } from './job-network.ts'
export { type PaidAgents, type PayOptions, startPaidAgents } from './paid-agents.ts'
