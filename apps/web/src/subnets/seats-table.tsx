import { formatSpan } from '@koinon/base'
import type { MetagraphNeuronJson } from '@koinon/work/dashboard'
import { nameOf, useNetwork } from '../app-context.ts'
import { formatAlphaAtomic } from '../format/alpha.ts'
import { readAmount } from '../format/money.ts'
import { formatPpm } from '../format/text.ts'
import { AlphaAmount } from '../ui/alpha-amount.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Fold } from '../ui/fold.tsx'

/** Every seat now, with what the last signed epoch made of it; best paid first. */
export function SeatsTable(props: {
  readonly seats: readonly MetagraphNeuronJson[]
  readonly nowSeconds: number
  readonly priceWad: string | undefined
}) {
  const { seats, nowSeconds, priceWad } = props
  const view = useNetwork()
  const columns: readonly Column<MetagraphNeuronJson>[] = [
    {
      name: 'Seat',
      kind: 'title',
      cell: (seat) => (
        <>
          <strong>no. {seat.uid}</strong> <span title={seat.hotkey}>{nameOf(view, seat.hotkey)}</span>
        </>
      ),
    },
    { name: 'Stake weighs', kind: 'number', cell: (seat) => formatAlphaAtomic(readAmount(seat.stakeAtomic) ?? 0n) },
    {
      name: 'Incentive',
      kind: 'number',
      cell: (seat) => (
        <span className="meter-cell">
          {shareOf(seat.incentivePpm)}
          {seat.incentivePpm === undefined ? null : (
            <meter min={0} max={1_000_000} value={seat.incentivePpm} aria-label={`Incentive of seat ${seat.uid}`} />
          )}
        </span>
      ),
    },
    { name: 'Dividends', kind: 'number', cell: (seat) => shareOf(seat.dividendsPpm) },
    { name: 'Consensus', kind: 'number', cell: (seat) => shareOf(seat.consensusPpm) },
    { name: 'Rank', kind: 'number', cell: (seat) => shareOf(seat.rankPpm) },
    {
      name: 'Earned',
      kind: 'number',
      cell: (seat) =>
        seat.earnedAtomic === undefined ? '–' : <AlphaAmount atomic={seat.earnedAtomic} priceWad={priceWad} />,
    },
    {
      name: 'Paid in all',
      kind: 'number',
      cell: (seat) => <AlphaAmount atomic={seat.paidAtomic} priceWad={priceWad} />,
    },
    { name: 'Age', kind: 'number', cell: (seat) => formatSpan(nowSeconds - seat.registeredAtSeconds) },
    {
      name: 'Permit',
      kind: 'short',
      cell: ({ hasPermit, seeksPermit }) => (hasPermit ? 'yes' : seeksPermit ? 'asks for it' : 'no'),
    },
  ]
  return (
    <Fold summary={`Seat by seat (${seats.length})`}>
      <DataTable
        caption="Seats of the subnet"
        columns={columns}
        rows={[...seats].sort((a, b) => (b.incentivePpm ?? 0) - (a.incentivePpm ?? 0) || a.uid - b.uid)}
        rowKey={(seat) => String(seat.uid)}
      />
    </Fold>
  )
}

function shareOf(ppm: number | undefined): string {
  return ppm === undefined ? '–' : formatPpm(ppm)
}
