import type { EpochDetailJson, PayoutJson, SubnetJson } from '@koinon/work/dashboard'
import { useEffect, useRef } from 'react'
import { requestJson } from '../api/request.ts'
import { nameOf, useApp, useNetwork } from '../app-context.ts'
import { formatAlphaAtomic, worthSentence } from '../format/alpha.ts'
import { readAmount } from '../format/money.ts'
import { count, humanise } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { CheckCounts, CheckList } from '../receipts/check-list.tsx'
import { AlphaAmount } from '../ui/alpha-amount.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Facts } from '../ui/facts.tsx'
import { Fold } from '../ui/fold.tsx'
import { useResource } from '../use-resource.ts'
import { epochStateSentences } from './phases.ts'

/** Why the list of payouts is empty. */
function unpaidSentence(epoch: EpochDetailJson, subnet: Pick<SubnetJson, 'currentEpoch'>): string {
  if (epoch.epoch === 0) return 'Epoch 0 only starts the clock: nobody is judged or paid in it. Epoch 1 is the first.'
  if (epoch.state === 'pending')
    return 'The result is signed and waits for its delay. Its payouts come within the minute.'
  if (epoch.state === 'active') return 'The result is in force; its payouts are on their way.'
  if (epoch.state !== 'open') return `${humanise(epochStateSentences[epoch.state])}.`
  return epoch.epoch >= subnet.currentEpoch
    ? 'This epoch runs now: miners answer and keep receipts. It is judged during the next one and paid after that.'
    : 'This epoch is over and being judged. Its payouts come when validators have signed the result.'
}

/** Whose weights are open, and which of them another opened; nothing before the first are. */
function openedSentence({ weights }: EpochDetailJson): string | undefined {
  if (weights.length === 0) return undefined
  const byOthers = weights.filter(({ openedBy }) => openedBy !== undefined).length
  const whose = `of ${count(weights.length, 'validator')}`
  return byOthers === 0 ? whose : `${whose}; ${byOthers} opened by others, because the validator fell silent`
}

/** One epoch: who got how much, why, and the checks that the scores rest on. */
export function EpochDetail({
  netuid,
  epoch,
  subnet,
  refreshMs,
  isAskedFor = false,
}: {
  readonly netuid: number
  readonly epoch: number
  /** Reads it again so often, for an epoch whose payouts may not all be there; once without it. */
  readonly refreshMs?: number
  /** The address names this epoch: the page comes to stand on it once it is there. */
  readonly isAskedFor?: boolean
  readonly subnet: Pick<SubnetJson, 'currentEpoch' | 'totalStakeAtomic'> & {
    readonly priceWad?: string | undefined
  }
}) {
  const { door } = useApp()
  const view = useNetwork()
  const detail = useResource(
    `epoch ${netuid} ${epoch}`,
    () => requestJson<EpochDetailJson>(door, `/api/epochs/${netuid}/${epoch}`),
    refreshMs,
  )
  const heading = useRef<HTMLHeadingElement>(null)
  const isThere = detail.data !== undefined
  useEffect(() => {
    if (!isAskedFor || !isThere) return
    heading.current?.focus({ preventScroll: true })
    heading.current?.scrollIntoView({ block: 'start' })
  }, [isAskedFor, isThere])
  if (detail.error !== undefined && detail.data === undefined) {
    return (
      <ErrorNotice error={detail.error}>
        <button type="button" className="button" onClick={detail.reload}>
          Load again
        </button>
      </ErrorNotice>
    )
  }
  if (detail.data === undefined) return <p className="loading">Loading epoch {epoch} …</p>
  const { data } = detail
  const signed = readAmount(data.signedStakeAtomic)
  const total = readAmount(subnet.totalStakeAtomic)
  const columns: readonly Column<PayoutJson>[] = [
    {
      name: 'To',
      kind: 'title',
      cell: (payout) => <strong title={payout.account}>{nameOf(view, payout.account)}</strong>,
    },
    {
      name: 'Amount',
      kind: 'number',
      cell: (payout) => <AlphaAmount atomic={payout.amountAtomic} priceWad={subnet.priceWad} />,
    },
    {
      name: 'Paid in all',
      kind: 'number',
      cell: (payout) => formatAlphaAtomic(readAmount(payout.cumulativeAtomic) ?? 0n),
    },
    { name: 'Why', kind: 'sentence', cell: (payout) => payout.why },
  ]
  return (
    <section className="panel" aria-labelledby={`epoch-${epoch}`}>
      <h3 id={`epoch-${epoch}`} ref={heading} tabIndex={-1}>
        Epoch {epoch}: payouts and reasons
      </h3>
      <Facts
        items={[
          ['State', data.epoch === 0 ? 'only starts the clock' : epochStateSentences[data.state]],
          ['Started', formatDateTime(data.startsAtSeconds * 1000)],
          [
            'Paid',
            readAmount(data.paidAtomic) === 0n ? undefined : (
              <AlphaAmount key="paid" atomic={data.paidAtomic} priceWad={subnet.priceWad} />
            ),
          ],
          ['Weights', openedSentence(data)],
          [
            'Signed by',
            signed === undefined
              ? undefined
              : total === undefined || total === 0n
                ? `stake that weighs ${formatAlphaAtomic(signed)}`
                : `${formatAlphaAtomic(signed)} of ${formatAlphaAtomic(total)} of weight`,
          ],
          ['As of', `block ${data.asOfBlock.toLocaleString('en')}`],
        ]}
      />
      {data.payouts.length === 0 ? (
        <p className="empty">{unpaidSentence(data, subnet)}</p>
      ) : (
        <Fold summary={`One by one (${data.payouts.length})`}>
          <DataTable
            caption={`Payouts of epoch ${epoch}`}
            columns={columns}
            rows={data.payouts}
            rowKey={(payout) => `${payout.account} ${payout.cumulativeAtomic}`}
          />
        </Fold>
      )}
      {data.payouts.length === 0 || subnet.priceWad === undefined ? null : <p className="hint">{worthSentence}</p>}
      {data.checks.length === 0 ? null : (
        <details className="audits">
          <summary>
            {data.checks.length} audited answers behind the scores
            {data.checksLeftOut > 0 ? `; ${data.checksLeftOut} more stand in the validators' logs` : ''}
          </summary>
          <ul>
            {data.checks.map((audit) => (
              <li key={`${audit.validatorUid} ${audit.minerUid} ${audit.receiptId}`}>
                <h4>
                  Validator {audit.validatorUid} on miner {audit.minerUid}, receipt{' '}
                  <code className="long-code">{audit.receiptId}</code>
                </h4>
                <CheckCounts checks={audit.checks} />
                <CheckList
                  checks={audit.checks}
                  label={`Checks by validator ${audit.validatorUid} on miner ${audit.minerUid}`}
                />
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}
