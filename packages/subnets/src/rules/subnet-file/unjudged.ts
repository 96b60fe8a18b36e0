/** What in the log of a subnet file rests on its validator's word alone: answers without a verdict (specs/0016-subnet-files.md section 7). */
import type { Address, Hex } from '@koinon/base'
import type { MinerEvidence, WorkEvidence } from '../evidence.ts'

/**
 * `withheld`: it says that the miner did not show it, or showed something else. `deadline`: judging it came to no end in time.
 * `unread`: it says that it did not come to it.
 */
export type AnswerState = 'judged' | 'withheld' | 'deadline' | 'unread'

/** How a validator says that an answer ended. */
export function answerState({ facts, checks }: Pick<WorkEvidence, 'facts' | 'checks'>): AnswerState {
  if (facts['task'] !== undefined) return facts['isFault'] === 2 ? 'deadline' : 'judged'
  return checks.some(({ state }) => state === 'fail') ? 'withheld' : 'unread'
}

export type UnjudgedAnswers = {
  readonly uid: number
  readonly hotkey: Address
  /** Answers that the miner committed to. */
  readonly committed: number
  readonly withheld: number
  readonly deadline: number
  readonly unread: number
  /** Their hashes; undefined where the log does not name them, because it has no list of the miner's. */
  readonly hashes: readonly Hex[] | undefined
  /** What the validator says of the first of them. */
  readonly reason: string
  /** All that it calls withheld did not come in time, by its words. */
  readonly isLate: boolean
}

/** Of every miner that has any, in the order of the log. `questions`: those of the epoch; who commits to more is refused by a rule. */
export function unjudgedAnswers(miners: readonly MinerEvidence[], questions: number): readonly UnjudgedAnswers[] {
  return miners.flatMap((miner) => {
    const { uid, hotkey, work, checks, committedCount: committed = 0 } = miner
    if (committed > questions) return []
    const open = work.filter((item) => answerState(item) !== 'judged')
    const missing = Math.max(0, committed - work.length)
    if (open.length + missing === 0) return []
    const counts = { withheld: 0, deadline: 0, unread: 0 }
    for (const item of open) counts[answerState(item) as keyof typeof counts]++
    counts[checks.some(({ state }) => state === 'fail') ? 'withheld' : 'unread'] += missing
    const said = [...(missing > 0 ? checks : []), ...open.flatMap((item) => item.checks)]
    const reason = said.find(({ state }) => state !== 'pass')?.detail ?? 'no reason given'
    const hashes = missing > 0 ? undefined : open.map(({ receiptHash }) => receiptHash)
    const failed = said.filter(({ state }) => state === 'fail')
    const isLate = failed.length > 0 && failed.every(({ detail }) => late.test(detail))
    return [{ uid, hotkey, committed, ...counts, hashes, reason, isLate }]
  })
}

/** `2 of 8 withheld, 1 of 8 not looked at ("no answer within 10000 ms")`. */
export function unjudgedWords({ committed, withheld, deadline, unread, reason }: UnjudgedAnswers): string {
  const counts = [
    [withheld, 'withheld'],
    [deadline, 'ended by a deadline'],
    [unread, 'not looked at'],
  ] as const
  const words = counts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} of ${committed} ${what}`]))
  return `${words.join(', ')} ("${reason.slice(0, longestReason)}")`
}

const longestReason = 120

/** As a validator that waits in vain writes it. */
const late = /^no answer within \d+ ms$|^its answers took longer than the \d+ ms /
