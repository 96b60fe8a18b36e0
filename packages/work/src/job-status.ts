/** How far a job is, in the order of the contract's numbers (specs/0024-jobs.md section 1). */
export const jobStatuses = ['open', 'funded', 'submitted', 'completed', 'rejected', 'expired'] as const
export type JobStatus = (typeof jobStatuses)[number]
