import { type JobDetailJson, type JobStepJson, jobStepWords } from '@koinon/work/dashboard'
import { formatTokenAtomic, readAmount } from '../format/money.ts'
import { shortHex } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Fold } from '../ui/fold.tsx'
import { amountText } from './words.ts'

/** Everything that happened, each with its transaction. */
export function JobSteps({ job, name }: { readonly job: JobDetailJson; readonly name: (account: string) => string }) {
  const rows = job.steps.map((step, place) => ({ ...step, place })).toReversed()
  return (
    <section className="panel" aria-labelledby="steps-title">
      <h2 id="steps-title">What happened</h2>
      {rows.length === 0 ? (
        <p className="empty">The index has not reached this job yet.</p>
      ) : (
        <Fold summary={`Step by step (${rows.length})`}>
          <DataTable
            caption="Steps of the job, newest first"
            columns={columnsFor(job, name)}
            rows={rows}
            rowKey={({ place }) => String(place)}
          />
          {job.isCut ? <p className="hint">Not all is told here: steps are missing, or votes.</p> : null}
        </Fold>
      )}
    </section>
  )
}

const columnsFor = (job: JobDetailJson, name: (account: string) => string): readonly Column<JobStepJson>[] => [
  {
    name: 'What',
    kind: 'title',
    cell: ({ name: step, verdict }) => (
      <>
        <strong>{jobStepWords[step]}</strong>
        {verdict === undefined ? null : (
          <span className="cell-note">
            {verdict.isAccepted ? 'accepted' : 'rejected'} in round {verdict.round + 1}, by stake of{' '}
            {stake(verdict.signedStakeAtomic)} of {stake(verdict.totalStakeAtomic)}
          </span>
        )}
      </>
    ),
  },
  {
    name: 'Amount',
    kind: 'number',
    cell: ({ amountAtomic }) => (amountAtomic === undefined ? '–' : amountText(job, amountAtomic)),
  },
  {
    name: 'Who',
    kind: 'short',
    cell: ({ account }) => (account === undefined ? '–' : <span title={account}>{name(account)}</span>),
  },
  { name: 'When', kind: 'short', cell: ({ atMs }) => formatDateTime(atMs) },
  {
    name: 'Transaction',
    kind: 'short',
    cell: ({ transactionHash, name: step }) => (
      <>
        <code title={transactionHash}>{shortHex(transactionHash)}</code>{' '}
        <CopyButton text={transactionHash} what={`the transaction: ${jobStepWords[step]}`} />
      </>
    ),
  },
]

const stake = (atomic: string): string => formatTokenAtomic(readAmount(atomic) ?? 0n, 'alpha')
