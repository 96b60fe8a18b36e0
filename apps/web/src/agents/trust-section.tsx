import { type AgentDetailJson, leftOutWords, type RatingJson } from '@koinon/work/dashboard'
import { useNames } from '../app-context.ts'
import { formatDollarAtomic, readAmount } from '../format/money.ts'
import { count, formatPpm } from '../format/text.ts'
import { CommandText } from '../ui/command-text.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Fold } from '../ui/fold.tsx'
import { scoreText } from './words.ts'

/** How the score came about: whose word counted with how much money behind it, and what was left out and why. */
export function TrustSection({ agent }: { readonly agent: AgentDetailJson }) {
  const { trust, ratings, trustFrom } = agent
  const name = useNames()
  if (trust === undefined) return null
  const counted = ratings.filter(({ reason }) => reason === undefined)
  const leftOut = ratings.filter(({ reason }) => reason !== undefined)
  return (
    <section className="panel" aria-labelledby="trust-title">
      <h2 id="trust-title">Trust</h2>
      <p className="trust-score">
        <strong>{scoreText(trust.scoreMicro)}</strong>, place {trust.rank} of {trust.agents}
      </p>
      <meter min={0} max={1_000_000} value={trust.scoreMicro} aria-label={`Trust in ${agent.name}`} />
      <p className="hint section-hint">
        Computed by this gateway from the ledger: {count(trustFrom.validators, 'validator')} of subnet{' '}
        {trustFrom.netuid} by stake are believed first, then the customers of whom they bought from. A rating counts by
        the money that its author paid this agent for good; {formatPpm(trust.weightPpm)} of all influence spoke. Without
        any the score is 50.
      </p>
      {counted.length === 0 ? (
        <p className="empty">
          Nobody whose word counts has rated it. Who paid it can:{' '}
          <CommandText text={`koinon agent rate ${agent.key} 80 --receipt ID`} />
        </p>
      ) : (
        <>
          <h3 className="part-title">Counted</h3>
          <DataTable caption="Ratings that counted" columns={countedColumns(name)} rows={counted} rowKey={keyOf} />
        </>
      )}
      {leftOut.length === 0 ? null : (
        <>
          <h3 className="part-title">Left out</h3>
          <Fold summary={`One by one (${leftOut.length})`}>
            <DataTable caption="Ratings that did not count" columns={leftColumns(name)} rows={leftOut} rowKey={keyOf} />
          </Fold>
        </>
      )}
    </section>
  )
}

const keyOf = ({ reviewer }: RatingJson): string => reviewer

const reviewerColumn = (name: (account: string) => string): Column<RatingJson> => ({
  name: 'Reviewer',
  kind: 'title',
  cell: ({ reviewer }) => <strong title={reviewer}>{name(reviewer)}</strong>,
})
const ratingColumn: Column<RatingJson> = {
  name: 'Says',
  kind: 'number',
  cell: ({ valueMicro }) => scoreText(valueMicro),
}
const paidColumn: Column<RatingJson> = {
  name: 'Paid it',
  kind: 'number',
  cell: ({ paidAtomic }) => formatDollarAtomic(readAmount(paidAtomic) ?? 0n),
}

const countedColumns = (name: (account: string) => string): readonly Column<RatingJson>[] => [
  reviewerColumn(name),
  ratingColumn,
  paidColumn,
  { name: 'Of all influence', kind: 'number', cell: ({ weightPpm }) => formatPpm(weightPpm ?? 0) },
]

const leftColumns = (name: (account: string) => string): readonly Column<RatingJson>[] => [
  reviewerColumn(name),
  ratingColumn,
  paidColumn,
  { name: 'Why', kind: 'sentence', cell: ({ reason }) => leftOutWords(reason ?? '') },
]
