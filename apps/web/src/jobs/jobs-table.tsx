import type { JobRowJson } from '@koinon/work/dashboard'
import { useNames } from '../app-context.ts'
import { formatDateTime } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { amountText, jobBadges } from './words.ts'

/** Jobs, a row each. Titles are their clients' words. */
export function JobsTable({ jobs, caption }: { readonly jobs: readonly JobRowJson[]; readonly caption: string }) {
  const name = useNames()
  return <DataTable caption={caption} columns={columnsFor(name)} rows={jobs} rowKey={({ jobId }) => jobId} />
}

const columnsFor = (name: (account: string) => string): readonly Column<JobRowJson>[] => [
  {
    name: 'Job',
    kind: 'title',
    cell: ({ jobId, title }) => (
      <a href={`#/jobs/${jobId}`} className="clamp">
        {jobId} · {title || 'without a description'}
      </a>
    ),
  },
  {
    name: 'State',
    kind: 'short',
    cell: ({ state, isOverdue }) => (
      <>
        <span className={`badge ${jobBadges[state]}`}>{state}</span>
        {isOverdue ? <span className="cell-note">its time is over</span> : null}
      </>
    ),
  },
  {
    name: 'Price',
    kind: 'number',
    cell: (job) => (job.budgetAtomic === '0' ? 'not set' : amountText(job, job.budgetAtomic)),
  },
  { name: 'Client', kind: 'short', cell: ({ client }) => <span title={client}>{name(client)}</span> },
  {
    name: 'Provider',
    kind: 'short',
    cell: ({ provider }) => (provider === undefined ? 'none yet' : <span title={provider}>{name(provider)}</span>),
  },
  { name: 'Ends', kind: 'short', cell: ({ endsAtMs }) => formatDateTime(endsAtMs) },
]
