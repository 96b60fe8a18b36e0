import { formatUnits } from '@koinon/base'
import type { WalletJson } from '@koinon/work/dashboard'
import type { ReactNode } from 'react'
import { formatDollarAtomic, formatTokenAtomic, readAmount } from '../format/money.ts'
import { CopyButton } from '../ui/copy-button.tsx'

/** What the account holds, as of which block. */
export function Balances(props: {
  readonly wallet: WalletJson
  readonly isStale: boolean
  readonly children: ReactNode
}) {
  const { wallet, isStale, children } = props
  const dollars = readAmount(wallet.dollarAtomic)
  const tokens = readAmount(wallet.koinAtomic)
  const native = readAmount(wallet.nativeAtomic)
  return (
    <section className="panel" aria-labelledby="balances-title">
      <h2 id="balances-title">Balances</h2>
      <dl className="balances">
        <div>
          <dt>Dollars, for answers</dt>
          <dd>{dollars === undefined ? 'unknown' : formatDollarAtomic(dollars)}</dd>
        </div>
        <div>
          <dt>Network tokens, for stake</dt>
          <dd>{tokens === undefined ? 'unknown' : formatTokenAtomic(tokens)}</dd>
        </div>
        <div>
          <dt>Native coin, for fees</dt>
          <dd>{native === undefined ? 'unknown' : `${formatUnits(native / 10n ** 14n, 4)} ETH`}</dd>
        </div>
      </dl>
      <p className="account-line">
        <span>
          Account <code className="long-code">{wallet.account}</code>
        </span>{' '}
        <CopyButton text={wallet.account} what="the account" />
      </p>
      <p className="hint">
        {isStale ? 'Stale: ' : ''}as of block {wallet.asOfBlock.toLocaleString('en')}
      </p>
      {children}
    </section>
  )
}
