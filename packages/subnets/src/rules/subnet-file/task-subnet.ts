/** Makes of a subnet file the same `Subnet` that the validator's loop runs (specs/0016-subnet-files.md section 5). */
import type { Hex } from '@koinon/base'
import { type Check, checkThat } from '@koinon/work'
import { z } from 'zod'
import type { AggregatorName } from '../aggregators/index.ts'
import type { MechanismPart, MinerEvidence, MinerScore, WorkEvidence } from '../evidence.ts'
import { type Subnet, subnetFromDefinition } from '../subnet-definition.ts'
import { aggregateFact, firstTasks, type MechanismDescription, mechanismParts } from './mechanisms.ts'
import { type ScoreAggregate, scoreAggregateOf } from './score-aggregate.ts'
import { answerOf, isLongerThan, isWholeText } from './task-answer.ts'
import { scoreTable } from './task-verdict.ts'
import { type WeightPolicy, weightPolicyOf } from './weight-policy.ts'

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
  /** Of a file with several; `tasks` is then the sum of theirs, and `aggregate` and `weights` are theirs, too. */
  readonly mechanisms?: readonly MechanismDescription[]
}

/** An answer as its miner hands it out. */
export type AnswerEvidence = { readonly text: string }

/** Takes the texts of answers that were shown as committed, for judging them. */
export type AnswerPort = { keep(answerHash: Hex, text: string): void }

/** The subnet of a description. Its scores follow from the facts that judging the answers left in the evidence. */
export function taskSubnet(description: SubnetDescription): Subnet<unknown, AnswerEvidence, AnswerPort | undefined> {
  const { name, version, tasks, scoreTimeoutMs, answerBytes, weights, aggregator } = description
  const { mechanisms } = description
  const aggregate = scoreAggregateOf(description.aggregate === 'function' ? 'mean' : description.aggregate)
  const tableOf = onceAnEpoch((peers) =>
    mechanisms === undefined
      ? tableOfScores(peers, tasks, aggregate.aggregate)
      : tableOfParts(peers, tasks, mechanisms),
  )
  return subnetFromDefinition<unknown, AnswerEvidence, AnswerPort | undefined>({
    name,
    version,
    parameters: {
      kind: 'tasks',
      tasks,
      scoreTimeoutMs,
      answerBytes,
      ...(mechanisms === undefined
        ? { aggregate: aggregateText(description.aggregate) }
        : { mechanisms: mechanismsText(mechanisms) }),
    },
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
    aggregatorName: aggregator,
    weights,
  })
}

function evidenceOf(answerBytes: number): z.ZodType<AnswerEvidence> {
  const text = z.string().refine(isWholeText, 'is no Unicode text')
  return z.object({ text: text.refine((own) => !isLongerThan(own, answerBytes), `has more than ${answerBytes} bytes`) })
}

function aggregateText(aggregate: ScoreAggregate | 'function'): string {
  return aggregate === 'function' ? 'function' : scoreAggregateOf(aggregate).text
}

/** As the spec hash has them. */
function mechanismsText(mechanisms: readonly MechanismDescription[]): string {
  return JSON.stringify(
    mechanisms.map(({ name, shareBps, tasks, aggregate, weights }) => [
      name,
      shareBps,
      tasks,
      aggregateText(aggregate),
      weightPolicyOf(weights).text,
    ]),
  )
}

type Aggregate = ReturnType<typeof scoreAggregateOf>['aggregate']
type Table = {
  readonly tasks: readonly number[]
  readonly scoreOf: ReadonlyMap<number, number>
  readonly partsOf?: ReadonlyMap<number, readonly MechanismPart[]>
}

/** One table an epoch, not one a miner. */
function onceAnEpoch(make: (peers: readonly MinerEvidence[]) => Table): (peers: readonly MinerEvidence[]) => Table {
  const tables = new WeakMap<readonly MinerEvidence[], Table>()
  return (peers) => {
    const known = tables.get(peers)
    if (known !== undefined) return known
    const table = make(peers)
    tables.set(peers, table)
    return table
  }
}

