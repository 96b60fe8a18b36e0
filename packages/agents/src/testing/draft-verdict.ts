import type { Hex } from '@koinon/base'
import { type JobView, readJob } from '../client/jobs/job-ledger.ts'
import type { Verdict } from '../rules/job.ts'
import { readJudgement } from '../verifier/jobs/job-evaluator.ts'

/** A verdict about work as it stands: of the first round, or of the second once the first is disputed. */
export async function draftVerdict(
  view: JobView,
  jobId: bigint,
  opinion: { readonly accepted: boolean; readonly reason: Hex },
): Promise<Verdict> {
  const { evaluator, deliverable } = await readJob(view, jobId)
  const { disputedAtSeconds } = await readJudgement(view, evaluator, jobId)
  return { jobId, deliverable, ...opinion, round: disputedAtSeconds === 0 ? 0 : 1 }
}
