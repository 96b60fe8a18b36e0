/** Makes of a subnet file the same `Subnet` that the validator's loop runs (specs/0016-subnet-files.md section 5). */
import type { Hex } from '@koinon/base'
import { checkThat } from '@koinon/work'
import { z } from 'zod'
import type { AggregatorName } from '../aggregators/index.ts'
import { defineReceiptSubnet, type Subnet } from '../define-subnet.ts'
import type { MinerEvidence, MinerScore, WorkEvidence } from '../evidence.ts'
import { type ScoreAggregate, scoreAggregateOf } from './score-aggregate.ts'
import { answerOf, isLongerThan, isWholeText } from './task-answer.ts'
import { scoreTable } from './task-verdict.ts'
import type { WeightPolicy } from './weight-policy.ts'

/** What can be said of a subnet file without running its functions; JSON. */
export type SubnetDescription = {
  readonly name: string
  readonly version: number
  readonly tasks: number
  readonly scoreTimeoutMs: number
  /** Most bytes of an answer's text. */
  readonly answerBytes: number
  readonly aggregate: ScoreAggregate | 'function'
  readonly weights: WeightPolicy
  readonly aggregator: AggregatorName
  readonly hasServe: boolean
}

/** The aggregator of files that name none. */
export const defaultAggregator: AggregatorName = 'yuma3'

/** An answer as its miner hands it out. */
export type AnswerEvidence = { readonly text: string }

/** Takes the texts of answers that were shown as committed, for judging them. */
export type AnswerPort = { keep(answerHash: Hex, text: string): void }

/** The subnet of a description. Its scores follow from the facts that judging the answers left in the evidence. */
export function taskSubnet(description: SubnetDescription): Subnet<unknown, AnswerEvidence, AnswerPort | undefined> {
  const { name, version, tasks, scoreTimeoutMs, answerBytes, weights, aggregator } = description
  const aggregate = scoreAggregateOf(description.aggregate === 'function' ? 'mean' : description.aggregate)
  const text = description.aggregate === 'function' ? 'function' : aggregate.text
  const tableOf = createTables(tasks, aggregate.aggregate)
  return defineReceiptSubnet<unknown, AnswerEvidence, AnswerPort | undefined>({
    name,
    version,
    parameters: { kind: 'tasks', tasks, scoreTimeoutMs, answerBytes, aggregate: text },
    task: z.unknown(),
    maximumWork: tasks,
    response: evidenceOf(answerBytes),
    sample: (random, { committedCount }) => random.sample(committedCount, tasks),
    async verify({ text: answer }, { receiptHash }, port) {
      const isSame = answerOf(answer).answerHash === receiptHash
      if (isSame) port?.keep(receiptHash, answer)
      return { checks: [checkThat('receipt', isSame, 'the answer is the one that was committed')], facts: {} }
    },
    score: (miner, { peers }) => scoreMiner(miner, tableOf(peers)),
    combine: aggregate.combine,
    aggregate: aggregator,
    weights,
  })
}

function evidenceOf(answerBytes: number): z.ZodType<AnswerEvidence> {
  const text = z.string().refine(isWholeText, 'is no Unicode text')
  return z.object({ text: text.refine((own) => !isLongerThan(own, answerBytes), `has more than ${answerBytes} bytes`) })
}

type Aggregate = ReturnType<typeof scoreAggregateOf>['aggregate']
type Table = { readonly tasks: readonly number[]; readonly scoreOf: ReadonlyMap<number, number> }

/** One table an epoch, not one a miner. */
function createTables(taskCount: number, aggregate: Aggregate): (peers: readonly MinerEvidence[]) => Table {
  const tables = new WeakMap<readonly MinerEvidence[], Table>()
  return (peers) => {
    const known = tables.get(peers)
    if (known !== undefined) return known
    const { tasks, rows } = scoreTable(peers, taskCount)
    const scores = aggregate(rows)
    const table = { tasks, scoreOf: new Map(peers.map(({ uid }, index) => [uid, scores[index] ?? 0])) }
    tables.set(peers, table)
    return table
  }
}

function scoreMiner(miner: MinerEvidence, { tasks, scoreOf }: Table): MinerScore {
  const cheat = [...miner.checks, ...miner.work.flatMap(({ checks }) => checks)].find(
    ({ name, state }) => state === 'fail' && name !== 'answer',
  )
  if (cheat !== undefined) {
    return {
      scorePpm: 0,
      reasons: [`Nothing for this epoch: the check "${cheat.name}" failed (${short(cheat.detail)}).`],
    }
  }
  if (tasks.length === 0) return { scorePpm: 0, reasons: ['No question of this epoch could be scored for anybody.'] }
  if (miner.work.length === 0) return { scorePpm: 0, reasons: ['It answered nothing.'] }
  const own = miner.facts
  const scorePpm = own === undefined ? (scoreOf.get(miner.uid) ?? 0) : (own['aggregatePpm'] ?? 0)
  const answered = miner.work.filter(({ facts }) => tasks.includes(facts['task'] ?? -1))
  return {
    scorePpm,
    reasons: [
      `${answered.length} of ${tasks.length} questions answered${faultsOf(miner.work)}.`,
      ...(own !== undefined && own['aggregatePpm'] === undefined ? ["The file's aggregate failed on its scores."] : []),
      ...extremes(answered),
    ],
  }
}

function faultsOf(work: readonly WorkEvidence[]): string {
  const faults = work.filter(({ facts }) => facts['isFault'] !== undefined)
  if (faults.length === 0) return ''
  return `; the scorer failed on ${faults.length} (${short(faults[0]?.checks[0]?.detail ?? '')})`
}

/** The lowest and the highest question with what was said of them. */
function extremes(work: readonly WorkEvidence[]): readonly string[] {
  const sorted = work
    .filter(({ facts }) => facts['scorePpm'] !== undefined)
    .sort((a, b) => (a.facts['scorePpm'] as number) - (b.facts['scorePpm'] as number))
  const [low, high] = [sorted[0], sorted.at(-1)]
  if (low === undefined || high === undefined) return []
  return low === high
    ? [sentence('Question', low)]
    : [sentence('Lowest: question', low), sentence('Highest: question', high)]
}

function sentence(what: string, { facts, checks }: WorkEvidence): string {
  return `${what} ${facts['task']}, ${facts['scorePpm']} millionths: ${short(checks[0]?.detail ?? '')}`
}

/** A log's reasons are bounded, whatever a file or an answer says. */
function short(detail: string): string {
  return detail.slice(0, 300)
}
