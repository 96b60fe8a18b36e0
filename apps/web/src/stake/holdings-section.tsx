import type { AmountJson, LeavingJson, PoolJson, PositionJson, StakeJson } from '@koinon/work/dashboard'
import { useState } from 'react'
import { nameOf, useNetwork } from '../app-context.ts'
import { worthSentence } from '../format/alpha.ts'
import { formatTokenAtomic, readAmount } from '../format/money.ts'
import { formatDateTime } from '../format/time.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { useAction } from '../wallet/use-action.ts'
import type { StakeMove } from './stake-move.ts'
import { Unstake } from './unstake.tsx'
import { formatAlpha, rootNetuid, totalWorth, worthOf } from './worth.ts'

type Open =
  | { readonly kind: 'unstake'; readonly position: PositionJson }
  | { readonly kind: 'redeem'; readonly free: AmountJson }

/** What the account holds, by what can be done with it. */
export function HoldingsSection(props: {
  readonly stake: StakeJson
  readonly pools: readonly PoolJson[]
  readonly isStale: boolean
  readonly move: StakeMove
}) {
  const { stake, pools, isStale, move } = props
  const [open, setOpen] = useState<Open | undefined>()
  const action = useAction()
  const close = (): void => setOpen(undefined)
  const isDissolved = (netuid: number): boolean =>
    pools.some((pool) => pool.netuid === netuid && 'potAtomic' in pool && netuid !== rootNetuid)
  const worth: Column<AmountJson> = {
    name: 'Worth about',
    kind: 'number',
    cell: ({ netuid, amountAtomic }) => {
      const koin = worthOf(pools, netuid, readAmount(amountAtomic) ?? 0n)
      return koin === undefined ? '–' : formatTokenAtomic(koin)
    },
  }
  const amount: Column<AmountJson> = {
    name: 'Amount',
    kind: 'title',
    cell: (row) => <strong>{formatAlpha(row.netuid, readAmount(row.amountAtomic) ?? 0n)}</strong>,
  }
  const run = (work: () => Promise<unknown>) => (): void => action.run(async () => void (await work()))
  const isSomethingFree = stake.leaving.some(({ freeAtSeconds }) => freeAtSeconds <= stake.nowSeconds)
  const isEmpty = [stake.free, stake.staked, stake.leaving, stake.rootDividends].every((list) => list.length === 0)
  return (
    <section className="panel" aria-labelledby="holdings-title">
      <h2 id="holdings-title">What you hold</h2>
      <dl className="balances">
        <div>
          <dt>KOIN, to spend or stake</dt>
          <dd>{formatTokenAtomic(readAmount(stake.koinAtomic) ?? 0n)}</dd>
        </div>
        <div>
          <dt>Alpha and stake, worth about</dt>
          <dd>{formatTokenAtomic(totalWorth(stake, pools))}</dd>
        </div>
      </dl>
      {isEmpty ? (
        <p className="empty">You hold no alpha and have staked nothing yet.</p>
      ) : (
        <p className="hint">
          {isStale ? 'Stale. ' : ''}
          {worthSentence}
        </p>
      )}
      {action.error === undefined ? null : <ErrorNotice error={action.error} />}
      <Part title="Free alpha" rows={stake.free}>
        <DataTable
          caption="Free alpha"
          columns={[
            amount,
            worth,
            {
              name: 'What now',
              cell: (row) =>
                isDissolved(row.netuid) ? (
                  <button
                    type="button"
                    className="button button-small"
                    onClick={() => setOpen({ kind: 'redeem', free: row })}
                  >
                    Redeem
                    <span className="visually-hidden"> alpha of subnet {row.netuid}</span>
                  </button>
                ) : (
                  'sell or stake it, below'
                ),
            },
          ]}
          rows={stake.free}
          rowKey={(row) => String(row.netuid)}
        />
      </Part>
      <Part title="Staked" rows={stake.staked}>
        <DataTable
          caption="Staked"
          columns={[
            amount as Column<PositionJson>,
            { name: 'On', cell: (row) => <Hotkey hotkey={row.hotkey} /> },
            worth as Column<PositionJson>,
            { name: 'Leaves', cell: (row) => (row.isBound ? 'slowly: it backs a validator' : 'at once') },
            {
              name: 'Take back',
              cell: (row) => (
                <button
                  type="button"
                  className="button button-small"
                  onClick={() => setOpen({ kind: 'unstake', position: row })}
                >
                  Unstake
                  <span className="visually-hidden">
                    {' '}
                    {row.netuid === rootNetuid ? 'from the root' : `alpha of subnet ${row.netuid}`}
                  </span>
                </button>
              ),
            },
          ]}
          rows={stake.staked}
          rowKey={(row) => `${row.netuid} ${row.hotkey}`}
        />
      </Part>
      <Part title="Unstaked, on its way" rows={stake.leaving}>
        <DataTable
          caption="Unstaked, on its way"
          columns={[
            amount as Column<LeavingJson>,
            { name: 'From', cell: (row) => <Hotkey hotkey={row.hotkey} /> },
            worth as Column<LeavingJson>,
            {
              name: 'Free',
              kind: 'short',
              cell: (row) => (row.freeAtSeconds <= stake.nowSeconds ? 'now' : formatDateTime(row.freeAtSeconds * 1000)),
            },
          ]}
          rows={stake.leaving}
          rowKey={(row) => `${row.netuid} ${row.hotkey} ${row.freeAtSeconds} ${row.amountAtomic}`}
        />
        <p className="actions">
          <button
            type="button"
            className="button"
            disabled={!isSomethingFree || action.isBusy}
            onClick={run(() => move({ action: 'withdraw' }))}
          >
            {isSomethingFree ? 'Withdraw what is free' : 'Nothing is free yet'}
          </button>
          <span className="hint">Until it is withdrawn, a slash of the validator still reaches it.</span>
        </p>
      </Part>
      <Part title="Root dividends" rows={stake.rootDividends}>
        <DataTable
          caption="Root dividends to claim"
          columns={[
            amount as Column<StakeJson['rootDividends'][number]>,
            { name: 'From', cell: (row) => <Hotkey hotkey={row.hotkey} /> },
            worth as Column<StakeJson['rootDividends'][number]>,
            {
              name: 'Claim',
              cell: ({ netuid, hotkey }) => (
                <button
                  type="button"
                  className="button button-small"
                  disabled={action.isBusy}
                  onClick={run(() => move({ action: 'claimRoot', netuid, hotkey }))}
                >
                  Claim<span className="visually-hidden"> alpha of subnet {netuid}</span>
                </button>
              ),
            },
          ]}
          rows={stake.rootDividends}
          rowKey={(row) => `${row.netuid} ${row.hotkey}`}
        />
      </Part>
      {open?.kind === 'unstake' ? <Unstake position={open.position} move={move} onClose={close} /> : null}
      {open?.kind === 'redeem' ? <Redeem free={open.free} pools={pools} move={move} onClose={close} /> : null}
    </section>
  )
}

