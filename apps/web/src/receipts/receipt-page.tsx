import { useMemo } from 'react'
import { requestJson } from '../api/request.ts'
import { nameOf, useApp, useKeptReceipts, useNetwork } from '../app-context.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { useResource } from '../use-resource.ts'
import { type EvidenceJson, hashEvidence } from './evidence.ts'
import { ReceiptReportView } from './receipt-report-view.tsx'
import { ReplayOutcome, useReplay } from './replay.tsx'

/** One receipt: its path, its bytes, its checks. */
export function ReceiptPage({ id }: { readonly id: string }) {
  const { door, signIn } = useApp()
  const view = useNetwork()
  const kept = useKeptReceipts().find((receipt) => receipt.id === id)
  const replay = useReplay(id)
  const needsBundle = kept === undefined && signIn.apiKey !== undefined
  const fetched = useResource(needsBundle ? `bundle ${id}` : undefined, () =>
    requestJson<unknown>(door, `/v1/receipts/${id}`, { apiKey: signIn.apiKey }),
  )
  const needsEvidence = kept?.responseHash === undefined && signIn.apiKey !== undefined
  const evidence = useResource(needsEvidence ? `evidence ${id}` : undefined, async () =>
    hashEvidence(await requestJson<EvidenceJson>(door, `/v1/receipts/${id}/evidence`, { apiKey: signIn.apiKey })),
  )
  const bundle = kept?.bundle ?? fetched.data
  const bytes = useMemo(
    () =>
      kept?.responseHash !== undefined
        ? {
            requestHash: kept.requestHash,
            responseHash: kept.responseHash,
            from: 'this browser, from the bytes it sent and received',
          }
        : evidence.data === undefined
          ? undefined
          : { ...evidence.data, from: 'this browser, from the bytes that the provider kept as evidence' },
    [kept, evidence.data],
  )
  return (
    <div className="stack">
      <header className="page-head">
        <p>
          <a href="#/receipts">← All receipts</a>
        </p>
        <h1>
          Receipt <code className="long-code">{id}</code>
        </h1>
      </header>
      {bundle === undefined && fetched.isLoading ? <p className="loading">Loading the receipt …</p> : null}
      {bundle === undefined && signIn.apiKey === undefined && !signIn.isLoading ? (
        <p className="empty">
          This receipt is not kept in this browser. Sign in on the chat page with the key that paid for it.
        </p>
      ) : null}
      {fetched.error === undefined || bundle !== undefined ? null : (
        <ErrorNotice error={fetched.error}>
          <button type="button" className="button" onClick={fetched.reload}>
            Load again
          </button>
        </ErrorNotice>
      )}
      {bundle === undefined || (needsEvidence && evidence.isLoading) ? null : (
        <>
          <ReceiptReportView
            bundle={bundle}
            expectedId={id}
            requestHash={bytes?.requestHash}
            responseHash={bytes?.responseHash}
            bytesFrom={bytes?.from}
            chainId={view.network?.chainId}
            nameOf={(account) => nameOf(view, account)}
          />
          <section className="panel">
            <h2>Replay</h2>
            <p>
              A replay computes the answer again on this machine and compares every token (level L2). It needs the model
              file and a machine of the same determinism class.
            </p>
            <div className="actions">
              <button
                type="button"
                className="button"
                onClick={replay.start}
                disabled={replay.isRunning || signIn.apiKey === undefined}
              >
                {replay.isRunning ? 'Replaying …' : 'Replay the answer here'}
              </button>
            </div>
            <ReplayOutcome replay={replay} />
          </section>
        </>
      )}
    </div>
  )
}
