import { type PaymentEventJson, paymentRefusalWords } from '@koinon/work/dashboard'
import { nameOf, useNetwork } from '../app-context.ts'
import { formatDollarAtomic, readAmount } from '../format/money.ts'
import { formatDateTime } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Fold } from '../ui/fold.tsx'
import { backEndWords, wireWords } from './words.ts'

const badges = { held: 'badge-pass', repeated: 'badge-warn', refused: 'badge-fail' } as const
const outcomes = { held: 'paid', repeated: 'repeated', refused: 'refused' } as const

/** The last payments at the door, one by one. */
export function EventsSection({ events }: { readonly events: readonly PaymentEventJson[] }) {
  const view = useNetwork()
  const columns: readonly Column<PaymentEventJson>[] = [
    {
      name: 'Asked for',
      kind: 'title',
      cell: ({ method, path }) => (
        <code>
          {method} {path}
        </code>
      ),
    },
    {
      name: 'Outcome',
      kind: 'sentence',
      cell: ({ outcome, code }) => (
        <>
          <span className={`badge ${badges[outcome]}`}>{outcomes[outcome]}</span>
          {code === undefined ? null : <span className="cell-note">because {paymentRefusalWords(code)}</span>}
        </>
      ),
    },
    {
      name: 'By',
      kind: 'short',
      cell: ({ wire, backEnd }) => `${wireWords(wire)}${backEnd === undefined ? '' : `, ${backEndWords(backEnd)}`}`,
    },
    {
      name: 'Payer',
      kind: 'short',
      cell: ({ payer }) => (payer === undefined ? '–' : <span title={payer}>{nameOf(view, payer)}</span>),
    },
    { name: 'At most', kind: 'number', cell: (event) => formatDollarAtomic(readAmount(event.maximumAtomic) ?? 0n) },
    { name: 'When', kind: 'short', cell: ({ atMs }) => formatDateTime(atMs) },
  ]
  return (
    <section className="panel" aria-labelledby="events-title">
      <h2 id="events-title">The last payments</h2>
      {events.length === 0 ? (
        <p className="empty">No payment came since the gateway began.</p>
      ) : (
        <Fold summary={`One by one, newest first (${events.length})`}>
          <DataTable
            caption="Payments at the door, newest first"
            columns={columns}
            rows={events}
            rowKey={({ id }) => String(id)}
          />
        </Fold>
      )}
    </section>
  )
}
