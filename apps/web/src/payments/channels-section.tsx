import type { PaymentChannelJson, PaymentDetailsJson, PaymentsJson } from '@koinon/work/dashboard'
import { nameOf, useNetwork } from '../app-context.ts'
import { formatDollarAtomic, formatPicoUsd, readAmount } from '../format/money.ts'
import { count, shortHex } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { CommandText } from '../ui/command-text.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Facts } from '../ui/facts.tsx'
import { Fold } from '../ui/fold.tsx'

const stateWords = { open: 'open', withdrawing: 'being taken back', closed: 'closed' } as const
const kindWords = { key: 'API key', call: 'by the call', exact: 'exact payments' } as const

/** Channels into this gateway: sums for everybody, one by one for the owner. */
export function ChannelsSection(props: {
  readonly totals: PaymentsJson['channels']
  readonly details: PaymentDetailsJson | undefined
}) {
  const { totals, details } = props
  const view = useNetwork()
  return (
    <section className="panel" aria-labelledby="channels-title">
      <h2 id="channels-title">Channels</h2>
      <Facts
        items={[
          ['Open', `${totals.open.toLocaleString('en')} of ${count(totals.payers, 'payer')}`],
          ['Being taken back', totals.withdrawing.toLocaleString('en')],
          ['Closed', totals.closed.toLocaleString('en')],
          ['Deposited', dollars(totals.depositAtomic)],
          ['Owed in all', formatPicoUsd(readAmount(totals.owedPicoUsd) ?? 0n)],
          ['Claimed of it', dollars(totals.claimedAtomic)],
        ]}
      />
      {details === undefined ? null : details.channels.length === 0 ? (
        <p className="empty">
          Nobody has paid yet. A first answer can be bought from another home:{' '}
          <CommandText text="koinon pay URL --home DIR" />
        </p>
      ) : (
        <Fold summary={`One by one, newest first (${details.channels.length})`}>
          <DataTable
            caption="Channels and exact payers, newest first"
            columns={columnsFor((account) => nameOf(view, account))}
            rows={details.channels}
            rowKey={({ channelId }) => channelId}
          />
        </Fold>
      )}
      {details === undefined || details.channelsLeftOut === 0 ? null : (
        <p className="hint">And {details.channelsLeftOut.toLocaleString('en')} older ones.</p>
      )}
    </section>
  )
}

const dollars = (atomic: string): string => formatDollarAtomic(readAmount(atomic) ?? 0n)

const columnsFor = (name: (account: string) => string): readonly Column<PaymentChannelJson>[] => [
  {
    name: 'Payer',
    kind: 'title',
    cell: ({ payer, kind, label }) => (
      <>
        <strong title={payer}>{name(payer)}</strong>
        <span className="cell-note">{label === undefined ? kindWords[kind] : `API key "${label}"`}</span>
      </>
    ),
  },
  {
    name: 'Channel',
    kind: 'short',
    cell: ({ channelId, kind }) => (kind === 'exact' ? 'none' : <code title={channelId}>{shortHex(channelId)}</code>),
  },
  { name: 'State', kind: 'short', cell: ({ state, kind }) => (kind === 'exact' ? '–' : stateWords[state]) },
  {
    name: 'Deposit',
    kind: 'number',
    cell: ({ depositAtomic, kind }) => (kind === 'exact' ? '–' : dollars(depositAtomic)),
  },
  { name: 'Owed', kind: 'number', cell: ({ owedPicoUsd }) => formatPicoUsd(readAmount(owedPicoUsd) ?? 0n) },
  {
    name: 'Claimed',
    kind: 'number',
    cell: ({ claimedAtomic, kind }) => (kind === 'exact' ? '–' : dollars(claimedAtomic)),
  },
  { name: 'Calls in 24 h', kind: 'number', cell: ({ callsOfDay }) => callsOfDay.toLocaleString('en') },
  { name: 'Since', kind: 'short', cell: ({ openedAtMs }) => formatDateTime(openedAtMs) },
]
