import type { SubnetRowJson, SubnetsJson } from '@koinon/work/dashboard'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { formatPrice, worthSentence } from '../format/alpha.ts'
import { formatFlow, formatSince } from '../format/flow.ts'
import { count, formatPpm } from '../format/text.ts'
import { SectionNav } from '../network/section-nav.tsx'
import { AlphaAmount } from '../ui/alpha-amount.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'

const refreshMs = 15_000

const columns: readonly Column<SubnetRowJson>[] = [
  {
    name: 'Subnet',
    kind: 'title',
    cell: (subnet) => (
      <a href={`#/subnets/${subnet.netuid}`}>
        {subnet.netuid} · {subnet.name}
      </a>
    ),
  },
  {
    name: 'New KOIN',
    kind: 'number',
    cell: (subnet) => (
      <span className="meter-cell">
        {formatPpm(subnet.emissionSharePpm)}
        <meter
          min={0}
          max={1_000_000}
          value={subnet.emissionSharePpm}
          aria-label={`Share of the new KOIN of subnet ${subnet.netuid}`}
        />
      </span>
    ),
  },
  {
    name: 'Seats taken',
    kind: 'number',
    cell: (subnet) => (
      <>
        {subnet.seats} of {subnet.maximumSeats}
        <span className="cell-note">{count(subnet.validators, 'validator')}</span>
      </>
    ),
  },
  {
    name: 'Alpha price',
    kind: 'number',
    cell: (subnet) =>
      subnet.priceWad !== undefined ? formatPrice(subnet.priceWad) : subnet.potAtomic === undefined ? '–' : 'dissolved',
  },
  {
    name: 'Flow, a day',
    kind: 'number',
    cell: ({ flow }) => (flow === undefined ? '–' : formatFlow(flow.netAtomic)),
  },
  {
    name: 'Accrued',
    kind: 'number',
    cell: (subnet) => <AlphaAmount atomic={subnet.accruedAtomic} priceWad={subnet.priceWad} />,
  },
  {
    name: 'Paid',
    kind: 'number',
    cell: (subnet) => <AlphaAmount atomic={subnet.paidAtomic} priceWad={subnet.priceWad} />,
  },
  {
    name: 'Epoch',
    kind: 'number',
    cell: (subnet) => (
      <>
        {subnet.currentEpoch}
        <span className="cell-note">{count(subnet.epochSeconds, 'second')}</span>
      </>
    ),
  },
]

/** All subnets: what share of the emission each gets and what came of it. */
export function SubnetsPage() {
  const { door } = useApp()
  const subnets = useResource('subnets', () => requestJson<SubnetsJson>(door, '/api/subnets'), refreshMs)
  return (
    <div className="stack">
      <header className="page-head">
        <h1>Subnets</h1>
        <p className="lead">
          Each subnet is a market for one kind of work, with its own rules, miners and validators. It pays in its own
          alpha, which is <a href="#/stake">staked and traded</a> against KOIN. New KOIN goes into the pools.
          {subnets.data === undefined ? null : ` It is shared ${subnets.data.emissionBy}.`}
        </p>
        <SectionNav page="subnets" />
      </header>
      <ResourceView resource={subnets} what="the subnets">
        {({ subnets: rows, asOfBlock }) => (
          <section className="stack" aria-label="All subnets">
            {rows.length === 0 ? (
              <p className="empty">No subnet exists yet.</p>
            ) : (
              <DataTable caption="Subnets" columns={columns} rows={rows} rowKey={(subnet) => String(subnet.netuid)} />
            )}
            <p className="hint">
              New KOIN is a pool's share of what the last step issued. Flow is the KOIN that people brought into a pool
              less what they took out of it, by trades, in the last day{sinceOf(rows)}. Accrued is the alpha that was
              set aside for a subnet's owner, miners and validators since it exists; paid is what they were paid of it.{' '}
              {worthSentence} As of block {asOfBlock.toLocaleString('en')}.
            </p>
          </section>
        )}
      </ResourceView>
    </div>
  )
}

/** Pools that are younger than a day count from their opening. */
function sinceOf(rows: readonly SubnetRowJson[]): string {
  const since = rows.flatMap(({ flow }) => (flow === undefined ? [] : [flow.sinceSeconds]))
  return since.length === 0 ? '' : ` (${formatSince(Math.min(...since))} at the earliest)`
}
