import type { Hex } from '@koinon/base'
import { useMemo } from 'react'
import { formatPicoUsd } from '../format/money.ts'
import { formatDateTime, formatDuration } from '../format/time.ts'
import { Facts } from '../ui/facts.tsx'
import { Fold } from '../ui/fold.tsx'
import { CheckCounts, CheckList } from './check-list.tsx'
import { checkReceipt } from './check-receipt.ts'
import { downloadJson } from './download.ts'
import { HopPath } from './hop-path.tsx'

/** A checked bundle: verdict, path, bytes, work, raw JSON. `bytesFrom` says who hashed which bytes. */
export function ReceiptReportView(props: {
  readonly bundle: unknown
  readonly expectedId?: string | undefined
  readonly requestHash?: Hex | undefined
  readonly responseHash?: Hex | undefined
  readonly bytesFrom?: string | undefined
  readonly chainId?: number | undefined
  readonly nameOf: (account: string) => string
}) {
  const { bundle, expectedId, requestHash, responseHash, bytesFrom, chainId, nameOf } = props
  const report = useMemo(
    () => checkReceipt({ bundle, expectedId, requestHash, responseHash, chainId }),
    [bundle, expectedId, requestHash, responseHash, chainId],
  )
  const own = report.bundle?.hops[0]
  const worker = report.bundle?.hops.at(-1)
  return (
    <>
      <section className="panel">
        <h2>Checked in this browser</h2>
        <CheckCounts checks={report.checks} />
        {report.bundle === undefined ? null : <HopPath bundle={report.bundle} nameOf={nameOf} />}
        <Fold summary="Check by check">
          <CheckList checks={report.checks} label="Checks in this browser" />
        </Fold>
      </section>
      {own === undefined || worker === undefined ? null : (
        <>
          <section className="panel">
            <h2>What was hashed</h2>
            <p className="hint">
              The receipt commits to the exact bytes in both directions.{' '}
              {bytesFrom === undefined
                ? 'The bytes are not at hand, so they could not be compared.'
                : `Hashed by ${bytesFrom}.`}
            </p>
            <Facts
              className="facts-wide"
              items={[
                ['Request, signed', <code key="signed">{own.receipt.requestHash}</code>],
                ['Request, hashed here', <HashHere key="here" hash={requestHash} signed={own.receipt.requestHash} />],
                ['Response, signed', <code key="signed">{own.receipt.responseHash}</code>],
                [
                  'Response, hashed here',
                  <HashHere key="here" hash={responseHash} signed={own.receipt.responseHash} />,
                ],
              ]}
            />
          </section>
          <section className="panel">
            <h2>What was done and owed</h2>
            <Facts
              items={[
                ['Model', String(worker.work['model'] ?? 'not stated')],
                ['Tokens', `${worker.work['promptTokens']} in, ${worker.work['outputTokens']} out`],
                ['Ended because', String(worker.work['finishReason'] ?? 'not stated')],
                ['This answer', formatPicoUsd(own.receipt.amountPicoUsd)],
                ['Owed on the channel after it', formatPicoUsd(own.receipt.cumulativePicoUsd)],
                ['Ended at', formatDateTime(own.receipt.endedAtMs)],
                ['First byte after', formatDuration(own.receipt.firstByteAtMs - own.receipt.receivedAtMs)],
                ['In all', formatDuration(own.receipt.endedAtMs - own.receipt.receivedAtMs)],
                ['Strongest evidence', rungWords[worker.receipt.rung] ?? `level L${worker.receipt.rung}`],
              ]}
            />
            <div className="actions">
              <button
                type="button"
                className="button"
                onClick={() => downloadJson(`koinon-receipt-${own.receipt.requestId.slice(2)}.json`, bundle)}
              >
                Download the raw JSON
              </button>
            </div>
          </section>
        </>
      )}
    </>
  )
}

const rungWords: readonly string[] = [
  'L0, signatures only',
  'L1, sampling check',
  'L2, bit-exact replay',
  'L3, TEE quote',
  'L4, zero-knowledge proof',
]

function HashHere({ hash, signed }: { readonly hash: Hex | undefined; readonly signed: Hex }) {
  if (hash === undefined) return <span>not at hand</span>
  return (
    <>
      <code>{hash}</code>{' '}
      <strong className={hash === signed ? 'text-pass' : 'text-fail'}>{hash === signed ? 'equal' : 'different'}</strong>
    </>
  )
}
