import type { SubnetRowJson, SubnetsJson } from '../api/incentive-types.ts'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { formatTokenAtomic, readAmount } from '../format/money.ts'
import { count, formatPpm } from '../format/text.ts'
import { SectionNav } from '../network/section-nav.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'

const refreshMs = 15_000
const token = (text: string): string => formatTokenAtomic(readAmount(text) ?? 0n)

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
    name: 'Share of the emission',
    kind: 'number',
    cell: (subnet) => (
      <span className="meter-cell">
        {formatPpm(subnet.emissionSharePpm)}
        <meter
          min={0}
          max={1_000_000}
          value={subnet.emissionSharePpm}
          aria-label={`Share of the emission of subnet ${subnet.netuid}`}
        />
      </span>
    ),
  },
  { name: 'Seats taken', kind: 'number', cell: (subnet) => `${subnet.seats} of ${subnet.maximumSeats}` },
  { name: 'Validators', kind: 'number', cell: (subnet) => String(subnet.validators) },
  { name: 'Stake that judges', kind: 'number', cell: (subnet) => token(subnet.stakeAtomic) },
  { name: 'Accrued', kind: 'number', cell: (subnet) => token(subnet.accruedAtomic) },
  { name: 'Paid', kind: 'number', cell: (subnet) => token(subnet.paidAtomic) },
  {
    name: 'Epoch',
    kind: 'number',
    cell: (subnet) => `${subnet.currentEpoch} · ${count(subnet.epochSeconds, 'second')}`,
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
          Each subnet is a market for one kind of work, with its own rules, miners and validators. The network's new
          KOIN is split between them; in this version every subnet gets the same share, whatever it is worth.
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
              Accrued is what the schedule set aside for a subnet since it exists; paid is what its accounts have
              claimed of it. As of block {asOfBlock.toLocaleString('en')}.
            </p>
          </section>
        )}
      </ResourceView>
    </div>
  )
}
