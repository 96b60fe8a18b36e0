import { type ErrorJson, errorToJson } from '@koinon/base'
import type { Check } from '@koinon/work'
import { useState } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { count } from '../format/text.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { CheckCounts, CheckList } from './check-list.tsx'
import { isPaperCheck } from './check-words.ts'

/** A replay loads the model and computes the answer anew, which takes as long as the answer did, or longer on a busy machine. */
const replayTimeoutMs = 180_000

/** Where a replay by this node's verifier stands. */
export type Replay = {
  readonly isRunning: boolean
  readonly checks: readonly Check[] | undefined
  readonly error: ErrorJson | undefined
  readonly start: () => void
}

/** Asks this node's own verifier process to compute the answer again, bit by bit (level L2). */
export function useReplay(id: string | undefined): Replay {
  const { door, signIn } = useApp()
  const [state, setState] = useState<Omit<Replay, 'start'>>({ isRunning: false, checks: undefined, error: undefined })
  const start = (): void => {
    if (id === undefined || state.isRunning) return
    setState({ isRunning: true, checks: undefined, error: undefined })
    requestJson<{ checks: readonly Check[] }>(door, `/api/receipts/${id}/verdict?level=L2`, {
      apiKey: signIn.apiKey,
      timeoutMs: replayTimeoutMs,
    }).then(
      (verdict) => setState({ isRunning: false, checks: verdict.checks, error: undefined }),
      (error: unknown) => setState({ isRunning: false, checks: undefined, error: errorToJson(error) }),
    )
  }
  return { ...state, start }
}

/** The outcome of a replay, as it comes. */
export function ReplayOutcome({ replay }: { readonly replay: Replay }) {
  if (replay.isRunning) {
    return (
      <p className="hint" role="status">
        This node's verifier computes the answer again. That takes about as long as the answer did …
      </p>
    )
  }
  if (replay.error !== undefined) {
    return (
      <ErrorNotice error={replay.error}>
        <button type="button" className="button" onClick={replay.start}>
          Try the replay again
        </button>
      </ErrorNotice>
    )
  }
  if (replay.checks === undefined) return null
  const paper = replay.checks.filter((check) => isPaperCheck(check.name))
  const recomputed = replay.checks.filter((check) => !isPaperCheck(check.name))
  return (
    <section className="checks-block" aria-label="Replay by this node">
      <h3>Replayed by this node's verifier</h3>
      <CheckCounts checks={replay.checks} />
      <p className="hint">
        Level L2: all of level L0 once more, and a process of its own loaded the model, computed the answer again and
        compared every token with the signed ones.
      </p>
      <CheckList checks={recomputed} label="Checks of the replay" />
      {paper.length === 0 ? null : (
        <details open={paper.some((check) => check.state === 'fail')}>
          <summary>{count(paper.length, 'check')} of signatures, hashes and amounts, made once more</summary>
          <CheckList checks={paper} label="Checks of the receipt by this node" />
        </details>
      )}
    </section>
  )
}
