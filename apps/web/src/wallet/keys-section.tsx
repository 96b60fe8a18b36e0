import { picoUsdToAtomic } from '@koinon/base'
import type { KeyJson, WalletJson } from '@koinon/work/dashboard'
import { useState } from 'react'
import { formatDollarAtomic, formatPicoUsd, readAmount } from '../format/money.ts'
import { shortHex } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { CreateKey } from './create-key.tsx'
import { RevokeKey } from './revoke-key.tsx'
import { TopUpKey } from './top-up-key.tsx'
import type { WalletAction } from './wallet-action.ts'

type Open = { readonly kind: 'create' } | { readonly kind: 'revoke' | 'topUp'; readonly key: KeyJson }

/** API keys: limit, spent, left; create, top up, revoke. */
export function KeysSection(props: {
  readonly wallet: WalletJson
  readonly act: WalletAction
  readonly revoke: WalletAction
}) {
  const { wallet, act, revoke } = props
  const [open, setOpen] = useState<Open | undefined>()
  const close = (): void => setOpen(undefined)
  const columns: readonly Column<KeyJson>[] = [
    {
      name: 'Key',
      kind: 'title',
      cell: (key) => (
        <>
          <strong>{key.label === '' ? 'without a name' : key.label}</strong>{' '}
          <code title={key.keyHash}>{shortHex(key.keyHash)}</code>
        </>
      ),
    },
    {
      name: 'Left of its limit',
      kind: 'number',
      cell: (key) =>
        key.revokedAtMs === undefined ? (
          <Left deposit={readAmount(key.depositAtomic) ?? 0n} owed={readAmount(key.owedPicoUsd) ?? 0n} />
        ) : (
          '–'
        ),
    },
    { name: 'Spent', kind: 'number', cell: (key) => formatPicoUsd(readAmount(key.owedPicoUsd) ?? 0n) },
    { name: 'Today', kind: 'number', cell: (key) => formatPicoUsd(readAmount(key.spentTodayPicoUsd) ?? 0n) },
    { name: 'Created', kind: 'short', cell: (key) => formatDateTime(key.createdAtMs) },
    {
      name: 'State',
      cell: (key) =>
        key.revokedAtMs === undefined ? (
          <span className="actions actions-tight">
            <button type="button" className="button button-small" onClick={() => setOpen({ kind: 'topUp', key })}>
              Top up<span className="visually-hidden"> {key.label}</span>
            </button>
            <button
              type="button"
              className="button button-small button-danger"
              onClick={() => setOpen({ kind: 'revoke', key })}
            >
              Revoke<span className="visually-hidden"> {key.label}</span>
            </button>
          </span>
        ) : (
          <span className="revoked">revoked {formatDateTime(key.revokedAtMs)}</span>
        ),
    },
  ]
  return (
    <section className="panel" aria-labelledby="keys-title">
      <div className="section-head">
        <h2 id="keys-title">API keys</h2>
        <button type="button" className="button button-primary" onClick={() => setOpen({ kind: 'create' })}>
          Create a key
        </button>
      </div>
      {wallet.keys.length === 0 ? (
        <p className="empty">There is no key yet. Create one to use this network from a program.</p>
      ) : (
        <DataTable caption="API keys" columns={columns} rows={wallet.keys} rowKey={(key) => key.keyHash} />
      )}
      {open?.kind === 'create' ? <CreateKey wallet={wallet} act={act} onClose={close} /> : null}
      {open?.kind === 'revoke' ? <RevokeKey apiKey={open.key} act={revoke} onClose={close} /> : null}
      {open?.kind === 'topUp' ? <TopUpKey apiKey={open.key} wallet={wallet} act={act} onClose={close} /> : null}
    </section>
  )
}

function Left({ deposit, owed }: { readonly deposit: bigint; readonly owed: bigint }) {
  const spent = picoUsdToAtomic(owed)
  const left = deposit > spent ? deposit - spent : 0n
  const share = deposit === 0n ? 0 : Number((1000n * left) / deposit) / 1000
  return (
    <span className="meter-cell">
      {formatDollarAtomic(left)} of {formatDollarAtomic(deposit)}
      <meter min={0} max={1} low={0.1} value={share} aria-label="Left of the limit" />
    </span>
  )
}
