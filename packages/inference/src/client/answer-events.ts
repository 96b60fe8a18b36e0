import type { AttemptResult } from './attempt.ts'
import type { AttemptContext, GatewayTask } from './attempt-context.ts'
import type { Candidate } from './provider-table.ts'

/** An answer has become final, or its client left. */
export function reportAnswer(
  { modules }: AttemptContext,
  task: GatewayTask,
  { link }: Candidate,
  attempts: number,
  result: AttemptResult,
): void {
  modules.onEvent?.({
    kind: 'answer',
    requestId: task.requestId,
    provider: link.account,
    model: result.work.model,
    outcome: task.gone.aborted ? 'aborted' : 'final',
    promptTokens: result.work.promptTokens,
    outputTokens: result.work.outputTokens,
    attempts,
    firstByteMs: result.firstByteAtMs - task.receivedAtMs,
    totalMs: result.endedAtMs - task.receivedAtMs,
  })
}

/** An answer broke off behind its first byte; nobody was charged. */
export function reportBroken(
  { modules }: AttemptContext,
  task: GatewayTask,
  { link, offer }: Candidate,
  attempts: number,
): void {
  const totalMs = modules.clock.nowMs() - task.receivedAtMs
  modules.onEvent?.({
    kind: 'answer',
    requestId: task.requestId,
    provider: link.account,
    model: offer.model,
    outcome: 'broken',
    promptTokens: 0,
    outputTokens: 0,
    attempts,
    firstByteMs: totalMs,
    totalMs,
  })
}