function tableOfScores(peers: readonly MinerEvidence[], taskCount: number, aggregate: Aggregate): Table {
  const { tasks, rows } = scoreTable(peers, taskCount)
  const scores = aggregate(rows)
  return { tasks, scoreOf: new Map(peers.map(({ uid }, index) => [uid, scores[index] ?? 0])) }
}

/** Each mechanism scores for itself; what is left of a miner's score is the sum of its parts. */
function tableOfParts(
  peers: readonly MinerEvidence[],
  taskCount: number,
  mechanisms: readonly MechanismDescription[],
): Table {
  const { tasks, rows } = scoreTable(peers, taskCount)
  const parts = new Map(peers.map(({ uid }) => [uid, [] as MechanismPart[]]))
  for (const [index, first] of firstTasks(mechanisms).entries()) {
    const mechanism = mechanisms[index] as MechanismDescription
    const { name, aggregate } = mechanism
    const isOwn = tasks.map((task) => task >= first && task < first + mechanism.tasks)
    const own = rows.map((row) => row.filter((_, column) => isOwn[column]))
    const found = aggregate === 'function' ? [] : scoreAggregateOf(aggregate).aggregate(own)
    const scores = peers.map((miner, at) => {
      const isNothing = own[at]?.length === 0 || cheatOf(miner) !== undefined
      const scorePpm = aggregate === 'function' ? miner.facts?.[aggregateFact(index)] : found[at]
      return { uid: miner.uid, scorePpm: isNothing ? 0 : (scorePpm ?? 0) }
    })
    const partOf = mechanismParts(mechanism, scores)
    for (const { uid, scorePpm } of scores) {
      parts.get(uid)?.push({ mechanism: name, scorePpm, partPpm: partOf.get(uid) ?? 0 })
    }
  }
  const sumOf = (own: readonly MechanismPart[]): number => own.reduce((sum, { partPpm }) => sum + partPpm, 0)
  return { tasks, scoreOf: new Map([...parts].map(([uid, own]) => [uid, sumOf(own)])), partsOf: parts }
}

/** The check that costs a miner the epoch. */
function cheatOf(miner: MinerEvidence): Check | undefined {
  const checks = [...miner.checks, ...miner.work.flatMap((item) => item.checks)]
  return checks.find(({ name, state }) => state === 'fail' && name !== 'answer')
}

function scoreMiner(miner: MinerEvidence, table: Table): MinerScore {
  const parts = table.partsOf?.get(miner.uid)
  return { ...scoreAndReasons(miner, table, parts ?? []), ...(parts === undefined ? {} : { parts }) }
}

function scoreAndReasons(
  miner: MinerEvidence,
  { tasks, scoreOf, partsOf }: Table,
  parts: readonly MechanismPart[],
): MinerScore {
  const cheat = cheatOf(miner)
  if (cheat !== undefined) {
    return {
      scorePpm: 0,
      reasons: [`Nothing for this epoch: the check "${cheat.name}" failed (${short(cheat.detail)}).`],
    }
  }
  if (tasks.length === 0) return { scorePpm: 0, reasons: ['No question of this epoch could be scored for anybody.'] }
  if (miner.work.length === 0) return { scorePpm: 0, reasons: ['It answered nothing.'] }
  const own = partsOf === undefined ? miner.facts : undefined
  const scorePpm = own === undefined ? (scoreOf.get(miner.uid) ?? 0) : (own['aggregatePpm'] ?? 0)
  const answered = miner.work.filter(({ facts }) => tasks.includes(facts['task'] ?? -1))
  return {
    scorePpm,
    reasons: [
      `${answered.length} of ${tasks.length} questions answered${faultsOf(miner.work)}.`,
      ...parts.map(partSentence),
      ...(own !== undefined && own['aggregatePpm'] === undefined ? ["The file's aggregate failed on its scores."] : []),
      ...extremes(answered),
    ],
  }
}

function partSentence({ mechanism, scorePpm, partPpm }: MechanismPart): string {
  return `${mechanism}: score ${scorePpm}, which brings ${partPpm} millionths of all.`
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
