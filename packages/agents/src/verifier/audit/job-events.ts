/** Events of the contract of jobs, each held against what came before it (specs/0024-jobs.md section 1). */
import { type Address, type Hex, zeroAddress } from '@koinon/base'
import { type AuditSource, eventsOf, type Tally } from '@koinon/ledger/audit'
import { hashTerms, type JobStatus, type JobTerms } from '../../rules/job.ts'
import type { AuditedJob } from './audited-job.ts'

export type JobEvent = ReturnType<typeof jobEvents>[number]
type Name = Exclude<JobEvent['name'], 'JobCreated'>
type Named<name extends Name> = Extract<JobEvent, { readonly name: name }>

export function jobEvents(source: AuditSource) {
  return eventsOf(
    source,
    'jobs',
    'JobCreated',
    'JobTermsSet',
    'ProviderSet',
    'BudgetSet',
    'JobFunded',
    'JobSubmitted',
    'JobCompleted',
    'JobRejected',
    'JobExpired',
    'PaymentReleased',
    'Refunded',
  )
}

/** Holds one event against the job as it stood, and changes the job by it. */
export function applyJobEvent(jobs: Map<bigint, AuditedJob>, event: JobEvent, tally: Tally): void {
  const { jobId } = event.args
  const subject = `of job ${jobId} in block ${event.block}`
  if (event.name === 'JobCreated') {
    const { client, provider, evaluator, expiredAt } = event.args
    tally.same({ account: client }, `number ${subject}`, BigInt(jobs.size + 1), jobId)
    const begun = { token: zeroAddress, status: 'open', budget: 0n, submittedAt: 0, held: 0n } as const
    jobs.set(jobId, { client, provider, evaluator, expiredAt: Number(expiredAt), ...begun })
    return
  }
  const job = jobs.get(jobId)
  if (job === undefined) tally.holds({}, `opening ${subject}`, false, 'before anything else', event.name)
  else (steps[event.name] as Step<Name>)(job, event, checksOf(job, event, tally))
}

type Checks = ReturnType<typeof checksOf>
type Step<name extends Name> = (job: AuditedJob, event: Named<name>, checks: Checks) => void

function checksOf(job: AuditedJob, event: JobEvent, tally: Tally) {
  const about = { account: job.client }
  const subject = `of job ${event.args.jobId} in block ${event.block}`
  return {
    from(...statuses: readonly JobStatus[]): void {
      const isDue = statuses.includes(job.status)
      tally.holds(about, `${event.name} ${subject}`, isDue, `when ${statuses.join(' or ')}`, job.status)
    },
    inTime(): void {
      tally.holds(about, `time ${subject}`, event.seconds < job.expiredAt, `before ${job.expiredAt}`, event.seconds)
    },
    overTime(): void {
      tally.holds(about, `time ${subject}`, event.seconds >= job.expiredAt, `from ${job.expiredAt} on`, event.seconds)
    },
    same(what: string, expected: string | bigint, found: string | bigint): void {
      tally.same(about, `${what} ${subject}`, expected, found)
    },
    /** All that is held goes out, to whom it belongs. */
    paid(to: Address, found: Address, amount: bigint): void {
      tally.same(about, `who is paid ${subject}`, to, found)
      tally.same(about, `amount paid ${subject}`, job.held, amount)
      job.held -= amount
    },
  }
}

const steps: { readonly [name in Name]: Step<name> } = {
  JobTermsSet(job, { args: { termsHash, token, hook, description } }, { same }) {
    job.token = token
    const { client, evaluator, expiredAt: expiredAtSeconds } = job
    const terms: JobTerms = { client, evaluator, hook, token, expiredAtSeconds, description }
    same('hash of the terms', hashTerms(terms), termsHash as Hex)
  },
  ProviderSet(job, { args }, { from }) {
    from('open')
    job.provider = args.provider
  },
  BudgetSet(job, { args }, { from }) {
    from('open')
    job.budget = args.amount
  },
  JobFunded(job, { args }, { from, inTime, same }) {
    from('open')
    inTime()
    same('amount funded', job.budget, args.amount)
    job.status = 'funded'
    job.held += job.budget
  },
  JobSubmitted(job, { seconds }, { from, inTime }) {
    from('funded')
    inTime()
    job.status = 'submitted'
    job.submittedAt = seconds
  },
  JobCompleted(job, { args }, { from, inTime, same }) {
    from('submitted')
    inTime()
    same('who accepts', job.evaluator, args.evaluator)
    job.status = 'completed'
  },
  JobRejected(job, { args }, { from, inTime, same }) {
    from('open', 'funded', 'submitted')
    const judge = job.status === 'open' ? job.client : job.evaluator
    if (job.status !== 'open') inTime()
    same('who rejects', judge, args.rejector)
    job.status = 'rejected'
  },
  JobExpired(job, _, { from, overTime }) {
    from('funded', 'submitted')
    overTime()
    job.status = 'expired'
  },
  PaymentReleased(job, { args }, { from, paid }) {
    from('completed')
    paid(job.provider, args.provider, args.amount)
  },
  Refunded(job, { args }, { from, paid }) {
    from('rejected', 'expired')
    paid(job.client, args.client, args.amount)
  },
}
