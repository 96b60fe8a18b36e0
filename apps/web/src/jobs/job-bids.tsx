import type { JobAuctionJson, JobBidJson, JobBidsJson, JobDetailJson } from '@koinon/work/dashboard'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { count } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Facts } from '../ui/facts.tsx'
import { useResource } from '../use-resource.ts'
import { amountText } from './words.ts'

const refreshMs = 8_000

const phaseWords = { bidding: 'bids come in', revealing: 'sealed bids are shown', over: 'over' } as const

/** Who offered the work for how much, by the gateway's book, and which bid the ledger says was taken. */
export function JobBids({ job, name }: { readonly job: JobDetailJson; readonly name: (account: string) => string }) {
  const { door } = useApp()
  const path = `/api/jobs/${job.jobId}/bids`
  const found = useResource(path, () => requestJson<JobBidsJson>(door, path), refreshMs)
  if (found.data === undefined) return found.error === undefined ? null : <ErrorNotice error={found.error} />
  const { auction, bids } = found.data
  if (auction === undefined && bids.length === 0 && job.state !== 'open') return null
  return (
    <section className="panel" aria-labelledby="bids-title">
      <h2 id="bids-title">Bids</h2>
      {auction === undefined ? null : <Auction auction={auction} job={job} />}
      {bids.length === 0 ? (
        <p className="empty">
          {auction !== undefined && auction.sealedBids > 0 ? 'No bid is open yet.' : 'Nobody bid yet.'}
        </p>
      ) : (
        <DataTable
          caption="Bids, the best first"
          columns={columnsFor(job, name)}
          rows={bids}
          rowKey={({ provider, priceAtomic, deadlineMs, atMs }) => `${provider} ${priceAtomic} ${deadlineMs} ${atMs}`}
        />
      )}
      <p className="hint">
        Bids are kept by this gateway, and only while the job is asked for; that one was taken is on the ledger.
      </p>
    </section>
  )
}

function Auction({ auction, job }: { readonly auction: JobAuctionJson; readonly job: JobDetailJson }) {
  const { kind, phase, bidsUntilMs, revealsUntilMs, decrementAtomic, sealedBids } = auction
  return (
    <Facts
      items={[
        ['Auction', kind === 'sealed' ? 'sealed bids' : 'reverse: each bidder goes down step by step'],
        ['Now', phaseWords[phase]],
        ['At most', amountText(job, auction.ceilingAtomic)],
        ['Bids until', formatDateTime(bidsUntilMs)],
        ['Shown until', revealsUntilMs === undefined ? undefined : formatDateTime(revealsUntilMs)],
        ['Each lower by', decrementAtomic === undefined ? undefined : amountText(job, decrementAtomic)],
        ['Sealed', kind === 'sealed' ? count(sealedBids, 'bid') : undefined],
      ]}
    />
  )
}

const columnsFor = (job: JobDetailJson, name: (account: string) => string): readonly Column<JobBidJson>[] => [
  {
    name: 'Provider',
    kind: 'title',
    cell: ({ provider, isTaken }) => (
      <>
        <strong title={provider}>{name(provider)}</strong>{' '}
        {isTaken ? <span className="badge badge-pass">taken</span> : null}
      </>
    ),
  },
  { name: 'Price', kind: 'number', cell: ({ priceAtomic }) => amountText(job, priceAtomic) },
  { name: 'Place', kind: 'number', cell: ({ rank }) => (rank === undefined ? 'does not count' : rank) },
  { name: 'Bid at', kind: 'short', cell: ({ atMs }) => (atMs === undefined ? '–' : formatDateTime(atMs)) },
  { name: 'Good until', kind: 'short', cell: ({ deadlineMs }) => formatDateTime(deadlineMs) },
]
