import type { JobDetailJson, JobStepJson, VoteJson } from '@koinon/work/dashboard'
import { formatTokenAtomic, readAmount } from '../format/money.ts'
import { formatDateTime } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { amountText } from './words.ts'

/** What validators said round by round, who signed with how much stake, what was disputed and what became of the bond. */
export function JobVerdicts({
  job,
  name,
}: {
  readonly job: JobDetailJson
  readonly name: (account: string) => string
}) {
  const steps = job.steps.filter(({ name: step }) => step === 'verdict' || step === 'disputed' || step === 'bondPaid')
  if (steps.length === 0) return null
  return (
    <section className="panel" aria-labelledby="verdicts-title">
      <h2 id="verdicts-title">What the validators said</h2>
      {steps.map((step) => (
        <Judging key={`${step.transactionHash} ${step.name}`} step={step} job={job} name={name} />
      ))}
      {job.judgement !== undefined && job.judgement.bondAtomic !== '0' ? (
        <p className="hint">
          A bond of {amountText(job, job.judgement.bondAtomic)} is held until the dispute is decided.
        </p>
      ) : null}
    </section>
  )
}

function Judging(props: {
  readonly step: JobStepJson
  readonly job: JobDetailJson
  readonly name: (account: string) => string
}) {
  const { step, job, name } = props
  const { verdict, account, amountAtomic } = step
  const who = account === undefined ? null : <span title={account}>{name(account)}</span>
  if (step.name === 'disputed') {
    return (
      <p>
        {formatDateTime(step.atMs)}: {who} disputed it, with a bond of {amountText(job, amountAtomic ?? '0')}.
      </p>
    )
  }
  if (verdict === undefined) {
    return (
      <p>
        {formatDateTime(step.atMs)}: the bond of {amountText(job, amountAtomic ?? '0')} went to {who}.
      </p>
    )
  }
  const signed = readAmount(verdict.signedStakeAtomic) ?? 0n
  const total = readAmount(verdict.totalStakeAtomic) ?? 0n
  return (
    <div className="verdict">
      <h3>
        Round {verdict.round + 1}:{' '}
        <span className={`badge ${verdict.isAccepted ? 'badge-pass' : 'badge-fail'}`}>
          {verdict.isAccepted ? 'accepted' : 'rejected'}
        </span>
      </h3>
      <p>
        {formatDateTime(step.atMs)}, by stake of {stake(signed)} of {stake(total)}.
      </p>
      <meter
        min={0}
        max={Number(total) || 1}
        value={Number(signed)}
        aria-label={`Part of the stake that signed round ${verdict.round + 1}`}
      />
      {verdict.votes === undefined ? (
        <p className="hint">The transaction does not say who signed.</p>
      ) : (
        <DataTable
          caption={`Who signed round ${verdict.round + 1}`}
          columns={columnsFor(name, verdict.isAccepted)}
          rows={verdict.votes}
          rowKey={({ validator }) => validator}
        />
      )}
    </div>
  )
}

const stake = (atomic: bigint): string => formatTokenAtomic(atomic, 'alpha')

const columnsFor = (name: (account: string) => string, isAccepted: boolean): readonly Column<VoteJson>[] => [
  { name: 'Validator', kind: 'title', cell: ({ validator }) => <strong title={validator}>{name(validator)}</strong> },
  { name: 'Signed', kind: 'short', cell: () => (isAccepted ? 'accepted' : 'rejected') },
  { name: 'Stake', kind: 'number', cell: ({ stakeAtomic }) => stake(readAmount(stakeAtomic) ?? 0n) },
]
