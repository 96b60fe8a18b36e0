import { type Address, type Hex, zeroAddress } from '@koinon/base'
import {
  type Answer,
  type AuditCheck,
  type AuditSource,
  eventsOf,
  inOrder,
  type Tally,
  viewOf,
} from '@koinon/ledger/audit'
import { hashTerms, type JobStatus, type JobTerms, jobStatuses } from '../../rules/job.ts'
import type { AuditedJob } from './audited-job.ts'
import { applyBond, type BondEvent, bondEvents, type Dispute, tallyBonds } from './bonds.ts'

type JobEvent = ReturnType<typeof jobEvents>[number]

/** What went in for a job comes out once, to its provider or its client, and the contract holds the rest (specs/0024-jobs.md section 1). */
export const jobsCheck: AuditCheck = {
  name: 'jobs',
  compares:
    'terms, steps and payments of jobs with what their escrow says of them, bonds of disputes with the rule, and both with the tokens held',
  async run(source, tally) {
    const { jobs: contract, dollar } = source.network.contracts
    if (contract === undefined) return
    const jobs = new Map<bigint, AuditedJob>()
    const disputes = new Map<bigint, Dispute>()
    for (const event of inOrder<JobEvent | BondEvent>(jobEvents(source), bondEvents(source))) {
      if (event.contract === 'jobs') apply(jobs, event, tally)
      else applyBond(disputes, jobs, event, tally)
    }

    await tally.answers(
      [...jobs].map(([jobId, job]) => ({
        subject: { account: job.client },
        what: `status, budget, provider and second of delivery of job ${jobId} at the head`,
        expected: `${jobStatuses.indexOf(job.status)}, ${job.budget}, ${job.provider}, ${job.submittedAt}`,
        answer: viewOf(source, 'jobs', 'getJob', [jobId]).then((answer): Answer<string> => {
          if (!('value' in answer)) return answer
          const { status, budget, provider, submittedAt } = answer.value
          return { value: `${status}, ${budget}, ${provider.toLowerCase()}, ${submittedAt}` }
        }),
      })),
    )
    const count = await viewOf(source, 'jobs', 'jobCount', [])
    if ('problem' in count) tally.open({}, 'number of jobs', count.problem)
    else tally.same({}, 'number of jobs', `${jobs.size}`, `${count.value}`)

    const held = new Map<Address, bigint>()
    for (const job of jobs.values()) held.set(job.token, (held.get(job.token) ?? 0n) + job.held)
    for (const [token, amount] of held) {
      if (token !== dollar) {
        if (amount > 0n) tally.open({}, `tokens held for jobs of ${token}`, 'it is not the token that users pay with')
        continue
      }
      const balance = await viewOf(source, 'dollar', 'balanceOf', [contract])
      if ('problem' in balance) tally.open({}, 'dollars held for jobs', balance.problem)
      // Anybody may send it more.
      else tally.holds({}, 'dollars held for jobs', balance.value >= amount, `at least ${amount}`, balance.value)
    }
    await tallyBonds(source, disputes, tally)
  },
}

function jobEvents(source: AuditSource) {
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

function apply(jobs: Map<bigint, AuditedJob>, event: JobEvent, tally: Tally): void {
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
  if (job === undefined) {
    tally.holds({}, `opening ${subject}`, false, 'before anything else', event.name)
    return
  }
  const about = { account: job.client }
  const from = (...statuses: readonly JobStatus[]) =>
    tally.holds(
      about,
      `${event.name} ${subject}`,
      statuses.includes(job.status),
      `when ${statuses.join(' or ')}`,
      job.status,
    )
  const inTime = () =>
    tally.holds(about, `time ${subject}`, event.seconds < job.expiredAt, `before ${job.expiredAt}`, event.seconds)
  const out = (to: Address, found: Address, amount: bigint) => {
    tally.same(about, `who is paid ${subject}`, to, found)
    tally.same(about, `amount paid ${subject}`, job.held, amount)
    job.held -= amount
  }
  switch (event.name) {
    case 'JobTermsSet': {
      const { termsHash, token, hook, description } = event.args
      job.token = token
      const { client, evaluator, expiredAt: expiredAtSeconds } = job
      const terms: JobTerms = { client, evaluator, hook, token, expiredAtSeconds, description }
      tally.same(about, `hash of the terms ${subject}`, hashTerms(terms), termsHash as Hex)
      return
    }
    case 'ProviderSet':
      from('open')
      job.provider = event.args.provider
      return
    case 'BudgetSet':
      from('open')
      job.budget = event.args.amount
      return
    case 'JobFunded':
      from('open')
      inTime()
      tally.same(about, `amount funded ${subject}`, job.budget, event.args.amount)
      job.status = 'funded'
      job.held += job.budget
      return
    case 'JobSubmitted':
      from('funded')
      inTime()
      job.status = 'submitted'
      job.submittedAt = event.seconds
      return
    case 'JobCompleted':
      from('submitted')
      inTime()
      tally.same(about, `who accepts ${subject}`, job.evaluator, event.args.evaluator)
      job.status = 'completed'
      return
    case 'JobRejected': {
      from('open', 'funded', 'submitted')
      const judge = job.status === 'open' ? job.client : job.evaluator
      if (job.status !== 'open') inTime()
      tally.same(about, `who rejects ${subject}`, judge, event.args.rejector)
      job.status = 'rejected'
      return
    }
    case 'JobExpired':
      from('funded', 'submitted')
      tally.holds(about, `time ${subject}`, event.seconds >= job.expiredAt, `from ${job.expiredAt} on`, event.seconds)
      job.status = 'expired'
      return
    case 'PaymentReleased':
      from('completed')
      out(job.provider, event.args.provider, event.args.amount)
      return
    case 'Refunded':
      from('rejected', 'expired')
      out(job.client, event.args.client, event.args.amount)
  }
}
