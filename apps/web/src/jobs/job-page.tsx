import { escrowWords, evaluatorWords, type JobDetailJson, jobStateWords } from '@koinon/work/dashboard'
import { AgentsNav } from '../agents/agents-nav.tsx'
import { requestJson } from '../api/request.ts'
import { useApp, useNames } from '../app-context.ts'
import { formatDateTime } from '../format/time.ts'
import { CommandText } from '../ui/command-text.tsx'
import { Facts } from '../ui/facts.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'
import { JobActions } from './job-actions.tsx'
import { JobBids } from './job-bids.tsx'
import { JobLife } from './job-life.tsx'
import { JobSteps } from './job-steps.tsx'
import { JobTree } from './job-tree.tsx'
import { JobVerdicts } from './job-verdicts.tsx'
import { amountText, jobBadges } from './words.ts'

const refreshMs = 8_000

/** One job: its life as a picture, its tree, bids and verdicts, where the escrow is, who judges, and every transaction. */
export function JobPage({ jobId }: { readonly jobId: string }) {
  const { door } = useApp()
  const name = useNames()
  const path = `/api/jobs/${jobId}`
  const job = useResource(path, () => requestJson<JobDetailJson>(door, path), refreshMs)
  return (
    <div className="stack">
      <header className="page-head">
        <p className="eyebrow">Job {jobId}</p>
        <h1 className="clamp">{job.data?.title ?? `Job ${jobId}`}</h1>
        <AgentsNav page="job" />
      </header>
      <ResourceView resource={job} what="the job">
        {(found) => (
          <>
            <section className="panel" aria-labelledby="life-title">
              <div className="section-head">
                <h2 id="life-title">Life of the job</h2>
                <span className={`badge ${jobBadges[found.state]}`}>{found.state}</span>
              </div>
              <JobLife job={found} name={name} />
              <p>
                It is {jobStateWords(found)}. {escrowWords(found)}
              </p>
              <JobActions job={found} onDone={job.reload} />
            </section>
            <JobTree jobId={jobId} name={name} />
            <JobBids job={found} name={name} />
            <JobVerdicts job={found} name={name} />
            <TermsSection job={found} name={name} />
            <JobSteps job={found} name={name} />
            <p className="hint">
              The same in a terminal: <CommandText text={`koinon job show ${jobId}`} />
            </p>
          </>
        )}
      </ResourceView>
    </div>
  )
}

function TermsSection({ job, name }: { readonly job: JobDetailJson; readonly name: (account: string) => string }) {
  const { judgement, provider, hook } = job
  return (
    <section className="panel" aria-labelledby="terms-title">
      <h2 id="terms-title">Terms</h2>
      {job.description === job.title ? null : <p className="own-words">{job.description}</p>}
      <Facts
        items={[
          ['Price', job.budgetAtomic === '0' ? 'not set' : amountText(job, job.budgetAtomic)],
          ['Ends', formatDateTime(job.endsAtMs)],
          ['Client', <span title={job.client}>{name(job.client)}</span>],
          ['Provider', provider === undefined ? 'none yet' : <span title={provider}>{name(provider)}</span>],
          ['Evaluator', <span title={job.evaluator}>{name(job.evaluator)}</span>],
          ['Verdict', judgement === undefined ? undefined : verdictText(judgement)],
        ]}
      />
      <p>
        Judged by {evaluatorWords(job)}.
        {hook === undefined ? null : (
          <>
            {' '}
            A hook, <code className="long-code">{hook}</code>, may stop every step but the refund.
          </>
        )}
      </p>
      {job.deliverable === undefined ? null : (
        <p className="hint">
          Handed in: SHA-256 <code className="long-code">{job.deliverable}</code>
        </p>
      )}
      <p className="hint">
        Terms: <code className="long-code">{job.termsHash}</code>
      </p>
    </section>
  )
}

function verdictText(judgement: NonNullable<JobDetailJson['judgement']>): string {
  if (judgement.finalAtMs === 0) return 'none yet'
  const word = judgement.isAccepted ? 'accepted' : 'rejected'
  if (judgement.isSettled) return `${word}, settled`
  if (judgement.disputedAtMs !== 0)
    return `${word}, disputed; decided again until ${formatDateTime(judgement.finalAtMs)}`
  return `${word}; can be disputed until ${formatDateTime(judgement.finalAtMs)}`
}
