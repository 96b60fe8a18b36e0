import type { EpochDetailJson, EpochJson, EpochsJson, SubnetJson } from '@koinon/work/dashboard'
import { lazy, Suspense, useMemo, useState } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { readAmount } from '../format/money.ts'
import { formatPpm } from '../format/text.ts'
import { DataTable } from '../ui/data-table.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { useResource } from '../use-resource.ts'
import { EpochDetail } from './epoch-detail.tsx'
import { EpochList } from './epoch-list.tsx'
import { type IncentiveSeries, incentiveSeries, seriesSentence } from './incentive-series.ts'

const IncentiveChart = lazy(() =>
  import('./incentive-chart.tsx').then((module) => ({ default: module.IncentiveChart })),
)

const shownEpochs = 20
/** Epochs whose payouts the chart reads. */
const chartedEpochs = 12

/** Past epochs: a chart of incentive, a list, and one epoch with its payouts and reasons. */
export function EpochSection({ subnet, epoch }: { readonly subnet: SubnetJson; readonly epoch: number | undefined }) {
  const { door } = useApp()
  const list = useResource(`epochs ${subnet.netuid} ${subnet.currentEpoch} ${subnet.phase}`, () =>
    requestJson<EpochsJson>(door, `/api/epochs?netuid=${subnet.netuid}&limit=${shownEpochs}`),
  )
  // A new key starts from nothing; the old list is shown until the new one is there.
  const [lastList, setLastList] = useState<EpochsJson | undefined>()
  if (list.data !== undefined && list.data !== lastList) setLastList(list.data)
  const epochs = (list.data ?? lastList)?.epochs ?? []
  const finished = epochs.filter((one) => one.state !== 'open' && one.state !== 'pending').slice(0, chartedEpochs)
  const chosen = epoch ?? mostTelling(finished) ?? epochs[0]?.epoch
  return (
    <section className="stack" aria-labelledby="epochs-title">
      <h2 id="epochs-title">Epochs and payouts</h2>
      {list.error === undefined ? null : (
        <ErrorNotice error={list.error}>
          <button type="button" className="button" onClick={list.reload}>
            Load again
          </button>
        </ErrorNotice>
      )}
      {finished.length > 0 ? <IncentivePanel subnet={subnet} epochs={finished.map((one) => one.epoch)} /> : null}
      {epochs.length === 0 ? (
        <p className="empty">
          {list.isLoading ? 'Loading epochs …' : 'The first epoch has not ended yet. Payouts appear here when it has.'}
        </p>
      ) : (
        <>
          {chosen === undefined ? null : (
            <EpochDetail netuid={subnet.netuid} epoch={chosen} subnet={subnet} isAskedFor={epoch !== undefined} />
          )}
          {epochs.length < 2 ? null : (
            <EpochList epochs={epochs} hrefOf={(one) => `#/network/${subnet.netuid}/${one}`} />
          )}
        </>
      )}
    </section>
  )
}

/** The newest epoch in force whose payouts have begun, or the newest in force. */
function mostTelling(finished: readonly EpochJson[]): number | undefined {
  const inForce = finished.filter((one) => one.state === 'active')
  return (inForce.find((one) => (readAmount(one.paidAtomic) ?? 0n) > 0n) ?? inForce[0])?.epoch
}

function IncentivePanel({ subnet, epochs }: { readonly subnet: SubnetJson; readonly epochs: readonly number[] }) {
  const { door } = useApp()
  const details = useResource(`details ${subnet.netuid} ${epochs.join(' ')}`, () =>
    Promise.all(epochs.map((epoch) => requestJson<EpochDetailJson>(door, `/api/epochs/${subnet.netuid}/${epoch}`))),
  )
  const [last, setLast] = useState<readonly EpochDetailJson[] | undefined>()
  if (details.data !== undefined && details.data !== last) setLast(details.data)
  const shown = details.data ?? last
  const series = useMemo(
    () => (shown === undefined ? undefined : incentiveSeries(subnet, shown)),
    [shown, subnet.netuid],
  )
  if (details.error !== undefined && series === undefined) return <ErrorNotice error={details.error} />
  if (series === undefined) return <p className="loading">Reading payouts …</p>
  return (
    <figure className="panel">
      <figcaption>
        <h3>Incentive by epoch</h3>
        <p>{seriesSentence(series)}</p>
      </figcaption>
      {series.epochs.length < 2 ? null : <SeriesChart series={series} />}
    </figure>
  )
}

function SeriesChart({ series }: { readonly series: IncentiveSeries }) {
  return (
    <>
      <ul className="legend">
        {series.miners.map((miner, index) => (
          <li key={miner.name} className={`series-${(index % 4) + 1}`}>
            {miner.name}
          </li>
        ))}
      </ul>
      <Suspense fallback={<p className="loading">Loading the chart …</p>}>
        <IncentiveChart series={series} />
      </Suspense>
      <details>
        <summary>The same as a table</summary>
        <SeriesTable series={series} />
      </details>
    </>
  )
}

function SeriesTable({ series }: { readonly series: IncentiveSeries }) {
  const rows = series.epochs.map((epoch, index) => ({ epoch, index }))
  return (
    <DataTable
      caption="Incentive by epoch"
      columns={[
        { name: 'Epoch', kind: 'title', cell: (row) => `Epoch ${row.epoch}` },
        ...series.miners.map((miner) => ({
          name: miner.name,
          kind: 'number' as const,
          cell: (row: { readonly index: number }) => {
            const share = miner.sharesPpm[row.index]
            return share === null || share === undefined ? 'nobody paid' : formatPpm(share)
          },
        })),
      ]}
      rows={rows}
      rowKey={(row) => String(row.epoch)}
    />
  )
}
