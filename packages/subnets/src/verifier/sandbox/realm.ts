/**
 * The half of the sandbox that runs inside the confined realm, beside the subnet file. It takes and gives texts only: no object of the
 * outside ever comes in.
 */
import { type BeaconRandom, createBeaconRandom, createBeaconStream } from '../../rules/beacon-random.ts'
import { maximumScorePpm } from '../../rules/evidence.ts'
import {
  isSubnetFile,
  type Mechanism,
  mechanismsOf,
  type PeerAnswer,
  type Score,
  type ScoreContext,
  type SubnetFile,
} from '../../rules/subnet-file/define-subnet.ts'
import { firstTasks } from '../../rules/subnet-file/mechanisms.ts'
import { answerBytesBounds, maximumQuestionLength } from '../../rules/subnet-file/task-answer.ts'
import type { SubnetDescription } from '../../rules/subnet-file/task-subnet.ts'
import type { TaskVerdict } from '../../rules/subnet-file/task-verdict.ts'
import type { AdmittedAnswer, AggregateInput, EpochPlace, QuestionPlace, ServePlace } from './sandbox-messages.ts'

/** What one call gives: a value, or what the file did wrong with where it did so. */
export type Outcome<value> =
  | { readonly ok: true; readonly value: value }
  | { readonly ok: false; readonly problem: string; readonly field?: string }

const defaults = { scoreTimeoutMs: 2_000, answerBytes: answerBytesBounds.unlessSaid } as const
const longestReason = 300
const mostReasons = 8

type Placed = { readonly mechanism: Mechanism<unknown, unknown>; readonly tasks: number; readonly first: number }
type Question = QuestionPlace & {
  readonly task: unknown
  readonly answers: Map<number, PeerAnswer<unknown>>
  /** Random numbers of the question, from the beginning. */
  readonly randomAgain: () => BeaconRandom
}

/** One file in one realm. */
export class Realm {
  readonly #file: SubnetFile<unknown, unknown>
  readonly #fileName: string
  readonly #mechanisms: readonly Placed[]
  #question: Question | undefined
  #served: Outcome<string> | undefined

