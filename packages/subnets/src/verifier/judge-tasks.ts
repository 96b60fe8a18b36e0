/** From the answers of an epoch's miners to their evidence (specs/0016-subnet-files.md section 4). */
import { type Address, type Hex, sha256Hex } from '@koinon/base'
import { checkThat } from '@koinon/work'
import type { MinerEvidence, Seat, WorkEvidence } from '../rules/index.ts'
import { aggregateFact, firstTasks } from '../rules/subnet-file/mechanisms.ts'
import { answerOf, readTaskAnswer } from '../rules/subnet-file/task-answer.ts'
import { scoreTable, type TaskVerdict, taskEvidence } from '../rules/subnet-file/task-verdict.ts'
import type { SubnetSandbox } from './sandbox/sandbox.ts'
import type { AdmittedAnswer, TimedVerdicts } from './sandbox/sandbox-messages.ts'

export type EpochAnswers = {
  readonly netuid: number
  readonly epoch: number
  /** Drawn after the answers were fixed. */
  readonly closingBeacon: Hex
  /** JSON of every question, in order. */
  readonly taskTexts: readonly string[]
  readonly seats: readonly Seat[]
  /** Texts of `taskAnswer` by hotkey and question. */
  readonly answers: ReadonlyMap<Address, ReadonlyMap<number, string>>
  /** Scores are the same in any order; ascending unless said. */
  readonly order?: 'ascending' | 'descending'
  /** Time for all answers, in equal shares for those who have any; no end unless said. */
  readonly timeMs?: number
}

/** A miner whose answers ran into the deadline so often is not waited for again in the epoch, or it could use up everybody's time. */
const mostDeadlines = 3

/** Evidence of every seat, in the order of the seats. Throws only when the sandbox is lost. */
export async function judgeTasks(
  sandbox: Pick<SubnetSandbox, 'judge' | 'aggregate' | 'description'>,
  epoch: EpochAnswers,
): Promise<readonly MinerEvidence[]> {
  const work = new Map<Address, WorkEvidence[]>(epoch.seats.map(({ hotkey }) => [hotkey, []]))
  const miners = [...epoch.answers.values()].filter(({ size }) => size > 0).length
  const shareMs = epoch.timeMs === undefined ? Number.POSITIVE_INFINITY : epoch.timeMs / Math.max(1, miners)
  const patience = new Patience(shareMs)
  for (const [task, taskText] of epoch.taskTexts.entries()) {
    for (const { hotkey, text, verdict } of await judgeTask(sandbox, epoch, task, taskText, patience)) {
      work.get(hotkey)?.push(taskEvidence(answerOf(text), task, verdict))
    }
  }
  const evidence = epoch.seats.map(({ uid, hotkey }): MinerEvidence => {
    const own = work.get(hotkey) as WorkEvidence[]
    const count = epoch.answers.get(hotkey)?.size
    const list = count === undefined ? [] : [checkThat('list', true, `${count} answers were committed`)]
    return { uid, hotkey, committedCount: count, checks: list, work: own, probesAsked: 0, probesAnswered: 0 }
  })
  return withAggregates(sandbox, evidence)
}

type Judged = { readonly hotkey: Address; readonly text: string; readonly verdict: TaskVerdict }

