import type { LedgerChannelJson } from '@koinon/work/dashboard'
import { formatDollarAtomic, readAmount } from '../format/money.ts'
import { shortHex } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Party } from './ledger-grant.tsx'

const stateWords = { open: 'open', withdrawing: 'being taken back', closed: 'closed' } as const

/** Channels that the account filled or whose vouchers it signs. */
export function BudgetChannels(props: {
  readonly channels: readonly LedgerChannelJson[]
  readonly account: string
  readonly name: (account: string) => string
}) {
  const { channels, account, name } = props
  if (channels.length === 0) return <p className="hint">It filled none, and signs for none.</p>
  return (
    <>
      <DataTable
        caption="Channels of the account, newest first"
        columns={columnsFor(account, name)}
        rows={channels}
        rowKey={({ channelId }) => channelId}
      />
      <p className="hint">What is left in a channel is the most that its key can still give to the receiver.</p>
    </>
  )
}

const columnsFor = (asked: string, name: (account: string) => string): readonly Column<LedgerChannelJson>[] => [
  {
    name: 'Spent by',
    kind: 'title',
    cell: ({ authorizer, channelId }) => (
      <>
        <strong>
          <Party account={authorizer} asked={asked} name={name} />
        </strong>
        <span className="cell-note">
          channel <code title={channelId}>{shortHex(channelId)}</code>
        </span>
      </>
    ),
  },
  { name: 'Left', kind: 'number', cell: (channel) => amount(channel, leftOf(channel)) },
  { name: 'Deposit', kind: 'number', cell: (channel) => amount(channel, readAmount(channel.depositAtomic) ?? 0n) },
  { name: 'Money of', kind: 'short', cell: ({ payer }) => <Party account={payer} asked={asked} name={name} /> },
  { name: 'To', kind: 'short', cell: ({ receiver }) => <span title={receiver}>{name(receiver)}</span> },
  { name: 'State', kind: 'short', cell: ({ state }) => stateWords[state] },
  { name: 'Since', kind: 'short', cell: ({ openedAtMs }) => formatDateTime(openedAtMs) },
]

function leftOf({ depositAtomic, claimedAtomic }: LedgerChannelJson): bigint {
  const left = (readAmount(depositAtomic) ?? 0n) - (readAmount(claimedAtomic) ?? 0n)
  return left > 0n ? left : 0n
}

function amount({ token }: LedgerChannelJson, atomic: bigint): string {
  return token === undefined ? formatDollarAtomic(atomic) : `${atomic} units of ${shortHex(token)}`
}