  /** Throws a KoinonError-shaped error when the module does not export exactly one subnet. */
  constructor(exported: Readonly<Record<string, unknown>>, fileName: string) {
    const files = Object.values(exported).filter(isSubnetFile)
    if (files.length !== 1) {
      throw new Error(`The file must export one value that defineSubnet gave; it exports ${files.length}`)
    }
    this.#file = files[0] as SubnetFile<unknown, unknown>
    this.#fileName = fileName
    const mechanisms = mechanismsOf(this.#file)
    const tasks = mechanisms.map((mechanism) => ({ tasks: mechanism.tasks as number }))
    const first = firstTasks(tasks)
    this.#mechanisms = mechanisms.map((mechanism, index) => ({
      mechanism,
      tasks: tasks[index]?.tasks as number,
      first: first[index] as number,
    }))
  }

  describe(): string {
    const { name, version, scoreTimeoutMs, answerBytes, aggregator } = this.#file
    const described = this.#mechanisms.map(({ mechanism, tasks }) => ({
      name: mechanism.name,
      shareBps: mechanism.shareBps,
      tasks,
      aggregate: typeof mechanism.aggregate === 'function' ? ('function' as const) : (mechanism.aggregate ?? 'mean'),
      weights: mechanism.weights ?? 'linear',
    }))
    const only = 'mechanisms' in this.#file ? undefined : described[0]
    return JSON.stringify({
      name,
      version,
      tasks: described.reduce((sum, { tasks }) => sum + tasks, 0),
      scoreTimeoutMs: scoreTimeoutMs ?? defaults.scoreTimeoutMs,
      answerBytes: answerBytes ?? defaults.answerBytes,
      aggregate: only?.aggregate ?? 'mean',
      weights: only?.weights ?? 'linear',
      aggregator: aggregator ?? null,
      hasServe: this.#mechanisms.every(({ mechanism }) => mechanism.serve !== undefined),
      ...(only === undefined ? { mechanisms: described } : {}),
    } satisfies Omit<SubnetDescription, 'aggregator'> & { aggregator: string | null })
  }

  /** All questions of an epoch as JSON texts. */
  tasks(input: string): string {
    const { epoch, beacon } = JSON.parse(input) as EpochPlace
    return this.#outcome('sample', () =>
      this.#mechanisms.flatMap(({ mechanism, tasks, first }) =>
        Array.from({ length: tasks }, (_, own) => {
          const index = first + own
          const random = createBeaconRandom(beacon, `koinon task ${index}`)
          const task = mechanism.sample(random, { epoch, index: own })
          const parsed = mechanism.task.safeParse(task)
          if (!parsed.success)
            throw new Error(`question ${index} does not fit the schema "task": ${issueOf(parsed.error)}`)
          const text = JSON.stringify(task)
          if (text.length > maximumQuestionLength) throw new Error(`question ${index} has ${text.length} characters`)
          return text
        }),
      ),
    )
  }

  /** Starts the baseline; `served` gives its end, once all that it waited for has come. */
  serve(input: string): string {
    const { epoch, beacon, index, hotkey, taskText } = JSON.parse(input) as ServePlace
    this.#served = undefined
    const random = createBeaconRandom(beacon, `koinon serve ${index} ${hotkey}`)
    const finish = (work: () => unknown): void => {
      this.#served = JSON.parse(this.#outcome('serve', () => textOf(work()))) as Outcome<string>
    }
    try {
      const { mechanism, own } = this.#placeOf(index)
      const task = mechanism.task.parse(JSON.parse(taskText))
      const response = mechanism.serve?.(task, { epoch, index: own, hotkey, random })
      if (!(response instanceof Promise)) finish(() => response)
      else
        response.then(
          (value) => finish(() => value),
          (error: unknown) =>
            finish(() => {
              throw error
            }),
        )
    } catch (error) {
      finish(() => {
        throw error
      })
    }
    return 'null'
  }

  served(): string {
    const waiting = {
      ok: false,
      problem: 'serve waits for something that does not exist in the sandbox',
      field: 'serve',
    }
    return JSON.stringify(this.#served ?? waiting)
  }

  /** Makes a question the one that answers are admitted to. */
  open(input: string): string {
    const place = JSON.parse(input) as QuestionPlace
    const { mechanism } = this.#placeOf(place.index)
    const task = deepFreeze(mechanism.task.parse(JSON.parse(place.taskText)))
    const randomAgain = createBeaconStream(place.beacon, `koinon score ${place.index}`)
    this.#question = { ...place, task, answers: new Map(), randomAgain }
    return 'null'
  }

  /** Undefined when the answer fits the schema, else what is wrong with it. */
  admit(input: string): string {
    const { uid, hotkey, responseText } = JSON.parse(input) as AdmittedAnswer
    const malformed = (problem: string) => JSON.stringify({ kind: 'malformed', problem } satisfies TaskVerdict)
    try {
      const question = this.#question as Question
      const parsed = this.#placeOf(question.index).mechanism.response.safeParse(JSON.parse(responseText))
      if (!parsed.success) return malformed(`the answer does not fit the schema: ${issueOf(parsed.error)}`)
      question.answers.set(uid, { uid, hotkey, response: deepFreeze(parsed.data) })
      return 'null'
    } catch {
      // A schema may hold code of the founder's; one answer on which it throws must not cost the others theirs.
      return malformed('the schema fails on the answer')
    }
  }

  judge(input: string): string {
    const uid = JSON.parse(input) as number
    const { answers, task, randomAgain, epoch, index } = this.#question as Question
    const { mechanism, own } = this.#placeOf(index)
    const { hotkey, response } = answers.get(uid) as PeerAnswer<unknown>
    const peers = [...answers.values()].filter((peer) => peer.uid !== uid).sort((a, b) => a.uid - b.uid)
    const context = (): ScoreContext<unknown> => {
      return { epoch, index: own, uid, hotkey, random: randomAgain(), peers }
    }
    try {
      const honest = mechanism.verify?.(task, response, context()) ?? true
      if (typeof honest === 'string') return JSON.stringify({ kind: 'cheat', reason: honest } satisfies TaskVerdict)
      if (honest !== true) throw new Error('verify must give true or a sentence')
      return JSON.stringify(readScore(mechanism.score(task, response, context())))
    } catch (error) {
      const problem = `the file failed: ${this.#describe(error)}`
      return JSON.stringify({ kind: 'fault', problem, isDeadline: false } satisfies TaskVerdict)
    }
  }

  /** One number for each list of scores, null where the function failed. */
  aggregate(input: string): string {
    const { mechanism, rows } = JSON.parse(input) as AggregateInput
    const aggregate = this.#mechanisms[mechanism]?.mechanism.aggregate
    if (typeof aggregate !== 'function') return '[]'
    return JSON.stringify(
      rows.map((row) => {
        try {
          const scorePpm = aggregate(row)
          return isScore(scorePpm) ? scorePpm : null
        } catch {
          return null
        }
      }),
    )
  }

  /** The mechanism of a question of the epoch, and which of its own questions it is. */
  #placeOf(index: number): { readonly mechanism: Mechanism<unknown, unknown>; readonly own: number } {
    const { mechanism, first } = this.#mechanisms.findLast((placed) => placed.first <= index) as Placed
    return { mechanism, own: index - first }
  }

  #outcome(field: string, work: () => unknown): string {
    try {
      return JSON.stringify({ ok: true, value: work() })
    } catch (error) {
      return JSON.stringify({ ok: false, problem: this.#describe(error), field })
    }
  }

  #describe(error: unknown): string {
    return describeError(error, this.#fileName)
  }
}

