import type { JobsJson, JobTotalsJson } from '@koinon/work/dashboard'
import { useState } from 'react'
import { AgentsNav } from '../agents/agents-nav.tsx'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { formatDollarExact, readAmount } from '../format/money.ts'
import { count } from '../format/text.ts'
import { CommandText } from '../ui/command-text.tsx'
import { Facts } from '../ui/facts.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'
import { JobsTable } from './jobs-table.tsx'

const refreshMs = 10_000
const pageJobs = 50

/** All work that is paid through escrow: what is in it, where it went, and the newest jobs. */
export function JobsPage() {
  const { door } = useApp()
  const [before, setBefore] = useState<string>()
  const path = `/api/jobs?limit=${pageJobs}${before === undefined ? '' : `&before=${before}`}`
  const jobs = useResource(path, () => requestJson<JobsJson>(door, path), refreshMs)
  return (
    <div className="stack">
      <header className="page-head">
        <h1>Jobs</h1>
        <p className="lead">
          A job is money in escrow for work that somebody judges: a client pays, a provider works, an evaluator decides.
          What nobody judges in time goes back to the client.
        </p>
        <AgentsNav page="jobs" />
      </header>
      <ResourceView resource={jobs} what="the jobs">
        {({ totals, total, jobs: rows, asOfBlock }) => (
          <>
            <TotalsSection totals={totals} />
            {rows.length === 0 ? (
              <p className="empty">
                Nobody posted a job yet. Post one, in a terminal:{' '}
                <CommandText text='koinon job post "Review this bundle" --price 5' />. Providers bid, you award it, and
                the price goes into escrow.
              </p>
            ) : (
              <JobsTable jobs={rows} caption="Jobs, newest first" />
            )}
            {total > pageJobs ? (
              <div className="actions">
                <button
                  type="button"
                  className="button"
                  disabled={before === undefined}
                  onClick={() => setBefore(undefined)}
                >
                  Newest
                </button>
                <button
                  type="button"
                  className="button"
                  disabled={rows.at(-1)?.jobId === '1'}
                  onClick={() => setBefore(rows.at(-1)?.jobId)}
                >
                  Older
                </button>
              </div>
            ) : null}
            <p className="hint">
              {count(total, 'job')} as of block {asOfBlock.toLocaleString('en')}. The same in a terminal:{' '}
              <CommandText text="koinon job list" />
            </p>
          </>
        )}
      </ResourceView>
    </div>
  )
}

function TotalsSection({ totals }: { readonly totals: JobTotalsJson }) {
  const { byState, otherTokens } = totals
  return (
    <section className="panel" aria-labelledby="totals-title">
      <h2 id="totals-title">The market</h2>
      <dl className="balances">
        <div>
          <dt>In escrow now</dt>
          <dd>{dollars(totals.inEscrowAtomic)}</dd>
        </div>
        <div>
          <dt>Paid to providers</dt>
          <dd>{dollars(totals.paidAtomic)}</dd>
        </div>
        <div>
          <dt>Sent back to clients</dt>
          <dd>{dollars(totals.refundedAtomic)}</dd>
        </div>
      </dl>
      <Facts
        items={[
          ['Open', byState.open.toLocaleString('en')],
          ['Funded', byState.funded.toLocaleString('en')],
          ['Handed in', byState.submitted.toLocaleString('en')],
          ['Accepted', byState.completed.toLocaleString('en')],
          ['Rejected', byState.rejected.toLocaleString('en')],
          ['Expired', byState.expired.toLocaleString('en')],
        ]}
      />
      <p className="hint">
        The escrow takes no fee: all that came in is in it, was paid, or went back. Jobs in the network's dollar
        {otherTokens === 0 ? '' : `; ${count(otherTokens, 'job')} in other tokens are not among them`}.
      </p>
    </section>
  )
}

const dollars = (atomic: string): string => formatDollarExact(readAmount(atomic) ?? 0n)
