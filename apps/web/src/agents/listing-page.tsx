import type { ListingJson } from '@koinon/work/dashboard'
import { useState } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { CheckCounts } from '../receipts/check-list.tsx'
import { CommandText } from '../ui/command-text.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { useAction } from '../wallet/use-action.ts'
import { AgentsNav } from './agents-nav.tsx'
import { ListingChecks } from './listing-checks.tsx'

/** Redirects, domains and services of one listing, each with a deadline of its own. */
const checkTimeoutMs = 60_000

/** Asks a listing everything that a stranger will ask, and says how to mend what fails. */
export function ListingPage() {
  const { door } = useApp()
  const [target, setTarget] = useState('')
  const [found, setFound] = useState<ListingJson>()
  const action = useAction()
  const check = (): void =>
    action.run(async () => {
      setFound(undefined)
      const options = { method: 'POST', body: { target }, timeoutMs: checkTimeoutMs } as const
      setFound(await requestJson<ListingJson>(door, '/api/agents/check', options))
    })
  return (
    <div className="stack">
      <header className="page-head">
        <h1>Check a listing</h1>
        <p className="lead">
          Everything that a stranger will trip over: does the file exist and name the agent, do the domains say that it
          is theirs, do its services speak what it claims, and would the money reach its wallet?
        </p>
        <AgentsNav page="listing" />
      </header>
      <form
        className="panel"
        aria-label="Listing"
        onSubmit={(event) => {
          event.preventDefault()
          if (target.trim() !== '') check()
        }}
      >
        <label htmlFor="listing-target">Number of an agent, or the address of its site or registration file</label>
        <div className="field-row">
          <input
            id="listing-target"
            value={target}
            maxLength={2_048}
            autoComplete="off"
            spellCheck={false}
            placeholder="3, or https://example.org"
            onChange={(event) => setTarget(event.target.value)}
          />
          <button type="submit" className="button button-primary" disabled={action.isBusy || target.trim() === ''}>
            {action.isBusy ? 'Asking it …' : 'Check'}
          </button>
        </div>
        <p className="hint">
          The gateway asks the addresses, so they have to be public; those of this machine only on its own page. From
          your own machine: <CommandText text="koinon agent check URL" />
        </p>
      </form>
      <div role="status" className="visually-hidden">
        {found === undefined ? '' : `${found.checks.length} checks of ${found.target} were made`}
      </div>
      {action.error === undefined ? null : <ErrorNotice error={action.error} />}
      {found === undefined ? null : (
        <section className="panel" aria-labelledby="listing-title">
          <h2 id="listing-title" className="long-code">
            {found.target}
          </h2>
          <CheckCounts checks={found.checks} />
          <ListingChecks checks={found.checks} label="Checks of the listing" />
        </section>
      )}
    </div>
  )
}
