/**
 * A subnet as one file (specs/0016-subnet-files.md): what is asked, how answers are scored, how scores become weights. The same value
 * serves the founder (`koinon subnet dev`), the validators and whoever replays their evidence.
 */
import type { Address } from '@koinon/base'
import type { ZodType } from 'zod'
import { type AggregatorName, defaultAggregator } from '../aggregators/index.ts'
import type { BeaconRandom } from '../beacon-random.ts'
import { badDefinition, checkHead, requireWhole } from '../definition-head.ts'
import { maximumMechanisms, wholeBps } from './mechanisms.ts'
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

/** What is asked and how it is scored. All functions are deterministic, synchronous (`serve` may wait) and see nothing but their arguments. */
export type Questions<task, response> = {
  /** Questions an epoch, 1 to 64; 8 unless said. */
  readonly tasks?: number
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
}

/** What a whole subnet has, whatever it asks. */
type SubnetHead = {
  /** 1 to 64 printable characters. */
  readonly name: string
  /** Raise it with every change of behaviour. */
  readonly version: number
  /** Time for one call of `score`, milliseconds, 10 to 60,000; 2,000 unless said. */
  readonly scoreTimeoutMs?: number
  /** Most bytes of an answer as it is committed, 1,024 to 262,144; 32,768 unless said. Who commits to a longer one gets nothing for the epoch. */
  readonly answerBytes?: number
  /** From the weights of all validators to shares of the emission. */
  readonly aggregator?: AggregatorName
}

/** A kind of work of its own beside others in the same subnet; `shareBps` of what miners earn goes to it. */
export type Mechanism<task, response> = Questions<task, response> & {
  /** 1 to 32 small letters, digits and hyphens. */
  readonly name: string
  readonly shareBps: number
}

type WithMechanisms = { readonly mechanisms: readonly Mechanism<unknown, unknown>[] } & {
  readonly [field in keyof Questions<unknown, unknown>]?: never
}

/** What a founder writes: one kind of questions, or up to 8 mechanisms whose shares sum to 10,000; never both. */
export type SubnetFile<task, response> = SubnetHead &
  ((Questions<task, response> & { readonly mechanisms?: never }) | WithMechanisms)

const defined = new WeakSet<object>()

/** A mechanism for `mechanisms`, with the types of its own questions and answers. */
export function defineMechanism<task, response>(mechanism: Mechanism<task, response>): Mechanism<unknown, unknown> {
  return mechanism as unknown as Mechanism<unknown, unknown>
}