function Part(props: {
  readonly title: string
  readonly rows: readonly unknown[]
  readonly children: React.ReactNode
}) {
  if (props.rows.length === 0) return null
  return (
    <>
      <h3 className="part-title">{props.title}</h3>
      {props.children}
    </>
  )
}

function Hotkey({ hotkey }: { readonly hotkey: string }) {
  const view = useNetwork()
  return <span title={hotkey}>{nameOf(view, hotkey)}</span>
}

function Redeem(props: {
  readonly free: AmountJson
  readonly pools: readonly PoolJson[]
  readonly move: StakeMove
  readonly onClose: () => void
}) {
  const { free, pools, move, onClose } = props
  const { netuid, amountAtomic } = free
  const amount = readAmount(amountAtomic) ?? 0n
  return (
    <ConfirmDialog
      title="Redeem this alpha?"
      yes="Redeem"
      onClose={onClose}
      onYes={() => move({ action: 'redeem', netuid, amountAtomic })}
    >
      <p>
        Subnet {netuid} is dissolved. Its alpha is not traded any more: <strong>{formatAlpha(netuid, amount)}</strong>{' '}
        is given up for its part of what the pool held, {formatTokenAtomic(worthOf(pools, netuid, amount) ?? 0n)}.
      </p>
    </ConfirmDialog>
  )
}
