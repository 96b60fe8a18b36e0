import type { PaymentsJson, SettlementJson } from '@koinon/work/dashboard'
import { nameOf, useNetwork } from '../app-context.ts'
import { formatDollarAtomic, readAmount } from '../format/money.ts'
import { humanise, shortHex } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Facts } from '../ui/facts.tsx'
import { Fold } from '../ui/fold.tsx'

const kindWords = {
  payment: 'Exact payment',
  deposit: 'Deposit into a channel',
  claim: 'Claimed from a channel',
  settlement: 'Paid out to the gateway',
} as const
const badges = { sending: 'badge-warn', settled: 'badge-pass', refused: 'badge-fail' } as const
const states = { sending: 'not known yet', settled: 'settled', refused: 'refused' } as const

/** What went to the ledger: what payers signed, and what the gateway took out of channels. */
export function SettlementsSection(props: {
  readonly totals: PaymentsJson['settlements']
  readonly settlements: readonly SettlementJson[] | undefined
}) {
  const { totals, settlements } = props
  const view = useNetwork()
  return (
    <section className="panel" aria-labelledby="settlements-title">
      <h2 id="settlements-title">Settlements</h2>
      <Facts
        items={[
          ['Sent for payers and settled', totals.settled.toLocaleString('en')],
          ['Refused', totals.refused.toLocaleString('en')],
          ['Not known yet', totals.open.toLocaleString('en')],
        ]}
      />
      {settlements === undefined ? null : settlements.length === 0 ? (
        <p className="empty">Nothing went to the ledger yet.</p>
      ) : (
        <Fold summary={`One by one, newest first (${settlements.length})`}>
          <DataTable
            caption="Settlements, newest first"
            columns={columnsFor((account) => nameOf(view, account))}
            rows={settlements}
            rowKey={({ id }) => id}
          />
        </Fold>
      )}
    </section>
  )
}

const columnsFor = (name: (account: string) => string): readonly Column<SettlementJson>[] => [
  { name: 'What', kind: 'title', cell: ({ kind }) => <strong>{kindWords[kind]}</strong> },
  {
    name: 'State',
    kind: 'short',
    cell: ({ state, reason }) => (
      <>
        <span className={`badge ${badges[state]}`}>{states[state]}</span>
        {reason === undefined ? null : <span className="cell-note">{humanise(reason)}</span>}
      </>
    ),
  },
  { name: 'Amount', kind: 'number', cell: ({ amountAtomic }) => formatDollarAtomic(readAmount(amountAtomic) ?? 0n) },
  {
    name: 'Of',
    kind: 'short',
    cell: ({ payer, channelId }) =>
      payer !== undefined ? (
        <span title={payer}>{name(payer)}</span>
      ) : channelId !== undefined ? (
        <code title={channelId}>{shortHex(channelId)}</code>
      ) : (
        'all channels'
      ),
  },
  { name: 'When', kind: 'short', cell: ({ atMs }) => formatDateTime(atMs) },
  {
    name: 'Transaction',
    kind: 'short',
    cell: ({ transactionHash }) =>
      transactionHash === undefined ? '–' : <code title={transactionHash}>{shortHex(transactionHash)}</code>,
  },
]
