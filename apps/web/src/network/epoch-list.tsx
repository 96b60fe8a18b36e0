import type { EpochJson } from '@koinon/work/dashboard'
import { formatAlphaAtomic } from '../format/alpha.ts'
import { readAmount } from '../format/money.ts'
import { formatDateTime } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { epochStateSentences } from './phases.ts'

/** Folded up. `hrefOf` names the page of one of them. */
export function EpochList(props: {
  readonly epochs: readonly EpochJson[]
  readonly hrefOf: (epoch: number) => string
}) {
  const { epochs, hrefOf } = props
  return (
    <details className="panel">
      <summary>All of the last {epochs.length} epochs</summary>
      <DataTable
        caption="Epochs, newest first"
        columns={columnsOf(hrefOf)}
        rows={epochs}
        rowKey={(one) => String(one.epoch)}
        isWhole
      />
    </details>
  )
}

function columnsOf(hrefOf: (epoch: number) => string): readonly Column<EpochJson>[] {
  return [
    { name: 'Epoch', kind: 'title', cell: (one) => <a href={hrefOf(one.epoch)}>Epoch {one.epoch}</a> },
    { name: 'Started', cell: (one) => formatDateTime(one.startsAtSeconds * 1000) },
    { name: 'State', cell: (one) => (one.epoch === 0 ? 'only starts the clock' : epochStateSentences[one.state]) },
    { name: 'Paid', kind: 'number', cell: (one) => formatAlphaAtomic(readAmount(one.paidAtomic) ?? 0n) },
  ]
}
