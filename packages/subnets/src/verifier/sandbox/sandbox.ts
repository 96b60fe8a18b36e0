/** Runs the functions of a subnet file where they see nothing but their arguments (specs/0016-subnet-files.md section 2). */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type Hex, KoinonError, sha256Hex } from '@koinon/base'
import type { z } from 'zod'
import { defaultAggregator } from '../../rules/aggregators/index.ts'
import type { TaskScore } from '../../rules/subnet-file/score-aggregate.ts'
import type { SubnetDescription } from '../../rules/subnet-file/task-subnet.ts'
import { answerBudgetMs, usualCallTimeoutMs } from './answer-budget.ts'
import {
  type AdmittedAnswer,
  aggregated,
  type EpochPlace,
  fileDescription,
  type JudgeInput,
  type SandboxProblem,
  type SandboxStep,
  type ServePlace,
  serveOutcome,
  type TimedVerdicts,
  tasksOutcome,
  timedVerdicts,
} from './sandbox-messages.ts'
import { failed, type SandboxFile, SandboxProcess } from './sandbox-process.ts'

/** Time for the process itself beyond what its calls may take. */
const reserveMs = 10_000
const answerTimeoutsMs = 60_000

export type SandboxOptions = {
  /** Hears each line that the file logs. */
  readonly onLog?: (line: string) => void
  /** Most time for all questions of an epoch, and for the baseline before and after it answered. Default 10,000; less so that tests do not wait. */
  readonly callTimeoutMs?: number
}

/** An answer of which a process ended, with what it cost. */
type Lost = { readonly work: NonNullable<SandboxStep['cause']>['work']; readonly outcome: TimedVerdicts[number] }

/**
 * One subnet file in a process of its own. A file that hangs or eats memory costs its process, nothing else: the answer in the middle of
 * which that happened is a fault and the question goes on in a new process; any other call fails with `subnets/file-failed` and the
 * sandbox is closed. What that keeps out and what not: SECURITY.md.
 */
export class SubnetSandbox {
  readonly description: SubnetDescription
  /** SHA-256 of the file, for the spec hash. */
  readonly sourceHash: Hex
  readonly #start: () => SandboxProcess
  readonly #callTimeoutMs: number
  #process: SandboxProcess
  #isClosed = false

  private constructor(
    description: SubnetDescription,
    sourceHash: Hex,
    start: () => SandboxProcess,
    process: SandboxProcess,
    callTimeoutMs: number,
  ) {
    this.description = description
    this.sourceHash = sourceHash
    this.#start = start
    this.#process = process
    this.#callTimeoutMs = callTimeoutMs
  }

  /** Loads a file. Throws `subnets/bad-definition` naming file, line and field, `subnets/file-failed` when it does not end. */
  static async open(
    file: SandboxFile,
    { onLog = () => undefined, callTimeoutMs = usualCallTimeoutMs }: SandboxOptions = {},
  ): Promise<SubnetSandbox> {
    const start = (): SandboxProcess => new SandboxProcess(file, { onLog })
    const process = start()
    try {
      const { data } = fileDescription.safeParse(JSON.parse(await process.loaded))
      if (data === undefined) throw noDescription(file)
      const description = { ...data, aggregator: data.aggregator ?? defaultAggregator }
      return new SubnetSandbox(description, sha256Hex(file.source), start, process, callTimeoutMs)
    } catch (error) {
      await process.close()
      throw error
    }
  }

  /** Whether the process is lost: then every call fails. */
  get hasEnded(): boolean {
    return this.#process.hasEnded
  }

  /** The JSON texts of an epoch's questions; `beacon` is the opening one. Throws `subnets/file-failed`. */
  async tasks(input: EpochPlace): Promise<readonly string[]> {
    const timeoutMs = this.#callTimeoutMs
    const answer = await this.#process.ask({ kind: 'tasks', input, timeoutMs }, timeoutMs + reserveMs)
    const texts = readOutcome(tasksOutcome, answer)
    if (texts.length !== this.description.tasks) throw failed('The file gave another number of questions than it says')
    return texts
  }

  /** The baseline's response as JSON text; `beacon` is the opening one. Throws `subnets/file-failed`. */
  async serve(input: ServePlace): Promise<string> {
    const timeoutMs = this.#callTimeoutMs
    return readOutcome(
      serveOutcome,
      await this.#process.ask({ kind: 'serve', input, timeoutMs }, 2 * timeoutMs + reserveMs),
    )
  }

