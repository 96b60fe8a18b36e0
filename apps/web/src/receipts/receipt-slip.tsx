import type { AuditJson } from '@koinon/work/dashboard'
import { useMemo, useState } from 'react'
import { nameOf, nameOfUid, useApp, useNetwork } from '../app-context.ts'
import type { Turn } from '../chat/turn.ts'
import { formatPicoUsd } from '../format/money.ts'
import { count, shortHex } from '../format/text.ts'
import { formatDuration } from '../format/time.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Facts } from '../ui/facts.tsx'
import { auditSentence, whyUnaudited } from './audit-words.ts'
import { summariseBundle } from './bundle-summary.ts'
import { CheckCounts, CheckList } from './check-list.tsx'
import { ReplayOutcome, useReplay } from './replay.tsx'
import { useReceiptCheck } from './use-receipt-check.ts'

/** The slip under an answer: who, how fast, how much, how checked, and the two ways to check it again. */
export function ReceiptSlip(props: { readonly turn: Turn; readonly audits: readonly AuditJson[] | undefined }) {
  const { turn, audits } = props
  const { shelf, signIn } = useApp()
  const view = useNetwork()
  const [isOpen, setIsOpen] = useState(false)
  const replay = useReplay(turn.receiptId)
  const receipt = turn.receipt ?? (turn.receiptId === undefined ? undefined : shelf.find(turn.receiptId))
  const summary = useMemo(() => summariseBundle(receipt?.bundle), [receipt])
  const chainId = view.network?.chainId ?? signIn.local?.chainId
  const own = useReceiptCheck(receipt === undefined ? undefined : turn.key, {
    bundle: receipt?.bundle,
    expectedId: turn.receiptId,
    requestHash: receipt?.requestHash,
    responseHash: receipt?.responseHash,
    chainId,
  })
  if (turn.firstByteMs === undefined) return null
  const promptTokens = summary?.promptTokens ?? turn.promptTokens
  const outputTokens = summary?.outputTokens ?? turn.outputTokens
  return (
    <section className="slip" aria-label="Receipt of this answer">
      <Facts
        className="slip-facts"
        items={[
          [
            'Answered by',
            summary === undefined ? (
              'not stated'
            ) : (
              <span title={summary.provider}>{nameOf(view, summary.provider)}</span>
            ),
          ],
          ['First byte', formatDuration(turn.firstByteMs)],
          ['In all', turn.totalMs === undefined ? undefined : formatDuration(turn.totalMs)],
          [
            'Tokens',
            promptTokens === undefined || outputTokens === undefined
              ? 'not stated'
              : `${promptTokens} in, ${outputTokens} out`,
          ],
          [
            'Cost',
            summary === undefined ? 'no receipt, nothing owed yet' : formatPicoUsd(BigInt(summary.amountPicoUsd)),
          ],
        ]}
      />
      {receipt === undefined ? (
        <p className="hint">
          No receipt came with this answer, so there is nothing to check
          {turn.state === 'stopped' ? ': it was stopped before its end' : ''}.
        </p>
      ) : (
        <>
          <dl className="slip-verdict">
            <div>
              <dt>This browser checked</dt>
              <dd>
                <div role="status">
                  {own.checks === undefined ? (
                    <p className="hint">Checking signatures, hashes and price …</p>
                  ) : (
                    <>
                      <CheckCounts checks={own.checks} />
                      <p className="hint">
                        Level L0. Signatures, the hashes of question and answer, the price. What stands on the ledger
                        was not looked up.
                      </p>
                    </>
                  )}
                </div>
              </dd>
            </div>
            <div>
              <dt>Validators checked</dt>
              <dd>
                {auditSentence(audits, (uid) => nameOfUid(view, uid)) ??
                  unauditedWords[whyUnaudited(turn.askedAtMs, view.network?.subnets[0])]}
              </dd>
            </div>
          </dl>
          {own.error === undefined ? null : <ErrorNotice error={own.error} />}
          <div className="actions">
            <button
              type="button"
              className="button"
              aria-expanded={isOpen}
              onClick={() => {
                own.check()
                setIsOpen(!isOpen)
              }}
            >
              {isOpen ? 'Close the list of checks' : 'Check this receipt yourself'}
            </button>
            <button type="button" className="button" onClick={replay.start} disabled={replay.isRunning}>
              {replay.isRunning ? 'Replaying …' : 'Replay the answer here'}
            </button>
            <a className="slip-link" href={`#/receipts/${turn.receiptId ?? summary?.id ?? ''}`}>
              Receipt {shortHex(turn.receiptId ?? summary?.id ?? '')}
            </a>
          </div>
          {isOpen && own.checks !== undefined ? (
            <section className="checks-block">
              <h3>Checked in this browser</h3>
              <p className="hint">
                {count(own.checks.length, 'check')} of the signed receipt against the bytes that this page sent and
                received. Nobody else was asked.
              </p>
              <CheckList checks={own.checks} label="Checks in this browser" />
            </section>
          ) : null}
          <ReplayOutcome replay={replay} />
        </>
      )}
    </section>
  )
}

const unauditedWords = {
  tooEarly: 'Nothing yet. After each epoch they audit a random sample of its receipts.',
  notDrawn: 'Not this one: the random sample of its epoch held other receipts.',
} as const
