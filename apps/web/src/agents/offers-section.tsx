import type { AgentDetailJson, AgentEndpointJson, AgentOfferJson } from '@koinon/work/dashboard'
import { CommandText } from '../ui/command-text.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { openable, priceText } from './words.ts'

/** What it sells and where it is asked, by its own word. Links lead away from this page and tell nobody where from. */
export function OffersSection({ agent }: { readonly agent: AgentDetailJson }) {
  const { offers, endpoints } = agent
  return (
    <section className="panel" aria-labelledby="offers-title">
      <h2 id="offers-title">What it sells, and where</h2>
      {offers.length === 0 ? (
        <p className="hint">
          Prices are named by agents that tell this gateway where they are, as <CommandText text="koinon agent run" />{' '}
          does. What one costs without: <CommandText text="koinon pay URL --dry-run" />
        </p>
      ) : (
        <DataTable caption="Services and prices" columns={offerColumns} rows={offers} rowKey={({ name }) => name} />
      )}
      {endpoints.length === 0 ? (
        <p className="empty">It names no address.</p>
      ) : (
        <DataTable
          caption="Where it is asked"
          columns={endpointColumns}
          rows={endpoints}
          rowKey={({ protocol, url }) => `${protocol} ${url}`}
        />
      )}
    </section>
  )
}

const offerColumns: readonly Column<AgentOfferJson>[] = [
  { name: 'Service', kind: 'title', cell: ({ name }) => <strong>{name}</strong> },
  { name: 'What it does', kind: 'sentence', cell: ({ description }) => description || '–' },
  { name: 'Price', kind: 'number', cell: ({ pricePicoUsd }) => priceText(pricePicoUsd) },
]

const endpointColumns: readonly Column<AgentEndpointJson>[] = [
  { name: 'Speaks', kind: 'title', cell: ({ protocol }) => <strong>{protocol}</strong> },
  { name: 'Address', kind: 'sentence', cell: ({ url }) => <Address url={url} /> },
]

function Address({ url }: { readonly url: string }) {
  const href = openable(url)
  if (href === undefined) return <code className="long-code">{url}</code>
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" referrerPolicy="no-referrer">
      <code className="long-code">{url}</code>
    </a>
  )
}
