import type { Address } from '@koinon/base'
import { type Answer, type AuditCheck, type AuditSource, inOrder, type Tally, viewOf } from '@koinon/ledger/audit'
import { jobStatuses } from '../../rules/job.ts'
import type { AuditedJob } from './audited-job.ts'
import { applyBond, type BondEvent, bondEvents, type Dispute, tallyBonds } from './bonds.ts'
import { applyJobEvent, type JobEvent, jobEvents } from './job-events.ts'

type Jobs = ReadonlyMap<bigint, AuditedJob>

/** What went in for a job comes out once, to its provider or its client, and the contract holds the rest (specs/0024-jobs.md section 1). */
export const jobsCheck: AuditCheck = {
  name: 'jobs',
  compares:
    'terms, steps and payments of jobs with what their escrow says of them, bonds of disputes with the rule, and both with the tokens held',
  async run(source, tally) {
    const { jobs: contract } = source.network.contracts
    if (contract === undefined) return
    const jobs = new Map<bigint, AuditedJob>()
    const disputes = new Map<bigint, Dispute>()
    for (const event of inOrder<JobEvent | BondEvent>(jobEvents(source), bondEvents(source))) {
      if (event.contract === 'jobs') applyJobEvent(jobs, event, tally)
      else applyBond(disputes, jobs, event, tally)
    }
    await tallyStates(source, jobs, tally)
    await tallyEscrow(source, contract, jobs, tally)
    await tallyBonds(source, disputes, tally)
  },
}

/** Every job as its events leave it, beside what the contract says of it. */
async function tallyStates(source: AuditSource, jobs: Jobs, tally: Tally): Promise<void> {
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
}

/** What lies in escrow for all jobs together, by token; only the dollar's balance can be asked for. */
async function tallyEscrow(source: AuditSource, contract: Address, jobs: Jobs, tally: Tally): Promise<void> {
  const held = new Map<Address, bigint>()
  for (const job of jobs.values()) held.set(job.token, (held.get(job.token) ?? 0n) + job.held)
  for (const [token, amount] of held) {
    if (token !== source.network.contracts.dollar) {
      if (amount > 0n) tally.open({}, `tokens held for jobs of ${token}`, 'it is not the token that users pay with')
      continue
    }
    const balance = await viewOf(source, 'dollar', 'balanceOf', [contract])
    if ('problem' in balance) tally.open({}, 'dollars held for jobs', balance.problem)
    // Anybody may send it more.
    else tally.holds({}, 'dollars held for jobs', balance.value >= amount, `at least ${amount}`, balance.value)
  }
}
