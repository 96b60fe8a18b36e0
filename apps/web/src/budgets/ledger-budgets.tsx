import type { LedgerBudgetsJson } from '@koinon/work/dashboard'
import { requestJson } from '../api/request.ts'
import { useApp, useNames } from '../app-context.ts'
import { count } from '../format/text.ts'
import { CommandText } from '../ui/command-text.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'
import { BudgetChannels } from './budget-channels.tsx'
import { LedgerGrantView } from './ledger-grant.tsx'

const refreshMs = 15_000
/** A look reads the account's logs. */
const lookTimeoutMs = 40_000

const codeWords = {
  none: 'The account runs no code: its keys pay by channels, or from money of their own.',
  budgets: 'The account runs the code of budgets, so its keys can spend on the ledger by themselves.',
  other: 'The account runs other code. Charges of budgets are those from before.',
  contract: 'The account is a contract, which cannot run the code of budgets.',
} as const

/** What anybody can see of an account's budgets, and what nobody can see from outside. */
export function LedgerBudgets({ account }: { readonly account: string }) {
  const { door } = useApp()
  const name = useNames()
  const path = `/api/budgets/${account}`
  const found = useResource(
    path,
    () => requestJson<LedgerBudgetsJson>(door, path, { timeoutMs: lookTimeoutMs }),
    refreshMs,
  )
  return (
    <section className="panel" aria-labelledby="ledger-title">
      <h2 id="ledger-title">On the ledger</h2>
      <p>
        <code className="long-code">{account}</code> ({name(account)})
      </p>
      <ResourceView resource={found} what="the ledger">
        {({ code, grants, channels, fromBlock, isCut, asOfBlock }) => (
          <>
            <p>{codeWords[code]}</p>
            <h3>Grants</h3>
            {grants.length === 0 ? (
              <p className="hint">No grant of this account, or for this key, was used or revoked on the ledger.</p>
            ) : (
              <ul className="grants">
                {grants.map((grant) => (
                  <LedgerGrantView
                    key={`${grant.owner}${grant.grantHash}`}
                    grant={grant}
                    account={account}
                    name={name}
                  />
                ))}
              </ul>
            )}
            <h3>Channels</h3>
            <BudgetChannels channels={channels} account={account} name={name} />
            <details>
              <summary>What cannot be seen from here</summary>
              <p>
                A grant is signed off the ledger and kept in the owner's home. One that was never used in a transaction
                leaves no trace, and neither do vouchers that were signed and not claimed, payments from the key's own
                balance, parts set aside for agents below, and calls that were refused. The machine that holds the grant
                knows all of it: <CommandText text="koinon budget list" />
              </p>
            </details>
            <p className="hint">
              Read as of block {asOfBlock.toLocaleString('en')}; grants from block {fromBlock.toLocaleString('en')} on.
              {isCut
                ? ` Only the newest are told: ${count(grants.length, 'grant')}, ${count(channels.length, 'channel')}.`
                : ''}
            </p>
          </>
        )}
      </ResourceView>
    </section>
  )
}
