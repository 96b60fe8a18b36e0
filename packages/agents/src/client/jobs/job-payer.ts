import type { Address } from '@koinon/base'
import type { SignedQuote } from '@koinon/work'
import type { JobTerms } from '../../rules/job.ts'

/** What a quote is taken for: an open job, or terms that are opened with it. */
export type QuotedJob = { readonly jobId: bigint; readonly token: Address } | { readonly terms: JobTerms }

/** Whose money pays for jobs, and how. */
export type JobPayer = {
  /** The client of the jobs. */
  readonly owner: Address
  /** Takes a quote, which names the provider and funds the job by its price. Throws `ledger/*` and what the payer refuses. */
  take(job: QuotedJob, quote: SignedQuote): Promise<void>
}
