import { type AgentJson, type AgentsJson, agentStateWords } from '@koinon/work/dashboard'
import { useEffect, useState } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp, useNames, useNow } from '../app-context.ts'
import { count } from '../format/text.ts'
import { formatAgo } from '../format/time.ts'
import { CommandText } from '../ui/command-text.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'
import { useSettled } from '../use-settled.ts'
import { AgentsNav } from './agents-nav.tsx'
import { DirectoryFilters } from './directory-filters.tsx'
import { agentHref, type DirectoryQuery, directoryPath, priceText, scoreText, stateBadges } from './words.ts'

const refreshMs = 10_000
/** While names are on their way. */
const readingRefreshMs = 1_500
const shownOffers = 3
/** Nothing is asked while somebody types. */
const typingMs = 300

/** Every agent that the gateway knows: what it sells, whether it is there, how far it is trusted. */
export function AgentsPage() {
  const { door } = useApp()
  const [query, setQuery] = useState<DirectoryQuery>({ words: '', protocol: '', maximumDollars: '', sort: 'trust' })
  const path = useSettled(directoryPath(query), typingMs)
  const [isReading, setIsReading] = useState(false)
  const everyMs = isReading ? readingRefreshMs : refreshMs
  const agents = useResource(path, () => requestJson<AgentsJson>(door, path), everyMs)
  const reads = agents.data?.agents.some(({ isBeingRead }) => isBeingRead === true) ?? false
  useEffect(() => setIsReading(reads), [reads])
  const name = useNames()
  const nowMs = useNow(5_000)
  return (
    <div className="stack">
      <header className="page-head">
        <h1>Agents</h1>
        <p className="lead">
          Programs that sell a service and may be hired: whoever is in the ledger's registry, or told this gateway where
          it is. What they say of themselves is their own word.
        </p>
        <AgentsNav page="agents" />
      </header>
      <DirectoryFilters query={query} onQuery={setQuery} />
      <ResourceView resource={agents} what="the agents">
        {({ agents: rows, total, matching, trustFrom, asOfBlock }) => (
          <section className="stack" aria-label="All agents">
            {rows.length > 0 ? (
              <DataTable caption="Agents" columns={columnsFor(name, nowMs)} rows={rows} rowKey={({ key }) => key} />
            ) : total === 0 ? (
              <p className="empty">
                No agent is here yet. Serve one of a single file: <CommandText text="koinon agent run FILE" /> puts it
                into the book of this gateway, <CommandText text="koinon agent register" /> into the registry.
              </p>
            ) : (
              <p className="empty">None of {count(total, 'agent')} matches. Ask for less, or for a higher price.</p>
            )}
            <p className="hint">
              {rows.length < matching ? `The first ${rows.length} of ${matching}, of ` : `${matching} of `}
              {count(total, 'agent')}, as of block {asOfBlock.toLocaleString('en')}. Trust begins with{' '}
              {count(trustFrom.validators, 'validator')} of subnet {trustFrom.netuid}, by stake, and goes where their
              money went; 50 is what nobody has said anything of. From where you stand:{' '}
              <CommandText text="koinon agent trust ID" />. The same list in a terminal:{' '}
              <CommandText text="koinon agent list" />
            </p>
          </section>
        )}
      </ResourceView>
    </div>
  )
}

const columnsFor = (name: (account: string) => string, nowMs: number): readonly Column<AgentJson>[] => [
  {
    name: 'Agent',
    kind: 'title',
    cell: (agent) => (
      <>
        <a href={agentHref(agent)}>
          <strong>{agent.isBeingRead === true ? name(agent.account) : agent.name}</strong>
        </a>
        <span className="cell-note" title={agent.account}>
          {agent.id === undefined ? 'in the book only' : `no. ${agent.key}`},{' '}
          {agent.isBeingRead === true ? 'name is being read' : name(agent.account)}
        </span>
      </>
    ),
  },
  {
    name: 'State',
    kind: 'short',
    cell: ({ state, untilMs }) => (
      <>
        <span className={`badge ${stateBadges[state]}`}>{agentStateWords[state]}</span>
        {state === 'expired' && untilMs !== undefined ? (
          <span className="cell-note">{formatAgo(untilMs, nowMs)}</span>
        ) : null}
      </>
    ),
  },
  {
    name: 'Services',
    kind: 'sentence',
    cell: ({ offers, endpoints, description, isBeingRead }) =>
      offers.length === 0 ? (
        <span className="clamp">
          {description ||
            endpoints.map(({ protocol }) => protocol).join(', ') ||
            (isBeingRead === true ? 'being read' : 'none named')}
        </span>
      ) : (
        <ul className="offer-list">
          {offers.slice(0, shownOffers).map((offer) => (
            <li key={offer.name}>
              {offer.name} <span className="price">{priceText(offer.pricePicoUsd)}</span>
            </li>
          ))}
          {offers.length > shownOffers ? <li>and {offers.length - shownOffers} more</li> : null}
        </ul>
      ),
  },
  {
    name: 'Speaks',
    cell: ({ endpoints, takesX402 }) =>
      [...new Set([...endpoints.map(({ protocol }) => protocol), ...(takesX402 ? ['x402'] : [])])]
        .slice(0, 4)
        .join(', ') || '–',
  },
  {
    name: 'Trust',
    kind: 'number',
    cell: ({ trust, name: agent }) =>
      trust === undefined ? (
        '–'
      ) : (
        <span className="meter-cell">
          {scoreText(trust.scoreMicro)}
          <meter min={0} max={1_000_000} value={trust.scoreMicro} aria-label={`Trust in ${agent}`} />
          <span className="cell-note">{count(trust.counted, 'rating')}</span>
        </span>
      ),
  },
  {
    name: 'Last check',
    kind: 'short',
    cell: ({ lastCheck }) =>
      lastCheck === undefined ? (
        '–'
      ) : (
        <>
          {lastCheck.failed === 0 ? (
            `${lastCheck.passed} passed`
          ) : (
            <span className="text-fail">{lastCheck.failed} failed</span>
          )}
          <span className="cell-note">{formatAgo(lastCheck.atMs, nowMs)}</span>
        </>
      ),
  },
]
