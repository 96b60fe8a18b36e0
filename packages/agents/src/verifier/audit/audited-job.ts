import type { Address } from '@koinon/base'
import type { JobStatus } from '../../rules/job.ts'

export type AuditedJob = {
  readonly client: Address
  readonly evaluator: Address
  readonly expiredAt: number
  provider: Address
  token: Address
  status: JobStatus
  budget: bigint
  submittedAt: number
  /** What lies in escrow for it. */
  held: bigint
}
