import type { LedgerGrantJson } from '@koinon/work/dashboard'
import { formatDollarAtomic, readAmount } from '../format/money.ts'
import { count, shortHex } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { Facts } from '../ui/facts.tsx'
import { stateBadges } from './words.ts'

/** One grant that left a trace: what its key may still spend, where its terms were readable. */
export function LedgerGrantView(props: {
  readonly grant: LedgerGrantJson
  readonly account: string
  readonly name: (account: string) => string
}) {
  const { grant, account, name } = props
  const { terms, state, spentAtomic, uses, owner, grantHash } = grant
  return (
    <li>
      <p>
        <span className={`badge ${stateBadges[state]}`}>{state}</span>{' '}
        <code title={grantHash}>{shortHex(grantHash)}</code>
        {terms === undefined ? null : (
          <>
            {' '}
            for <Party account={terms.agent} asked={account} name={name} />
          </>
        )}
        , money of <Party account={owner} asked={account} name={name} />
      </p>
      <Facts
        items={[
          ['Left now', terms === undefined ? undefined : dollars(terms.leftAtomic)],
          ['Charged', `${dollars(spentAtomic)}${terms === undefined ? '' : ` of ${dollars(terms.maxTotalAtomic)}`}`],
          ['One call', terms === undefined ? undefined : `at most ${dollars(terms.maxPerCallAtomic)}`],
          ['Autonomy', terms?.autonomy],
          ['Until', terms === undefined ? undefined : formatDateTime(terms.validUntilMs)],
          ['Transactions', `${count(uses, 'batch', 'batches')}, last ${formatDateTime(grant.lastSeenAtMs)}`],
        ]}
      />
      {terms === undefined ? (
        <p className="hint">
          {state === 'revoked'
            ? 'It was revoked, and the ledger never saw what it says.'
            : 'It was used in a way that does not show what it says.'}
        </p>
      ) : (
        <details>
          <summary>What it says</summary>
          {terms.words.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </details>
      )}
    </li>
  )
}

/** An account that leads to its own budgets, unless it is the one that was asked for. */
export function Party(props: {
  readonly account: string
  readonly asked: string
  readonly name: (account: string) => string
}) {
  const { account, asked, name } = props
  if (account === asked) return <span title={account}>this account</span>
  return (
    <a href={`#/budgets/${account}`} title={account}>
      {name(account)}
    </a>
  )
}

const dollars = (atomic: string): string => formatDollarAtomic(readAmount(atomic) ?? 0n)