async function judgeTask(
  sandbox: Pick<SubnetSandbox, 'judge' | 'description'>,
  epoch: EpochAnswers,
  task: number,
  taskText: string,
  patience: Patience,
): Promise<readonly Judged[]> {
  const { answerBytes } = sandbox.description
  const place = { netuid: epoch.netuid, epoch: epoch.epoch, task, taskHash: sha256Hex(taskText) }
  const judged: Judged[] = []
  const admitted: (AdmittedAnswer & { readonly text: string })[] = []
  for (const { uid, hotkey } of epoch.seats) {
    const text = epoch.answers.get(hotkey)?.get(task)
    if (text === undefined) continue
    const problem = patience.endedFor(hotkey)
    if (problem !== undefined) {
      judged.push({ hotkey, text, verdict: { kind: 'fault', problem, isDeadline: true } })
      continue
    }
    try {
      admitted.push({ uid, hotkey, text, responseText: readTaskAnswer(text, { ...place, hotkey }, answerBytes) })
    } catch (error) {
      judged.push({ hotkey, text, verdict: { kind: 'malformed', problem: (error as Error).message } })
    }
  }
  const answers = admitted.map(({ uid, hotkey, responseText }) => {
    const budgetMs = patience.leftMs(hotkey)
    return { uid, hotkey, responseText, ...(Number.isFinite(budgetMs) ? { budgetMs } : {}) }
  })
  const verdicts = await sandbox.judge({
    epoch: epoch.epoch,
    beacon: epoch.closingBeacon,
    index: task,
    taskText,
    answers: answers.sort((a, b) => a.uid - b.uid),
    order: epoch.order ?? 'ascending',
  })
  const verdictOf = new Map(answers.map(({ hotkey }, index) => [hotkey, verdicts[index] as TimedVerdicts[number]]))
  for (const { hotkey, text } of admitted) {
    const { verdict, spentMs } = verdictOf.get(hotkey) as TimedVerdicts[number]
    patience.note(hotkey, spentMs, verdict.kind === 'fault' && verdict.isDeadline)
    judged.push({ hotkey, text, verdict })
  }
  return judged
}

/** What each miner's answers have cost so far. */
class Patience {
  readonly #shareMs: number
  readonly #used = new Map<Address, { readonly ms: number; readonly deadlines: number }>()

  constructor(shareMs: number) {
    this.#shareMs = shareMs
  }

  leftMs(hotkey: Address): number {
    return this.#shareMs - (this.#used.get(hotkey)?.ms ?? 0)
  }

  /** Why a miner's answers are not waited for any more. */
  endedFor(hotkey: Address): string | undefined {
    if ((this.#used.get(hotkey)?.deadlines ?? 0) >= mostDeadlines) {
      return `${mostDeadlines} of its answers ran into the time limit before`
    }
    if (this.leftMs(hotkey) >= 1) return undefined
    return `its answers took longer than the ${Math.floor(this.#shareMs)} ms that one miner may take in all`
  }

  note(hotkey: Address, spentMs: number, isDeadline: boolean): void {
    const { ms, deadlines } = this.#used.get(hotkey) ?? { ms: 0, deadlines: 0 }
    this.#used.set(hotkey, { ms: ms + spentMs, deadlines: deadlines + (isDeadline ? 1 : 0) })
  }
}

/** The evidence with what the file's own aggregates make of it, whatever stood there; with nothing where a file has none. */
export async function withAggregates(
  sandbox: Pick<SubnetSandbox, 'aggregate' | 'description'>,
  miners: readonly MinerEvidence[],
): Promise<readonly MinerEvidence[]> {
  const { description } = sandbox
  const mechanisms = description.mechanisms ?? [description]
  if (mechanisms.every(({ aggregate }) => aggregate !== 'function')) return miners.map(withoutFacts)
  const { tasks, rows } = scoreTable(miners, description.tasks)
  const lists = rows.map((row) => row.map((scorePpm, column) => ({ task: tasks[column] as number, scorePpm })))
  const facts: Record<string, number>[] = miners.map(() => ({}))
  for (const [index, first] of firstTasks(mechanisms).entries()) {
    const mechanism = mechanisms[index] as (typeof mechanisms)[number]
    if (mechanism.aggregate !== 'function') continue
    const own = lists.map((list) => list.filter(({ task }) => task >= first && task < first + mechanism.tasks))
    const values = await sandbox.aggregate(own, index)
    const name = description.mechanisms === undefined ? 'aggregatePpm' : aggregateFact(index)
    for (const [miner, value] of values.entries()) if (value !== null && facts[miner]) facts[miner][name] = value
  }
  return miners.map((miner, index) => ({ ...miner, facts: facts[index] as Record<string, number> }))
}

function withoutFacts({ facts: _facts, ...miner }: MinerEvidence): MinerEvidence {
  return miner
}
