import type { BudgetsJson } from '@koinon/work/dashboard'
import { useEffect } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { newLinkSentence, refusalSentence } from '../shell/door-words.ts'
import { CommandText, HintText } from '../ui/command-text.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { useResource } from '../use-resource.ts'
import type { WalletAction } from '../wallet/wallet-action.ts'
import { WalletNav } from '../wallet/wallet-nav.tsx'
import { BudgetSection } from './budget-section.tsx'
import { LedgerBudgets } from './ledger-budgets.tsx'
import { LookUp } from './look-up.tsx'

const refreshMs = 10_000
/** With a transaction on the ledger. */
const actTimeoutMs = 60_000

/** What each agent's key may still spend of the owner's money, what waits for the owner's word, and the end of it. */
export function BudgetsPage({ account }: { readonly account?: string | undefined }) {
  const { door, signIn } = useApp()
  const localToken = signIn.local?.localToken
  const budgets = useResource(
    localToken,
    () => requestJson<BudgetsJson>(door, '/api/budgets', { localToken }),
    refreshMs,
  )
  const isSignedOut = budgets.error?.code === 'local/no-token'
  const { refresh } = signIn
  useEffect(() => {
    if (isSignedOut) refresh()
  }, [isSignedOut, refresh])
  const act: WalletAction = async (path, options) => {
    try {
      return await requestJson(door, path, { ...options, localToken, timeoutMs: actTimeoutMs })
    } finally {
      budgets.reload()
    }
  }
  return (
    <div className="stack">
      <header className="page-head">
        <h1>Budgets</h1>
        <p className="lead">
          A budget lets an agent's own key spend your money: to whom, for what, how much a call, a period and in all.
          Even who steals the key takes no more from your account than period and total allow.
        </p>
        <WalletNav page="budgets" />
      </header>
      <LookUp key={account} account={account} />
      {account === undefined ? null : <LedgerBudgets account={account} />}
      <h2>Of this home</h2>
      {budgets.data === undefined ? null : (
        <p>
          The home that runs this gateway, <code>{budgets.data.homePath}</code>. Other homes have budgets of their own:{' '}
          <CommandText text="koinon budget list --home DIR" />
        </p>
      )}
      {localToken === undefined && !signIn.isLoading ? (
        <p className="empty">
          {signIn.refusal === undefined ? null : `${refusalSentence(signIn.refusal)} `}What a home's own keys may spend,
          grants that the ledger never saw among it, is only shown to the owner of the machine that holds its wallet.{' '}
          <HintText text={newLinkSentence} /> Or use <CommandText text="koinon budget list" /> in its terminal.
        </p>
      ) : null}
      {budgets.error === undefined || isSignedOut ? null : (
        <ErrorNotice error={budgets.error}>
          <button type="button" className="button" onClick={budgets.reload}>
            Load again
          </button>
        </ErrorNotice>
      )}
      {budgets.isLoading || signIn.isLoading ? <p className="loading">Reading the budgets …</p> : null}
      {budgets.data === undefined ? null : budgets.data.budgets.length === 0 ? (
        <p className="empty">
          No agent may spend anything from this home. Let one, in a terminal:{' '}
          <CommandText text="koinon budget grant --to ACCOUNT --on-chain" />
        </p>
      ) : (
        budgets.data.budgets
          .toReversed()
          .map((budget) => <BudgetSection key={budget.grantHash} budget={budget} act={act} />)
      )}
    </div>
  )
}
