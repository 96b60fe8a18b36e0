/** What the sandbox and its worker say to each other. */
import type { Address, Hex } from '@koinon/base'
import { z } from 'zod'
import type { AggregatorName } from '../../rules/aggregators/index.ts'
import { maximumScorePpm } from '../../rules/evidence.ts'
import { maximumTasks } from '../../rules/subnet-file/define-subnet.ts'
import { maximumMechanisms, wholeBps } from '../../rules/subnet-file/mechanisms.ts'
import type { ScoreAggregate, TaskScore } from '../../rules/subnet-file/score-aggregate.ts'
import { answerBytesBounds, maximumQuestionLength } from '../../rules/subnet-file/task-answer.ts'
import type { SubnetDescription } from '../../rules/subnet-file/task-subnet.ts'
import type { TaskVerdict } from '../../rules/subnet-file/task-verdict.ts'
import type { WeightPolicy } from '../../rules/subnet-file/weight-policy.ts'

/** `beacon`: the opening one for questions and serving, the closing one for judging. */
export type EpochPlace = { readonly epoch: number; readonly beacon: Hex }
export type QuestionPlace = EpochPlace & { readonly index: number; readonly taskText: string }
export type ServePlace = QuestionPlace & { readonly hotkey: Address }

/** An answer whose place was checked; `responseText` is JSON. */
export type AdmittedAnswer = {
  readonly uid: number
  readonly hotkey: Address
  readonly responseText: string
  /** Time for all that is done because of it: its schema, its score, a new realm after its timeout. `answerBudgetMs` unless said. */
  readonly budgetMs?: number
  /** Admitted for the others' sake only: a process ended while it was judged. */
  readonly isLost?: boolean
}

/** A verdict for each answer, in their order, and the milliseconds that it cost. */
export type TimedVerdicts = readonly { readonly verdict: TaskVerdict; readonly spentMs: number }[]

export type JudgeInput = QuestionPlace & {
  readonly answers: readonly AdmittedAnswer[]
  /** Order in which answers are scored; all orders must give the same. */
  readonly order: 'ascending' | 'descending'
}

/** A list of scores a miner; `mechanism` counts from 0, also in a file that has only one. */
export type AggregateInput = { readonly mechanism: number; readonly rows: readonly (readonly TaskScore[])[] }

/** What the process is asked. */
export type SandboxCall =
  | { readonly kind: 'tasks'; readonly input: EpochPlace; readonly timeoutMs: number }
  | { readonly kind: 'serve'; readonly input: ServePlace; readonly timeoutMs: number }
  | { readonly kind: 'judge'; readonly input: JudgeInput; readonly timeoutMs: number }
  | { readonly kind: 'aggregate'; readonly input: AggregateInput; readonly timeoutMs: number }

/** What the process is about to do: it says so before, because nothing is heard of it in the middle of a call. */
export type SandboxStep = {
  readonly limitMs: number
  /** The answer because of which it is done, and what. */
  readonly cause?: { readonly uid: number; readonly work: 'admit' | 'judge' }
}

export type SandboxRequest = { readonly id: number; readonly call: SandboxCall }

/** The process is told the file first. Id 0 is the end of loading; its text is the description. `logs` is what the file wrote to its console. */
export type SandboxReply = {
  readonly id: number
  readonly outcome: { readonly ok: true; readonly text: string } | SandboxProblem
  readonly logs: readonly string[]
}

export type SandboxProblem = { readonly ok: false; readonly problem: string; readonly field?: string }

export const sandboxStep = z.object({
  step: z.object({
    limitMs: z.number().min(0).max(600_000),
    cause: z.object({ uid: z.int().min(0), work: z.enum(['admit', 'judge']) }).optional(),
  }),
})

export const sandboxReply = z.object({
  id: z.int().min(0),
  outcome: z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), text: z.string() }),
    z.object({ ok: z.literal(false), problem: z.string(), field: z.string().optional() }),
  ]),
  logs: z.array(z.string().max(500)).max(100),
})

const verdict: z.ZodType<TaskVerdict> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('scored'),
    scorePpm: z.int().min(0).max(maximumScorePpm),
    reasons: z.array(z.string().max(300)).max(8),
  }),
  z.object({ kind: z.literal('malformed'), problem: z.string() }),
  z.object({ kind: z.literal('cheat'), reason: z.string() }),
  z.object({ kind: z.literal('fault'), problem: z.string(), isDeadline: z.boolean() }),
])

export const timedVerdicts: z.ZodType<TimedVerdicts> = z.array(z.object({ verdict, spentMs: z.number().min(0) }))

// `taskSubnet` looks closer at these, and at the name.
const aggregate = z.custom<ScoreAggregate | 'function'>((value) => value !== undefined)
const weights = z.custom<WeightPolicy>((value) => value !== undefined)
const taskCount = z.int().min(1).max(maximumTasks)

/** What a file says of itself. The checks of `defineSubnet` run beside the file, which can change what they rest on. */
export const fileDescription: z.ZodType<
  Omit<SubnetDescription, 'aggregator'> & { readonly aggregator: AggregatorName | null }
> = z
  .object({
    name: z.string().max(64),
    version: z.int(),
    tasks: taskCount,
    scoreTimeoutMs: z.int().min(10).max(60_000),
    answerBytes: z.int().min(answerBytesBounds.least).max(answerBytesBounds.most),
    aggregate,
    weights,
    aggregator: z.custom<AggregatorName>((value) => typeof value === 'string').nullable(),
    hasServe: z.boolean(),
    mechanisms: z
      .array(
        z.object({
          name: z.string().regex(/^[a-z0-9-]{1,32}$/),
          shareBps: z.int().min(1).max(wholeBps),
          tasks: taskCount,
          aggregate,
          weights,
        }),
      )
      .min(1)
      .max(maximumMechanisms)
      .exactOptional(),
  })
  .refine(
    ({ tasks, mechanisms }) =>
      mechanisms === undefined || mechanisms.reduce((sum, one) => sum + one.tasks, 0) === tasks,
  )

/** What a call gives that may fail: `value`, or what the file did wrong. */
function outcomeOf<value>(value: z.ZodType<value>) {
  return z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), value }),
    z.object({ ok: z.literal(false), problem: z.string(), field: z.string().exactOptional() }),
  ])
}

export const tasksOutcome = outcomeOf(z.array(z.string().max(maximumQuestionLength)).max(maximumTasks))
export const serveOutcome = outcomeOf(z.string())
export const aggregated = z.array(z.int().min(0).max(maximumScorePpm).nullable())