/** Message and place in the file; the error may be of another realm. */
export function describeError(error: unknown, fileName: string): string {
  const { message, stack } = (typeof error === 'object' && error !== null ? error : {}) as Partial<Error>
  const problem = typeof message === 'string' && message !== '' ? message : String(error)
  const place = new RegExp(`${fileName.replaceAll(/\W/g, '\\$&')}:\\d+(:\\d+)?`).exec(String(stack))?.[0]
  return place === undefined || problem.includes(place) ? problem : `${problem} (${place})`
}

/** What made a file impossible to load, for the sandbox. */
export function loadProblem(error: unknown, fileName: string): string {
  const field = (error as { details?: { field?: unknown } } | undefined)?.details?.field
  const problem = describeError(error, fileName)
  return JSON.stringify({ ok: false, problem, ...(typeof field === 'string' ? { field } : {}) })
}

function readScore(score: Score): TaskVerdict {
  const scorePpm = typeof score === 'object' && score !== null ? score.scorePpm : score
  if (!isScore(scorePpm)) {
    const given = typeof (score as unknown) === 'object' ? JSON.stringify(score) : String(score)
    throw new Error(`score gave ${given?.slice(0, 80)}, not a whole number from 0 to ${maximumScorePpm}`)
  }
  const reasons = typeof score === 'object' && Array.isArray(score.reasons) ? score.reasons : []
  return {
    kind: 'scored',
    scorePpm,
    reasons: reasons.slice(0, mostReasons).map((reason) => String(reason).slice(0, longestReason)),
  }
}

function isScore(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= maximumScorePpm
}

function textOf(response: unknown): string {
  const text = JSON.stringify(response) as string | undefined
  if (text === undefined) throw new Error('serve gave nothing that JSON can hold')
  return text
}

function issueOf(error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
}) {
  const issue = error.issues[0]
  const path = issue?.path.map(String).join('.')
  return path ? `"${path}" ${issue?.message}` : (issue?.message ?? '')
}

/** What all answers share must not change between them. */
function deepFreeze<value>(value: value): value {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
