/**
 * A subnet as one file (specs/0016-subnet-files.md): what is asked, how answers are scored, how scores become weights. The same value
 * serves the founder (`koinon subnet dev`), the validators and whoever replays their evidence.
 */
import { type Address, KoinonError } from '@koinon/base'
import type { ZodType } from 'zod'
import { type AggregatorName, aggregators } from '../aggregators/index.ts'
import type { BeaconRandom } from '../beacon-random.ts'
import { type ScoreAggregate, scoreAggregateOf, type TaskScore } from './score-aggregate.ts'
import { answerBytesBounds } from './task-answer.ts'
import { type WeightPolicy, weightPolicyOf } from './weight-policy.ts'

/** `index` counts the questions of an epoch from 0. */
export type SampleContext = { readonly epoch: number; readonly index: number }

/** `random` is the miner's own stream, so that honest miners need not all do the same. */
export type ServeContext = SampleContext & { readonly hotkey: Address; readonly random: BeaconRandom }

export type PeerAnswer<response> = { readonly uid: number; readonly hotkey: Address; readonly response: response }

export type ScoreContext<response> = SampleContext & {
  readonly uid: number
  readonly hotkey: Address
  /** From the beacon drawn after all answers were fixed: what miners must not know is drawn here. The same for all of a question. */
  readonly random: BeaconRandom
  /** Other miners' answers to this question that fit the schema, ascending by uid. */
  readonly peers: readonly PeerAnswer<response>[]
}

/** Whole millionths, 0 to 1,000,000, with or without whole sentences that say why. */
export type Score = number | { readonly scorePpm: number; readonly reasons: readonly string[] }

/** What a founder writes. All functions are deterministic, synchronous (`serve` may wait) and see nothing but their arguments. */
export type SubnetFile<task, response> = {
  /** 1 to 64 printable characters. */
  readonly name: string
  /** Raise it with every change of behaviour. */
  readonly version: number
  /** Questions an epoch, 1 to 64; 8 unless said. */
  readonly tasks?: number
  /** Time for one call of `score`, milliseconds, 10 to 60,000; 2,000 unless said. */
  readonly scoreTimeoutMs?: number
  /** Most bytes of an answer as it is committed, 1,024 to 262,144; 32,768 unless said. Who commits to a longer one gets nothing for the epoch. */
  readonly answerBytes?: number
  readonly task: ZodType<task>
  readonly response: ZodType<response>
  /** One question. All that it draws is public the moment miners may answer. */
  sample(random: BeaconRandom, context: SampleContext): task
  /** An honest answer: the baseline that miners start from. */
  serve?(task: task, context: ServeContext): response | Promise<response>
  /** `true`, or a sentence that says why the answer is a cheat: then the miner gets nothing for the whole epoch. */
  verify?(task: task, response: response, context: ScoreContext<response>): true | string
  score(task: task, response: response, context: ScoreContext<response>): Score
  /** From a miner's scores of the epoch to one. */
  readonly aggregate?: ScoreAggregate | ((scores: readonly TaskScore[]) => number)
  /** From the scores of all miners to weights. */
  readonly weights?: WeightPolicy
  /** From the weights of all validators to shares of the emission. */
  readonly aggregator?: AggregatorName
}

const defined = new WeakSet<object>()

/** Checks a definition. Throws `subnets/bad-definition` naming the field. */
export function defineSubnet<task, response>(file: SubnetFile<task, response>): SubnetFile<task, response> {
  if (typeof file !== 'object' || file === null) throw badField('definition', 'must be an object')
  const known = file as Readonly<Record<string, unknown>>
  for (const field of Object.keys(known)) if (!fields.has(field)) throw badField(field, 'is not a field of a subnet')
  if (typeof file.name !== 'string' || !/^[\x20-\x7e]{1,64}$/.test(file.name)) {
    throw badField('name', 'must be 1 to 64 printable characters')
  }
  requireWhole('version', file.version, 1, 0xffff_ffff)
  if (file.tasks !== undefined) requireWhole('tasks', file.tasks, 1, maximumTasks)
  if (file.scoreTimeoutMs !== undefined) requireWhole('scoreTimeoutMs', file.scoreTimeoutMs, 10, 60_000)
  if (file.answerBytes !== undefined) {
    requireWhole('answerBytes', file.answerBytes, answerBytesBounds.least, answerBytesBounds.most)
  }
  for (const field of ['task', 'response'] as const) {
    if (typeof (file[field] as { safeParse?: unknown } | undefined)?.safeParse !== 'function') {
      throw badField(field, 'must be a zod schema')
    }
  }
  for (const field of ['sample', 'score'] as const) requireFunction(field, file[field])
  for (const field of ['serve', 'verify'] as const) if (file[field] !== undefined) requireFunction(field, file[field])
  if (typeof file.aggregate !== 'function') guard('aggregate', () => scoreAggregateOf(file.aggregate as ScoreAggregate))
  guard('weights', () => weightPolicyOf(file.weights))
  if (file.aggregator !== undefined && !Object.hasOwn(aggregators, file.aggregator)) {
    throw badField('aggregator', `must be one of ${Object.keys(aggregators).join(', ')}`)
  }
  const frozen = Object.freeze({ ...file })
  defined.add(frozen)
  return frozen
}

/** Whether a value came out of `defineSubnet`. */
export function isSubnetFile(value: unknown): value is SubnetFile<unknown, unknown> {
  return typeof value === 'object' && value !== null && defined.has(value)
}

/** Most questions an epoch. */
export const maximumTasks = 64

const fields = new Set([
  'name',
  'version',
  'tasks',
  'scoreTimeoutMs',
  'answerBytes',
  'task',
  'response',
  'sample',
  'serve',
  'verify',
  'score',
  'aggregate',
  'weights',
  'aggregator',
])

function requireWhole(field: string, value: unknown, least: number, most: number): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return
  throw badField(field, `must be a whole number from ${least} to ${most}`)
}

function requireFunction(field: string, value: unknown): void {
  if (typeof value !== 'function') throw badField(field, 'must be a function')
}

function guard(field: string, read: () => unknown): void {
  try {
    read()
  } catch (error) {
    throw badField(field, (error as Error).message)
  }
}

function badField(field: string, problem: string): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-definition',
    message: `The subnet's ${field} ${problem}`,
    details: { field },
  })
}