/** Checks a definition. Throws `subnets/bad-definition` naming the field. */
export function defineSubnet<task, response>(file: SubnetFile<task, response>): SubnetFile<task, response> {
  if (typeof file !== 'object' || file === null) throw badDefinition('definition', 'must be an object')
  const { head, questions } = subnetFields
  requireKnown('', file, hasMechanisms(file) ? [...head, 'mechanisms'] : [...head, ...questions])
  const { name, version, aggregator = defaultAggregator } = file
  checkHead({ name, version, aggregator, aggregatorField: 'aggregator' })
  if (file.scoreTimeoutMs !== undefined) requireWhole('scoreTimeoutMs', file.scoreTimeoutMs, 10, 60_000)
  if (file.answerBytes !== undefined) {
    requireWhole('answerBytes', file.answerBytes, answerBytesBounds.least, answerBytesBounds.most)
  }
  if (hasMechanisms(file)) checkMechanisms(file.mechanisms)
  else checkQuestions('', file)
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

const headFields: Readonly<Record<keyof SubnetHead, true>> = {
  name: true,
  version: true,
  scoreTimeoutMs: true,
  answerBytes: true,
  aggregator: true,
}
const questionFields: Readonly<Record<keyof Questions<unknown, unknown>, true>> = {
  tasks: true,
  task: true,
  response: true,
  sample: true,
  serve: true,
  verify: true,
  score: true,
  aggregate: true,
  weights: true,
}

/** Every field there is: of a subnet, of one kind of questions, and what a mechanism has beside these. */
export const subnetFields = {
  head: Object.keys(headFields),
  questions: Object.keys(questionFields),
  mechanism: ['name', 'shareBps'],
} as const

const tasksUnlessSaid = 8

/** The mechanisms of a file; the questions of a file without any are one that has everything. */
export function mechanismsOf(file: SubnetFile<unknown, unknown>): readonly Mechanism<unknown, unknown>[] {
  const all = hasMechanisms(file) ? file.mechanisms : [{ ...file, shareBps: wholeBps }]
  return all.map((mechanism) => ({ ...mechanism, tasks: mechanism.tasks ?? tasksUnlessSaid }))
}

function hasMechanisms<task, response>(file: SubnetFile<task, response>): file is SubnetHead & WithMechanisms {
  return 'mechanisms' in file
}

function checkMechanisms(mechanisms: readonly Mechanism<unknown, unknown>[]): void {
  if (!Array.isArray(mechanisms) || mechanisms.length < 1 || mechanisms.length > maximumMechanisms) {
    throw badDefinition('mechanisms', `must be 1 to ${maximumMechanisms} mechanisms`)
  }
  const names = new Set<string>()
  for (const [index, mechanism] of mechanisms.entries()) {
    const place = `mechanisms[${index}].`
    if (typeof mechanism !== 'object' || mechanism === null)
      throw badDefinition(place.slice(0, -1), 'must be an object')
    requireKnown(place, mechanism, [...subnetFields.questions, ...subnetFields.mechanism])
    const { name, shareBps, aggregate } = mechanism
    if (typeof name !== 'string' || !/^[a-z0-9-]{1,32}$/.test(name) || names.has(name)) {
      throw badDefinition(`${place}name`, 'must be 1 to 32 small letters, digits and hyphens, and no name twice')
    }
    names.add(name)
    requireWhole(`${place}shareBps`, shareBps, 1, wholeBps)
    checkQuestions(place, mechanism)
    if (typeof aggregate !== 'function' && scoreAggregateOf(aggregate).combine !== 'latest') {
      throw badDefinition(`${place}aggregate`, 'must be of one epoch: a mechanism has no moving average')
    }
  }
  if (mechanisms.reduce((sum, { shareBps }) => sum + shareBps, 0) !== wholeBps) {
    throw badDefinition('mechanisms', `must have shareBps that sum to ${wholeBps}`)
  }
  const questions = mechanisms.reduce((sum, { tasks }) => sum + (tasks ?? tasksUnlessSaid), 0)
  if (questions > maximumTasks) throw badDefinition('mechanisms', `must ask at most ${maximumTasks} questions together`)
}

function checkQuestions<task, response>(place: string, asked: Questions<task, response>): void {
  if (asked.tasks !== undefined) requireWhole(`${place}tasks`, asked.tasks, 1, maximumTasks)
  for (const field of ['task', 'response'] as const) {
    if (typeof (asked[field] as { safeParse?: unknown } | undefined)?.safeParse !== 'function') {
      throw badDefinition(`${place}${field}`, 'must be a zod schema')
    }
  }
  for (const field of ['sample', 'score'] as const) requireFunction(`${place}${field}`, asked[field])
  for (const field of ['serve', 'verify'] as const) {
    if (asked[field] !== undefined) requireFunction(`${place}${field}`, asked[field])
  }
  const { aggregate, weights } = asked
  if (typeof aggregate !== 'function') scoreAggregateOf(aggregate, `${place}aggregate`)
  weightPolicyOf(weights, `${place}weights`)
}

function requireKnown(place: string, given: object, known: readonly string[]): void {
  for (const field of Object.keys(given)) {
    if (!known.includes(field)) throw badDefinition(`${place}${field}`, 'is not a field of a subnet')
  }
}

function requireFunction(field: string, value: unknown): void {
  if (typeof value !== 'function') throw badDefinition(field, 'must be a function')
}
