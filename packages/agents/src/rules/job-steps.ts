/** Who may take which step of a job when (specs/0024-jobs.md section 1). */
import { type Address, zeroAddress } from '@koinon/base'
import type { JobStatus } from './job.ts'

/** In the order of the vectors. */
export const jobSteps = ['setProvider', 'setBudget', 'fund', 'submit', 'complete', 'reject', 'claimRefund'] as const
export type JobStep = (typeof jobSteps)[number]

export const jobActors = ['client', 'provider', 'evaluator', 'anyone'] as const
export type JobActor = (typeof jobActors)[number]

type Rule = { readonly from: readonly JobStatus[]; readonly by: readonly JobActor[]; readonly to?: JobStatus }

const everybody = jobActors
const rules: Readonly<Record<JobStep, readonly Rule[]>> = {
  setProvider: [{ from: ['open'], by: ['client'] }],
  setBudget: [{ from: ['open'], by: ['client', 'provider'] }],
  fund: [{ from: ['open'], by: ['client'], to: 'funded' }],
  submit: [{ from: ['funded'], by: ['provider'], to: 'submitted' }],
  complete: [{ from: ['submitted'], by: ['evaluator'], to: 'completed' }],
  reject: [
    { from: ['open'], by: ['client'], to: 'rejected' },
    { from: ['funded', 'submitted'], by: ['evaluator'], to: 'rejected' },
  ],
  claimRefund: [{ from: ['funded', 'submitted'], by: everybody, to: 'expired' }],
}

/** Steps that money waits for end with the job's time, and the refund begins with it. */
function isInTime(step: JobStep, status: JobStatus, isOver: boolean): boolean {
  if (step === 'claimRefund') return isOver
  if (step === 'setProvider' || step === 'setBudget') return true
  if (step === 'reject' && status === 'open') return true
  return !isOver
}

/**
 * The status after a step, or undefined when the contract refuses it. `setProvider` is for a job without one, `fund` for a job with
 * provider and budget and a client who pays.
 */
export function nextStatus(status: JobStatus, step: JobStep, actor: JobActor, isOver: boolean): JobStatus | undefined {
  if (!isInTime(step, status, isOver)) return undefined
  const rule = rules[step].find(({ from, by }) => from.includes(status) && by.includes(actor))
  return rule === undefined ? undefined : (rule.to ?? status)
}

/** Every part that an account plays in a job; one account may play several. */
export function actorsOf(
  job: { readonly client: Address; readonly provider: Address; readonly evaluator: Address },
  account: Address,
): readonly JobActor[] {
  const parts = (['client', 'provider', 'evaluator'] as const).filter(
    (part) => job[part] === account && account !== zeroAddress,
  )
  return [...parts, 'anyone']
}
