import type { NeuronJson } from '@koinon/work/dashboard'
import { formatAlphaAtomic } from '../format/alpha.ts'
import { readAmount } from '../format/money.ts'
import { formatPpm, shortHex } from '../format/text.ts'
import { AlphaAmount } from '../ui/alpha-amount.tsx'
import { CommandText } from '../ui/command-text.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Fold } from '../ui/fold.tsx'

const columnsAt = (priceWad: string | undefined): readonly Column<NeuronJson>[] => [
  {
    name: 'Neuron',
    kind: 'title',
    cell: (neuron) => (
      <>
        {neuron.name === undefined ? null : <strong>{neuron.name} </strong>}
        <code title={neuron.hotkey}>{shortHex(neuron.hotkey)}</code>
      </>
    ),
  },
  {
    name: 'Kind',
    kind: 'short',
    cell: (neuron) => (
      <>
        {`${neuron.kind}\u00a0no.\u00a0${neuron.uid}`}
        {neuron.seeksPermit === true ? <span className="cell-note">asks for a permit</span> : null}
      </>
    ),
  },
  {
    name: 'State',
    cell: (neuron) => (
      <>
        <span className={`badge badge-${neuron.online ? (neuron.note === undefined ? 'pass' : 'warn') : 'fail'}`}>
          {neuron.online ? (neuron.note === undefined ? 'online' : 'unsteady') : 'offline'}
        </span>
        {neuron.note === undefined ? null : <span className="cell-note">{neuron.note}</span>}
      </>
    ),
  },
  {
    name: 'Latency',
    kind: 'number',
    cell: (neuron) => (neuron.latencyMs === undefined ? '–' : `${Math.round(neuron.latencyMs)} ms`),
  },
  {
    name: 'Stake weighs',
    kind: 'number',
    cell: (neuron) => formatAlphaAtomic(readAmount(neuron.stakeAtomic) ?? 0n),
  },
  {
    name: 'Incentive',
    kind: 'number',
    cell: (neuron) =>
      neuron.kind === 'miner' ? (
        <span className="meter-cell">
          {formatPpm(neuron.incentivePpm)}
          <meter min={0} max={1_000_000} value={neuron.incentivePpm} aria-label="Share of the miners' part" />
        </span>
      ) : (
        '–'
      ),
  },
  {
    name: 'Score',
    kind: 'number',
    cell: (neuron) => (neuron.lastWeightPpm === undefined ? '–' : formatPpm(neuron.lastWeightPpm)),
  },
  {
    name: 'Paid',
    kind: 'number',
    cell: (neuron) => <AlphaAmount atomic={neuron.paidAtomic} priceWad={priceWad} />,
  },
]

function byKindAndName(a: NeuronJson, b: NeuronJson): number {
  if (a.kind !== b.kind) return a.kind === 'miner' ? -1 : 1
  return (a.name ?? a.hotkey).localeCompare(b.name ?? b.hotkey, 'en', { numeric: true })
}

/** Everybody registered in the subnet, miners first. */
export function NeuronsTable(props: {
  readonly neurons: readonly NeuronJson[]
  /** KOIN for one alpha of the subnet, parts of 1e18. */
  readonly priceWad: string | undefined
}) {
  const { neurons, priceWad } = props
  if (neurons.length === 0) {
    return (
      <p className="empty">
        Nobody is registered yet. A machine joins with <CommandText text="koinon provider start" />.
      </p>
    )
  }
  return (
    <Fold summary={`One by one (${neurons.length})`}>
      <DataTable
        caption="Miners and validators"
        columns={columnsAt(priceWad)}
        rows={[...neurons].sort(byKindAndName)}
        rowKey={(neuron) => String(neuron.uid)}
      />
    </Fold>
  )
}
