import type { BudgetEntryJson, BudgetJson } from '@koinon/work/dashboard'
import { useState } from 'react'
import { nameOf, useNetwork } from '../app-context.ts'
import { formatDollarAtomic, readAmount } from '../format/money.ts'
import { count, humanise, shortHex } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { CommandText } from '../ui/command-text.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Facts } from '../ui/facts.tsx'
import type { WalletAction } from '../wallet/wallet-action.ts'
import { RevokeBudget } from './revoke-budget.tsx'
import { stateBadges } from './words.ts'

/** One budget: what is left, its terms in sentences, what waits, and how to end it. */
export function BudgetSection({ budget, act }: { readonly budget: BudgetJson; readonly act: WalletAction }) {
  const [isAsking, setIsAsking] = useState(false)
  const view = useNetwork()
  const titleId = `budget-${budget.grantHash}`
  const { proposals } = budget
  return (
    <section className="panel" aria-labelledby={titleId}>
      <h2 id={titleId}>{budget.label}</h2>
      <p>
        <span className={`badge ${stateBadges[budget.state]}`}>{budget.state}</span>{' '}
        <code title={budget.grantHash}>{shortHex(budget.grantHash)}</code>, spent by{' '}
        <a href={`#/budgets/${budget.agent}`} title={budget.agent}>
          <code>{shortHex(budget.agent)}</code>
        </a>
        {budget.isKeyHere ? null : ', whose key is not in this home'}
      </p>
      <Facts
        items={[
          ['Left now', dollars(budget.leftAtomic)],
          ['Of it one call', `at most ${dollars(budget.maxPerCallAtomic)}`],
          [
            'Taken up in this period',
            `${dollars(budget.spentInPeriodAtomic)} of ${dollars(budget.maxPerPeriodAtomic)}`,
          ],
          ['Taken up in all', `${dollars(budget.spentAtomic)} of ${dollars(budget.maxTotalAtomic)}`],
          ['Of it used', dollars(usedAtomic(budget))],
          ['Of it put into channels', `${dollars(budget.inChannelsAtomic)}${channelWords(budget)}`],
          ['For agents below', dollars(budget.allocatedAtomic)],
          ['Autonomy', budget.autonomy],
          ['Until', formatDateTime(budget.validUntilMs)],
        ]}
      />
      <meter
        min={0}
        max={Number(budget.maxTotalAtomic) || 1}
        value={Number(budget.spentAtomic) + Number(budget.allocatedAtomic)}
        aria-label={`Part of "${budget.label}" that is spent or set aside`}
      />
      <details>
        <summary>What it says</summary>
        {budget.words.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </details>
      {budget.openCount === 0 ? null : (
        <p className="hint">{count(budget.openCount, 'signed payment')} not concluded on the ledger yet.</p>
      )}
      {budget.state === 'usable' || budget.inChannelsAtomic === '0' ? null : (
        <p className="hint">
          What of it still lies in channels, and how to take it back:{' '}
          <CommandText text={`koinon budget explain ${budget.grantHash.slice(0, 12)}`} />
        </p>
      )}
      {proposals.length === 0 ? null : (
        <>
          <h3>Waits for your word</h3>
          <DataTable
            caption={`Proposals of "${budget.label}"`}
            columns={columnsFor((account) => nameOf(view, account))}
            rows={proposals}
            rowKey={({ id }) => id}
          />
          <p className="hint">
            Say yes or no in a terminal: <CommandText text={`koinon budget approve ${budget.grantHash.slice(0, 12)}`} />
          </p>
        </>
      )}
      {budget.state === 'revoked' ? null : (
        <div className="actions">
          <button
            type="button"
            className="button"
            aria-label={`Revoke ${budget.label}`}
            onClick={() => setIsAsking(true)}
          >
            Revoke
          </button>
        </div>
      )}
      {isAsking ? <RevokeBudget budget={budget} act={act} onClose={() => setIsAsking(false)} /> : null}
    </section>
  )
}

/** What deposits that nothing was bought from are good for. */
function channelWords({ inChannelsAtomic, state }: BudgetJson): string {
  if (inChannelsAtomic === '0') return ''
  return state === 'usable' ? ', for more calls to the same sellers' : ', at risk until you take it back'
}

/** Without deposits that nothing was bought from so far. */
const usedAtomic = ({ spentAtomic, inChannelsAtomic }: BudgetJson): string =>
  `${(readAmount(spentAtomic) ?? 0n) - (readAmount(inChannelsAtomic) ?? 0n)}`

const dollars = (atomic: string): string => formatDollarAtomic(readAmount(atomic) ?? 0n)

const columnsFor = (name: (account: string) => string): readonly Column<BudgetEntryJson>[] => [
  { name: 'What', kind: 'title', cell: ({ kind }) => <strong>{humanise(kind)}</strong> },
  { name: 'Amount', kind: 'number', cell: ({ amountAtomic }) => dollars(amountAtomic) },
  {
    name: 'To',
    kind: 'short',
    cell: ({ receiver }) => (receiver === null ? 'an agent below' : <span title={receiver}>{name(receiver)}</span>),
  },
  { name: 'For', cell: ({ service }) => service ?? '–' },
  { name: 'Asked', kind: 'short', cell: ({ atMs }) => formatDateTime(atMs) },
]