  /**
   * A verdict for each answer, in their order; `beacon` is the closing one. Never throws for what the file or an answer does wrong, also
   * where a process ended of it; `subnets/file-failed` when the sandbox is lost.
   */
  async judge(input: JudgeInput): Promise<TimedVerdicts> {
    const lost = new Map<number, Lost>()
    for (;;) {
      const begunAtMs = performance.now()
      try {
        const judged = await this.#judgeOnce(input, lost)
        return input.answers.map(({ uid }, index) => lost.get(uid)?.outcome ?? (judged[index] as TimedVerdicts[number]))
      } catch (error) {
        const cause = this.#process.endedOf
        const before = cause && lost.get(cause.uid)?.work
        const isNew = before === undefined || (before === 'judge' && cause?.work === 'admit')
        if (cause === undefined || !isNew || !input.answers.some(({ uid }) => uid === cause.uid)) throw error
        await this.#startAgain()
        const verdict = { kind: 'fault', problem: (error as Error).message, isDeadline: true } as const
        lost.set(cause.uid, { work: cause.work, outcome: { verdict, spentMs: performance.now() - begunAtMs } })
      }
    }
  }

  /** Verdicts in the order of the input; what was lost in its schema is left out, what was lost in its score is a peer still. */
  async #judgeOnce(
    input: JudgeInput,
    lost: ReadonlyMap<number, Lost>,
  ): Promise<readonly (TimedVerdicts[number] | undefined)[]> {
    const timeoutMs = this.description.scoreTimeoutMs
    const answers = input.answers.flatMap((answer): readonly AdmittedAnswer[] => {
      const work = lost.get(answer.uid)?.work
      if (work === 'admit') return []
      return [work === undefined ? answer : { ...answer, isLost: true }]
    })
    const budgetsMs = answers.map(({ budgetMs }) => budgetMs ?? answerBudgetMs(timeoutMs))
    const limitMs = budgetsMs.reduce((sum, budgetMs) => sum + budgetMs + reserveMs, answerTimeoutsMs)
    // Timers of the runtime overflow at 2^31 ms.
    const ask = this.#process.ask(
      { kind: 'judge', input: { ...input, answers }, timeoutMs },
      Math.min(limitMs, 2 ** 31 - 1),
    )
    const verdicts = timedVerdicts.safeParse(JSON.parse(await ask))
    if (!verdicts.success || verdicts.data.length !== answers.length) throw failed('The file gave what are no verdicts')
    const verdictOf = new Map(answers.map(({ uid }, index) => [uid, verdicts.data[index]]))
    return input.answers.map(({ uid }) => verdictOf.get(uid))
  }

  async #startAgain(): Promise<void> {
    await this.#process.close()
    if (this.#isClosed) throw failed('The sandbox was closed')
    this.#process = this.#start()
    await this.#process.loaded
  }

  /** What the file's own aggregate of a mechanism gives for each list of scores; null where it failed. */
  async aggregate(rows: readonly (readonly TaskScore[])[], mechanism = 0): Promise<readonly (number | null)[]> {
    const timeoutMs = this.description.scoreTimeoutMs
    const call = { kind: 'aggregate', input: { mechanism, rows }, timeoutMs } as const
    const limitMs = rows.length * timeoutMs + answerTimeoutsMs
    const { data } = aggregated.safeParse(JSON.parse(await this.#process.ask(call, limitMs)))
    if (data?.length !== rows.length) throw failed('The file gave what are no scores')
    return data
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#process.close()
  }
}

/** Reads a subnet file from disk. Throws `subnets/no-file`. */
export function readSubnetFile(path: string): SandboxFile {
  try {
    return { fileName: basename(path), source: readFileSync(path, 'utf8') }
  } catch (cause) {
    throw new KoinonError({
      code: 'subnets/no-file',
      message: `The subnet file ${path} cannot be read`,
      hint: 'Check the path; a subnet is one TypeScript file.',
      cause,
    })
  }
}

function readOutcome<value>(
  schema: z.ZodType<{ readonly ok: true; readonly value: value } | ({ readonly ok: false } & SandboxProblem)>,
  text: string,
): value {
  const { data } = schema.safeParse(JSON.parse(text))
  if (data?.ok === true) return data.value
  throw failed(
    data === undefined ? 'The file gave what is no answer' : `${data.field ?? 'The file'} failed: ${data.problem}`,
  )
}

function noDescription({ fileName }: SandboxFile): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-definition',
    message: `${fileName} is no subnet: it says of itself what no definition may say`,
    hint: 'docs/subnets.md shows a whole file with every field.',
  })
}
