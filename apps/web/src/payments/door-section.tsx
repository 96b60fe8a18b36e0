import {
  type PaymentRefusalJson,
  type PaymentsJson,
  paymentRefusalWords,
  type TakenPaymentsJson,
} from '@koinon/work/dashboard'
import { useNow } from '../app-context.ts'
import { formatPicoUsd, readAmount } from '../format/money.ts'
import { count } from '../format/text.ts'
import { formatAgo, formatDateTime } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Facts } from '../ui/facts.tsx'
import { backEndWords, wireWords } from './words.ts'

/** What came to the door without a key in the last day, and why some of it was refused. */
export function DoorSection({ payments }: { readonly payments: PaymentsJson }) {
  const { door, sold } = payments
  const nowMs = useNow(5_000)
  const refusals: readonly Column<PaymentRefusalJson>[] = [
    { name: 'Refused, because', kind: 'title', cell: ({ code }) => <strong>{paymentRefusalWords(code)}</strong> },
    { name: 'Times', kind: 'number', cell: (refusal) => refusal.count.toLocaleString('en') },
    { name: 'Last', kind: 'short', cell: ({ lastAtMs }) => formatAgo(lastAtMs, nowMs) },
    { name: 'Code', cell: ({ code }) => <code>{code}</code> },
  ]
  return (
    <section className="panel" aria-labelledby="door-title">
      <h2 id="door-title">At the door</h2>
      <Facts
        items={[
          ['Asked for the price', door.demanded.toLocaleString('en')],
          ['Paid', door.held.toLocaleString('en')],
          ['Repeated', door.repeated.toLocaleString('en')],
          ['Refused', door.refused.toLocaleString('en')],
          [
            'Answers charged',
            `${count(sold.channelCalls, 'call')} by channel, ${sold.exactCalls.toLocaleString('en')} exact, ${sold.keyCalls.toLocaleString('en')} with keys`,
          ],
          ['Worth', formatPicoUsd(readAmount(sold.amountPicoUsd) ?? 0n)],
        ]}
      />
      <p className="hint">
        Since {formatDateTime(door.sinceMs)}, in memory: a restart begins anew. A payment that was taken and refused
        later, when it was settled, counts under both. Answers charged are receipts of the last 24 hours and stay; those
        with keys include the questions by which validators check the miners.
      </p>
      {door.taken.length === 0 ? null : (
        <DataTable caption="Payments by how they came" columns={taken} rows={door.taken} rowKey={keyOf} />
      )}
      {door.refusals.length === 0 ? (
        <p className="hint">Nothing was refused.</p>
      ) : (
        <DataTable caption="Refusals by reason" columns={refusals} rows={door.refusals} rowKey={({ code }) => code} />
      )}
    </section>
  )
}

const keyOf = ({ wire, backEnd }: TakenPaymentsJson): string => `${wire}/${backEnd}`

const taken: readonly Column<TakenPaymentsJson>[] = [
  {
    name: 'Came by',
    kind: 'title',
    cell: ({ wire, backEnd }) => (
      <strong>
        {wireWords(wire)}, {backEndWords(backEnd)}
      </strong>
    ),
  },
  { name: 'Paid', kind: 'number', cell: ({ held }) => held.toLocaleString('en') },
  { name: 'Repeated', kind: 'number', cell: ({ repeated }) => repeated.toLocaleString('en') },
]
