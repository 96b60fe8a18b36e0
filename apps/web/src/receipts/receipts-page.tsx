import type { ReceiptSummaryJson, ReceiptsJson } from '@koinon/work/dashboard'
import { useMemo, useState } from 'react'
import { requestJson } from '../api/request.ts'
import { nameOf, nameOfUid, useApp, useKeptReceipts, useNetwork, useNow } from '../app-context.ts'
import { formatPicoUsd, readAmount } from '../format/money.ts'
import { shortHex } from '../format/text.ts'
import { formatAgo, formatDateTime, formatDuration } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { useResource } from '../use-resource.ts'
import { auditSentence, whyUnaudited } from './audit-words.ts'
import { FileCheck } from './file-check.tsx'
import { mergeReceipts, type ReceiptRow } from './receipt-rows.ts'

const pageSize = 50
/** New receipts, and audits of old ones, which come once an epoch. */
const refreshMs = 10_000

/** All receipts of this key and of this browser, with a filter, and a check for receipts from files. */
export function ReceiptsPage() {
  const { door, signIn, shelf } = useApp()
  const view = useNetwork()
  const kept = useKeptReceipts()
  const nowMs = useNow(15_000)
  const [search, setSearch] = useState('')
  const [origin, setOrigin] = useState<'all' | 'here' | 'audited'>('all')
  const [older, setOlder] = useState<readonly ReceiptSummaryJson[]>([])
  const [isAtEnd, setIsAtEnd] = useState(false)
  const list = useResource(
    signIn.apiKey,
    () => requestJson<ReceiptsJson>(door, `/api/receipts?limit=${pageSize}`, { apiKey: signIn.apiKey }),
    refreshMs,
  )
  const rows = useMemo(() => mergeReceipts([...older, ...(list.data?.receipts ?? [])], kept), [list.data, older, kept])
  const shown = rows.filter((row) => {
    if (origin === 'here' && !row.isHere) return false
    if (origin === 'audited' && row.checkedBy.length === 0) return false
    const words = `${row.id} ${row.model} ${row.provider} ${nameOf(view, row.provider)} ${row.state}`.toLowerCase()
    return words.includes(search.trim().toLowerCase())
  })
  const loadOlder = async (): Promise<void> => {
    const first = list.data?.receipts ?? []
    const last = (older.length > 0 ? older : first).at(-1)
    if (last === undefined) return
    const more = await requestJson<ReceiptsJson>(door, `/api/receipts?limit=${pageSize}&before=${last.id}`, {
      apiKey: signIn.apiKey,
    }).catch(() => undefined)
    // With what the first page holds now: later ones push it out of there.
    if (more !== undefined) setOlder([...first, ...older, ...more.receipts])
    setIsAtEnd(more !== undefined && more.receipts.length < pageSize)
  }
  const columns: readonly Column<ReceiptRow>[] = [
    {
      name: 'Receipt',
      kind: 'title',
      cell: (row) => (
        <a href={`#/receipts/${row.id}`}>
          <code>{shortHex(row.id)}</code>
        </a>
      ),
    },
    {
      name: 'When',
      kind: 'short',
      cell: (row) => <time title={formatDateTime(row.atMs)}>{formatAgo(row.atMs, nowMs)}</time>,
    },
    {
      name: 'Answered by',
      kind: 'short',
      cell: (row) => <span title={row.provider}>{nameOf(view, row.provider)}</span>,
    },
    { name: 'Model', kind: 'short', cell: (row) => row.model },
    { name: 'Tokens', kind: 'number', cell: (row) => `${row.promptTokens} in, ${row.outputTokens} out` },
    { name: 'Time', kind: 'number', cell: (row) => formatDuration(row.totalMs) },
    { name: 'Cost', kind: 'number', cell: (row) => formatPicoUsd(readAmount(row.amountPicoUsd) ?? 0n) },
    {
      name: 'Audited by',
      kind: 'sentence',
      cell: (row) =>
        auditSentence(row.checkedBy, (uid) => nameOfUid(view, uid)) ??
        (whyUnaudited(row.atMs, view.network?.subnets[0]) === 'tooEarly' ? 'not yet' : 'not drawn into the sample'),
    },
  ]
  return (
    <div className="stack">
      <header className="page-head">
        <h1>Receipts</h1>
        <p className="lead">
          One signed statement for each answer. Validators audit a random sample; you can check every one of yours.
        </p>
      </header>
      <div className="filters">
        <label>
          Find
          <input
            type="search"
            value={search}
            placeholder="id, model or who answered"
            onChange={(event) => setSearch(event.target.value)}
          />
        </label>
        <label>
          Show
          <select value={origin} onChange={(event) => setOrigin(event.target.value as typeof origin)}>
            <option value="all">all receipts</option>
            <option value="here">with bytes hashed in this browser</option>
            <option value="audited">audited by a validator</option>
          </select>
        </label>
        {kept.length > 0 ? (
          <button type="button" className="button" onClick={() => shelf.clear()}>
            Forget the {kept.length} kept in this browser
          </button>
        ) : null}
      </div>
      {list.error === undefined ? null : (
        <ErrorNotice error={list.error}>
          <button type="button" className="button" onClick={list.reload}>
            Load again
          </button>
        </ErrorNotice>
      )}
      {list.isLoading ? <p className="loading">Loading receipts …</p> : null}
      {shown.length > 0 ? (
        <DataTable caption="Receipts, newest first" columns={columns} rows={shown} rowKey={(row) => row.id} />
      ) : list.isLoading || list.error !== undefined ? null : (
        <EmptyReceipts hasRows={rows.length > 0} />
      )}
      {(list.data?.receipts.length ?? 0) === pageSize && !isAtEnd ? (
        <p>
          <button type="button" className="button" onClick={() => void loadOlder()}>
            Load older receipts
          </button>
        </p>
      ) : null}
      <FileCheck />
    </div>
  )
}

function EmptyReceipts({ hasRows }: { readonly hasRows: boolean }) {
  return (
    <div className="empty">
      <p>{hasRows ? 'No receipt matches. Clear the filter to see them all.' : 'There are no receipts yet.'}</p>
      {hasRows ? null : (
        <p>
          <a className="button button-primary" href="#/">
            Ask a first question
          </a>
        </p>
      )}
    </div>
  )
}
