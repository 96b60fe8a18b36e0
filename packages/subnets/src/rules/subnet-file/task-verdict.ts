/** What a validator finds of one answer, and how that stands in its evidence (specs/0016-subnet-files.md section 4). */
import { type Check, fail, notChecked, pass } from '@koinon/work'
import { boundedDetail, type MinerEvidence, type WorkEvidence } from '../evidence.ts'
import type { TaskAnswer } from './task-answer.ts'

/**
 * `malformed`: the answer or its schema; counts 0. `cheat`: the file's `verify` says so. `fault`: not the miner's word but the file's code
 * failed; `isDeadline` says that another machine may come to another end.
 */
export type TaskVerdict =
  | { readonly kind: 'scored'; readonly scorePpm: number; readonly reasons: readonly string[] }
  | { readonly kind: 'malformed'; readonly problem: string }
  | { readonly kind: 'cheat'; readonly reason: string }
  | { readonly kind: 'fault'; readonly problem: string; readonly isDeadline: boolean }

/** Evidence of one answer; its facts are `task`, and `scorePpm` or `isFault` (1 from the code, 2 from the deadline). */
export function taskEvidence({ answerHash, requestId }: TaskAnswer, task: number, verdict: TaskVerdict): WorkEvidence {
  const { checks, facts } = stateOf(verdict)
  const short = checks.map((check) => ({ ...check, detail: boundedDetail(check.detail) }))
  return { source: 'sample', requestId, receiptHash: answerHash, checks: short, facts: { task, ...facts } }
}

function stateOf(verdict: TaskVerdict): { readonly checks: readonly Check[]; readonly facts: Record<string, number> } {
  switch (verdict.kind) {
    case 'scored':
      return {
        checks: [pass('score', verdict.reasons.join(' ') || 'no reason given')],
        facts: { scorePpm: verdict.scorePpm },
      }
    case 'malformed':
      return { checks: [fail('answer', verdict.problem)], facts: { scorePpm: 0 } }
    case 'cheat':
      return { checks: [fail('verify', verdict.reason)], facts: { scorePpm: 0 } }
    case 'fault':
      return { checks: [notChecked('score', verdict.problem)], facts: { isFault: verdict.isDeadline ? 2 : 1 } }
  }
}

/**
 * Questions that count for nobody: those where the file's code failed on more than half of the answers. Where it failed on fewer, the
 * answer is the cause, and it counts as nothing: else answers that break the scorer would be a way out of hard questions.
 */
export function voidTasks(miners: readonly MinerEvidence[]): ReadonlySet<number> {
  const seen = new Map<number, { answers: number; faults: number }>()
  for (const { facts } of miners.flatMap(({ work }) => work)) {
    const task = facts['task']
    if (task === undefined) continue
    const counts = seen.get(task) ?? { answers: 0, faults: 0 }
    seen.set(task, counts)
    counts.answers++
    if (facts['isFault'] !== undefined) counts.faults++
  }
  return new Set([...seen].filter(([, { answers, faults }]) => faults * 2 > answers).map(([task]) => task))
}

/** One column a question that counts, in their order; 0 where there is no scored answer. */
export function scoreTable(
  miners: readonly MinerEvidence[],
  tasks: number,
): { readonly tasks: readonly number[]; readonly rows: readonly (readonly number[])[] } {
  const without = voidTasks(miners)
  const counted = Array.from({ length: tasks }, (_, task) => task).filter((task) => !without.has(task))
  const rows = miners.map(({ work }) => {
    const byTask = new Map(work.map(({ facts }) => [facts['task'], facts['scorePpm'] ?? 0]))
    return counted.map((task) => byTask.get(task) ?? 0)
  })
  return { tasks: counted, rows }
}
