import type { AuditJson } from '@koinon/work/dashboard'
import { memo } from 'react'
import { ReceiptSlip } from '../receipts/receipt-slip.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { RichText } from './rich-text.tsx'
import { isRunning, type Turn } from './turn.ts'

/** A question, its answer, and the slip under it. */
export const TurnView = memo(function TurnView({
  turn,
  audits,
  onAgain,
}: {
  readonly turn: Turn
  readonly audits: readonly AuditJson[] | undefined
  readonly onAgain: () => void
}) {
  const running = isRunning(turn)
  return (
    <article className="turn">
      <h2 className="question">
        <span className="visually-hidden">You asked: </span>
        {turn.question}
      </h2>
      {turn.unsure ? (
        <div className="notice notice-unsure">
          <p className="notice-title">The model is unsure of this answer</p>
          <p>
            Its own probabilities were low while it wrote. The answer stands unchanged: take it as a guess, and look it
            up before you rely on it.
          </p>
        </div>
      ) : null}
      <div className="answer" aria-busy={running}>
        {turn.answer === '' && running ? (
          <p className="waiting">Waiting for the first word …</p>
        ) : (
          <RichText text={turn.answer} />
        )}
        {running && turn.answer !== '' ? <span className="caret" aria-hidden="true" /> : null}
      </div>
      {turn.finishReason === 'length' ? (
        <p className="hint">The answer ended at its length limit, not at its own end.</p>
      ) : null}
      {turn.state === 'stopped' ? (
        <p className="hint">You stopped this answer. You owe at most what had arrived with a receipt.</p>
      ) : null}
      {turn.error === undefined ? null : (
        <ErrorNotice error={turn.error}>
          <button type="button" className="button" onClick={onAgain}>
            Ask again
          </button>
        </ErrorNotice>
      )}
      {running ? null : <ReceiptSlip turn={turn} audits={audits} />}
    </article>
  )
})
