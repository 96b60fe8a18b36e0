import { type AgentDetailJson, agentStateWords } from '@koinon/work/dashboard'
import { requestJson } from '../api/request.ts'
import { useApp, useNow } from '../app-context.ts'
import { shortHex } from '../format/text.ts'
import { formatAgo, formatDateTime } from '../format/time.ts'
import { JobsTable } from '../jobs/jobs-table.tsx'
import { CommandText } from '../ui/command-text.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Facts } from '../ui/facts.tsx'
import { Fold } from '../ui/fold.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'
import { AgentsNav } from './agents-nav.tsx'
import { ListingChecks } from './listing-checks.tsx'
import { OffersSection } from './offers-section.tsx'
import { TrustSection } from './trust-section.tsx'
import { ValidationsSection } from './validations-section.tsx'
import { checkText, stateBadges } from './words.ts'

const refreshMs = 20_000
/** The gateway asks the agent while we wait. */
const lookTimeoutMs = 30_000

/** One agent: what it sells and where, why it is trusted as it is, who looked at its work, and its jobs. */
export function AgentPage({ agentKey }: { readonly agentKey: string }) {
  const { door } = useApp()
  const path = `/api/agents/${agentKey}`
  const agent = useResource(
    path,
    () => requestJson<AgentDetailJson>(door, path, { timeoutMs: lookTimeoutMs }),
    refreshMs,
  )
  return (
    <div className="stack">
      <header className="page-head">
        <h1>{agent.data?.name ?? 'Agent'}</h1>
        {agent.data === undefined || agent.data.description === '' ? null : (
          <p className="lead own-words">{agent.data.description}</p>
        )}
        <AgentsNav page="agent" />
      </header>
      <ResourceView resource={agent} what="the agent and its listing">
        {(found) => (
          <>
            <CardSection agent={found} />
            <OffersSection agent={found} />
            <TrustSection agent={found} />
            <ListingSection agent={found} />
            <ValidationsSection validations={found.validations} />
            <section className="panel" aria-labelledby="agent-jobs-title">
              <h2 id="agent-jobs-title">Its jobs</h2>
              {found.jobs.length === 0 ? (
                <p className="empty">
                  It took part in no job with escrow yet. Post one:{' '}
                  <CommandText text='koinon job post "WORK" --price DOLLARS' />
                </p>
              ) : (
                <JobsTable
                  jobs={found.jobs}
                  caption="Jobs in which it is client, provider or evaluator, newest first"
                />
              )}
            </section>
            <p className="hint">
              The same in a terminal:{' '}
              <CommandText text={`koinon agent show ${found.id === undefined ? 'ID' : found.key}`} />
            </p>
          </>
        )}
      </ResourceView>
    </div>
  )
}

function CardSection({ agent }: { readonly agent: AgentDetailJson }) {
  const nowMs = useNow(5_000)
  const { state, untilMs } = agent
  const record =
    untilMs === undefined
      ? undefined
      : state === 'online'
        ? `until ${formatDateTime(untilMs)}`
        : `ran out ${formatAgo(untilMs, nowMs)}`
  return (
    <section className="panel" aria-labelledby="card-title">
      <h2 id="card-title">Who it is</h2>
      <Facts
        items={[
          ['State', <span className={`badge ${stateBadges[state]}`}>{agentStateWords[state]}</span>],
          ['Record in the book', record ?? 'none'],
          ['Number', agent.id === undefined ? 'not registered' : agent.key],
          ['Paid account', account(agent.wallet) ?? 'none has proved itself'],
          ['Owner', account(agent.owner) ?? '–'],
          ['Takes x402', agent.takesX402 ? 'yes, it says' : 'not said'],
        ]}
      />
      {agent.id === undefined ? (
        <p className="hint">
          It is in the book of this gateway only: nobody can rate it, and its trust is unknown. Its account is{' '}
          <code>{agent.account}</code>.
        </p>
      ) : (
        <p className="account-line">
          <code className="long-code">{agent.id}</code> <CopyButton text={agent.id} what="the whole name" />
        </p>
      )}
    </section>
  )
}

const account = (address: string | undefined) =>
  address === undefined ? undefined : <code title={address}>{shortHex(address)}</code>

function ListingSection({ agent }: { readonly agent: AgentDetailJson }) {
  const nowMs = useNow(5_000)
  const { checks, lastCheck, uri } = agent
  if (agent.id === undefined) return null
  return (
    <section className="panel" aria-labelledby="listing-check-title">
      <h2 id="listing-check-title">Its listing</h2>
      <p>
        {lastCheck === undefined
          ? 'Nobody has looked at it yet.'
          : `${checkText(lastCheck)}, ${formatAgo(lastCheck.atMs, nowMs)}.`}{' '}
        {uri === undefined || uri === '' ? null : (
          <>
            File: <code className="long-code">{uri}</code>
          </>
        )}
      </p>
      {checks.length === 0 ? null : (
        <Fold summary={`Check by check (${checks.length})`}>
          <ListingChecks checks={checks} label="Checks of its listing" />
        </Fold>
      )}
    </section>
  )
}
