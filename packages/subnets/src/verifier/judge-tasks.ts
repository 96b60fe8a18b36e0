/** From the answers of an epoch's miners to their evidence (specs/0016-subnet-files.md section 4). */
import { type Address, type Hex, sha256Hex } from '@koinon/base'
import { checkThat } from '@koinon/work'
import type { MinerEvidence, Seat, WorkEvidence } from '../rules/index.ts'
import { answerOf, readTaskAnswer } from '../rules/subnet-file/task-answer.ts'
import { scoreTable, type TaskVerdict, taskEvidence } from '../rules/subnet-file/task-verdict.ts'
import type { SubnetSandbox } from './sandbox/sandbox.ts'
import type { AdmittedAnswer } from './sandbox/sandbox-messages.ts'

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
}

/** A miner whose answers ran into the deadline so often is not waited for again in the epoch, or it could use up everybody's time. */
const mostDeadlines = 3

/** Evidence of every seat, in the order of the seats. Throws only when the sandbox is lost. */
export async function judgeTasks(
  sandbox: Pick<SubnetSandbox, 'judge' | 'aggregate' | 'description'>,
  epoch: EpochAnswers,
): Promise<readonly MinerEvidence[]> {
  const work = new Map<Address, WorkEvidence[]>(epoch.seats.map(({ hotkey }) => [hotkey, []]))
  const deadlines = new Map<Address, number>()
  for (const [task, taskText] of epoch.taskTexts.entries()) {
    for (const { hotkey, text, verdict } of await judgeTask(sandbox, epoch, task, taskText, deadlines)) {
      work.get(hotkey)?.push(taskEvidence(answerOf(text), task, verdict))
    }
  }
  const miners = epoch.seats.map(({ uid, hotkey }): MinerEvidence => {
    const own = work.get(hotkey) as WorkEvidence[]
    const count = epoch.answers.get(hotkey)?.size
    const list = count === undefined ? [] : [checkThat('list', true, `${count} answers were committed`)]
    return { uid, hotkey, committedCount: count, checks: list, work: own, probesAsked: 0, probesAnswered: 0 }
  })
  return sandbox.description.aggregate === 'function' ? withAggregates(sandbox, miners) : miners
}

type Judged = { readonly hotkey: Address; readonly text: string; readonly verdict: TaskVerdict }

async function judgeTask(
  sandbox: Pick<SubnetSandbox, 'judge'>,
  epoch: EpochAnswers,
  task: number,
  taskText: string,
  deadlines: Map<Address, number>,
): Promise<readonly Judged[]> {
  const place = { netuid: epoch.netuid, epoch: epoch.epoch, task, taskHash: sha256Hex(taskText) }
  const judged: Judged[] = []
  const admitted: (AdmittedAnswer & { readonly text: string })[] = []
  for (const { uid, hotkey } of epoch.seats) {
    const text = epoch.answers.get(hotkey)?.get(task)
    if (text === undefined) continue
    if ((deadlines.get(hotkey) ?? 0) >= mostDeadlines) {
      const problem = `${mostDeadlines} of its answers ran into the time limit before`
      judged.push({ hotkey, text, verdict: { kind: 'fault', problem, isDeadline: true } })
      continue
    }
    try {
      admitted.push({ uid, hotkey, text, responseText: readTaskAnswer(text, { ...place, hotkey }) })
    } catch (error) {
      judged.push({ hotkey, text, verdict: { kind: 'malformed', problem: (error as Error).message } })
    }
  }
  const answers = admitted.map(({ uid, hotkey, responseText }) => ({ uid, hotkey, responseText }))
  const verdicts = await sandbox.judge({
    epoch: epoch.epoch,
    beacon: epoch.closingBeacon,
    index: task,
    taskText,
    answers: answers.sort((a, b) => a.uid - b.uid),
    order: epoch.order ?? 'ascending',
  })
  const verdictOf = new Map(answers.map(({ hotkey }, index) => [hotkey, verdicts[index] as TaskVerdict]))
  for (const { hotkey, text } of admitted) {
    const verdict = verdictOf.get(hotkey) as TaskVerdict
    if (verdict.kind === 'fault' && verdict.isDeadline) deadlines.set(hotkey, (deadlines.get(hotkey) ?? 0) + 1)
    judged.push({ hotkey, text, verdict })
  }
  return judged
}

async function withAggregates(
  sandbox: Pick<SubnetSandbox, 'aggregate' | 'description'>,
  miners: readonly MinerEvidence[],
): Promise<readonly MinerEvidence[]> {
  const { tasks, rows } = scoreTable(miners, sandbox.description.tasks)
  const lists = rows.map((row) => row.map((scorePpm, column) => ({ task: tasks[column] as number, scorePpm })))
  const values = await sandbox.aggregate(lists)
  return miners.map((miner, index) => {
    const aggregatePpm = values[index]
    return { ...miner, facts: aggregatePpm === null || aggregatePpm === undefined ? {} : { aggregatePpm } }
  })
}
