/** Runs the functions of a subnet file where they see nothing but their arguments (specs/0016-subnet-files.md section 2). */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type Hex, KoinonError, sha256Hex } from '@koinon/base'
import { defaultAggregator } from '../../rules/aggregators/index.ts'
import type { TaskScore } from '../../rules/subnet-file/score-aggregate.ts'
import type { SubnetDescription } from '../../rules/subnet-file/task-subnet.ts'
import {
  answerBudgetMs,
  type EpochPlace,
  type JudgeInput,
  type ServePlace,
  type TimedVerdicts,
  timedVerdicts,
} from './sandbox-messages.ts'
import { failed, type SandboxFile, SandboxProcess } from './sandbox-process.ts'

/** Time for the process itself beyond what its calls may take. */
const reserveMs = 10_000
const answerTimeoutsMs = 60_000

/**
 * One subnet file in a process of its own. A file that hangs or eats memory costs its process, nothing else: the call fails with
 * `subnets/file-failed` and the sandbox is closed. What that keeps out and what not: SECURITY.md.
 */
export class SubnetSandbox {
  readonly description: SubnetDescription
  /** SHA-256 of the file, for the spec hash. */
  readonly sourceHash: Hex
  readonly #process: SandboxProcess

  private constructor(description: SubnetDescription, sourceHash: Hex, process: SandboxProcess) {
    this.description = description
    this.sourceHash = sourceHash
    this.#process = process
  }

  /** Loads a file. Throws `subnets/bad-definition` naming file, line and field, `subnets/file-failed` when it does not end. */
  static async open(file: SandboxFile, onLog: (line: string) => void = () => undefined): Promise<SubnetSandbox> {
    const process = new SandboxProcess(file, { onLog })
    try {
      const parsed = JSON.parse(await process.loaded) as SubnetDescription & {
        readonly aggregator: SubnetDescription['aggregator'] | null
      }
      const description = { ...parsed, aggregator: parsed.aggregator ?? defaultAggregator }
      return new SubnetSandbox(description, sha256Hex(file.source), process)
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
    return readOutcome<readonly string[]>(await this.#process.ask({ kind: 'tasks', input }, 2 * reserveMs))
  }

  /** The baseline's response as JSON text; `beacon` is the opening one. Throws `subnets/file-failed`. */
  async serve(input: ServePlace): Promise<string> {
    return readOutcome<string>(await this.#process.ask({ kind: 'serve', input }, 3 * reserveMs))
  }

  /** A verdict for each answer, in their order; `beacon` is the closing one. Never throws for what the file or an answer does wrong. */
  async judge(input: JudgeInput): Promise<TimedVerdicts> {
    const timeoutMs = this.description.scoreTimeoutMs
    const budgetsMs = input.answers.map(({ budgetMs }) => budgetMs ?? answerBudgetMs(timeoutMs))
    const limitMs = budgetsMs.reduce((sum, budgetMs) => sum + budgetMs + reserveMs, answerTimeoutsMs)
    // Timers of the runtime overflow at 2^31 ms.
    const ask = this.#process.ask({ kind: 'judge', input, timeoutMs }, Math.min(limitMs, 2 ** 31 - 1))
    const verdicts = timedVerdicts.safeParse(JSON.parse(await ask))
    if (verdicts.success && verdicts.data.length === input.answers.length) return verdicts.data
    throw failed('The file gave what are no verdicts')
  }

  /** What the file's own aggregate of a mechanism gives for each list of scores; null where it failed. */
  async aggregate(rows: readonly (readonly TaskScore[])[], mechanism = 0): Promise<readonly (number | null)[]> {
    return JSON.parse(
      await this.#process.ask({ kind: 'aggregate', input: { mechanism, rows } }, 2 * reserveMs),
    ) as readonly (number | null)[]
  }

  async close(): Promise<void> {
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

function readOutcome<value>(text: string): value {
  const outcome = JSON.parse(text) as
    | { readonly ok: true; readonly value: value }
    | { readonly ok: false; readonly problem: string; readonly field?: string }
  if (outcome.ok) return outcome.value
  throw failed(`${outcome.field ?? 'The file'} failed: ${outcome.problem}`)
}
