/** Runs the functions of a subnet file where they see nothing but their arguments (specs/0016-subnet-files.md section 2). */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type Hex, KoinonError, sha256Hex } from '@koinon/base'
import type { TaskScore } from '../../rules/subnet-file/score-aggregate.ts'
import { defaultAggregator, type SubnetDescription } from '../../rules/subnet-file/task-subnet.ts'
import {
  answerBudgetMs,
  type EpochPlace,
  type JudgeInput,
  type SandboxCall,
  type SandboxReply,
  type ServePlace,
  type TimedVerdicts,
} from './sandbox-messages.ts'

const workerFile = import.meta.url.endsWith('.ts') ? './sandbox-worker.ts' : './sandbox-worker.js'
const execArgv = [
  '--experimental-vm-modules',
  '--experimental-import-meta-resolve',
  '--disable-warning=ExperimentalWarning',
]
/** Old and young space of the thread, MiB; who needs more fails. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 }
const loadTimeoutMs = 30_000
/** Time for the thread itself beyond what its calls may take. */
const reserveMs = 10_000
const answerTimeoutsMs = 60_000

export type SandboxFile = { readonly fileName: string; readonly source: string }

type Waiting = { resolve(text: string): void; reject(error: Error): void; readonly timer: NodeJS.Timeout }

/**
 * One subnet file in a thread of its own. A file that hangs or eats memory costs its thread, nothing else: the call fails with
 * `subnets/file-failed` and the sandbox is closed. `node:vm` keeps mistakes out, not attackers: see SECURITY.md.
 */
export class SubnetSandbox {
  readonly description: SubnetDescription
  /** SHA-256 of the file, for the spec hash. */
  readonly sourceHash: Hex
  readonly #thread: SandboxThread

  private constructor(description: SubnetDescription, sourceHash: Hex, thread: SandboxThread) {
    this.description = description
    this.sourceHash = sourceHash
    this.#thread = thread
  }

  /** Loads a file. Throws `subnets/bad-definition` naming file, line and field, `subnets/file-failed` when it does not end. */
  static async open(file: SandboxFile, onLog: (line: string) => void = () => undefined): Promise<SubnetSandbox> {
    const thread = new SandboxThread(file, onLog)
    try {
      const parsed = JSON.parse(await thread.loaded) as SubnetDescription & {
        readonly aggregator: SubnetDescription['aggregator'] | null
      }
      const description = { ...parsed, aggregator: parsed.aggregator ?? defaultAggregator }
      return new SubnetSandbox(description, sha256Hex(file.source), thread)
    } catch (error) {
      await thread.close()
      throw error
    }
  }

  /** Whether the thread is lost: then every call fails. */
  get hasEnded(): boolean {
    return this.#thread.hasEnded
  }

  /** The JSON texts of an epoch's questions; `beacon` is the opening one. Throws `subnets/file-failed`. */
  async tasks(input: EpochPlace): Promise<readonly string[]> {
    return readOutcome<readonly string[]>(await this.#thread.ask({ kind: 'tasks', input }, 2 * reserveMs))
  }

  /** The baseline's response as JSON text; `beacon` is the opening one. Throws `subnets/file-failed`. */
  async serve(input: ServePlace): Promise<string> {
    return readOutcome<string>(await this.#thread.ask({ kind: 'serve', input }, 3 * reserveMs))
  }

  /** A verdict for each answer, in their order; `beacon` is the closing one. Never throws for what the file or an answer does wrong. */
  async judge(input: JudgeInput): Promise<TimedVerdicts> {
    const timeoutMs = this.description.scoreTimeoutMs
    const budgetsMs = input.answers.map(({ budgetMs }) => budgetMs ?? answerBudgetMs(timeoutMs))
    const limitMs = budgetsMs.reduce((sum, budgetMs) => sum + budgetMs + reserveMs, answerTimeoutsMs)
    // Timers of the runtime overflow at 2^31 ms.
    const ask = this.#thread.ask({ kind: 'judge', input, timeoutMs }, Math.min(limitMs, 2 ** 31 - 1))
    return JSON.parse(await ask) as TimedVerdicts
  }

  /** The file's own aggregate for each list of scores; null where it failed. */
  async aggregate(rows: readonly (readonly TaskScore[])[]): Promise<readonly (number | null)[]> {
    return JSON.parse(await this.#thread.ask({ kind: 'aggregate', input: rows }, 2 * reserveMs)) as readonly (
      | number
      | null
    )[]
  }

  async close(): Promise<void> {
    await this.#thread.close()
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

class SandboxThread {
  readonly loaded: Promise<string>
  readonly #worker: Worker
  readonly #file: SandboxFile
  readonly #waiting = new Map<number, Waiting>()
  readonly #onLog: (line: string) => void
  #nextId = 1
  #ended: KoinonError | undefined

  constructor(file: SandboxFile, onLog: (line: string) => void) {
    this.#file = file
    this.#onLog = onLog
    this.#worker = new Worker(new URL(workerFile, import.meta.url), {
      workerData: file,
      execArgv,
      env: {},
      resourceLimits,
      stdout: false,
    })
    this.#worker.on('message', (reply: SandboxReply) => this.#settle(reply))
    this.#worker.on('error', (cause) => this.#end(failed(`${file.fileName} ended its thread: ${cause.message}`, cause)))
    this.#worker.on('exit', () => this.#end(failed(`The thread of ${file.fileName} has ended`)))
    this.loaded = this.#wait(0, loadTimeoutMs)
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  ask(call: SandboxCall, timeoutMs: number): Promise<string> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const id = this.#nextId++
    const reply = this.#wait(id, timeoutMs)
    this.#worker.postMessage({ id, call })
    return reply
  }

  async close(): Promise<void> {
    this.#end(failed('The sandbox was closed'))
    await this.#worker.terminate()
  }

  #wait(id: number, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const late = failed(`${this.#file.fileName} did not end within ${timeoutMs} ms`)
      const timer = setTimeout(() => {
        this.#end(late)
        void this.#worker.terminate()
      }, timeoutMs)
      this.#waiting.set(id, { resolve, reject, timer })
    })
  }

  #settle({ id, outcome, logs }: SandboxReply): void {
    for (const line of logs) this.#onLog(line)
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    if (outcome.ok) waiting.resolve(outcome.text)
    else if (id === 0) waiting.reject(badFile(this.#file, outcome))
    else waiting.reject(failed(outcome.problem))
  }

  #end(error: KoinonError): void {
    this.#ended ??= error
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(this.#ended)
    }
    this.#waiting.clear()
  }
}

function readOutcome<value>(text: string): value {
  const outcome = JSON.parse(text) as
    | { readonly ok: true; readonly value: value }
    | { readonly ok: false; readonly problem: string; readonly field?: string }
  if (outcome.ok) return outcome.value
  throw failed(`${outcome.field ?? 'The file'} failed: ${outcome.problem}`)
}

function failed(message: string, cause?: unknown): KoinonError {
  return new KoinonError({ code: 'subnets/file-failed', message, cause })
}

/** Names the line of the field that is wrong, where the file has it. */
function badFile(
  { fileName, source }: SandboxFile,
  { problem, field }: { problem: string; field?: string },
): KoinonError {
  const lines = source.split('\n')
  // The file says which field it was: a stranger's word, which becomes part of an expression here.
  const isName = typeof field === 'string' && /^[a-zA-Z]{1,32}$/.test(field)
  const at = !isName ? -1 : lines.findIndex((line) => new RegExp(`^\\s*(async\\s+)?${field}\\b\\s*[:(,]`).test(line))
  const place = at < 0 || problem.includes(`${fileName}:${at + 1}`) ? '' : `, ${fileName}:${at + 1}`
  return new KoinonError({
    code: 'subnets/bad-definition',
    message: `${fileName} is no subnet: ${problem}${place}`,
    hint: 'docs/subnets.md shows a whole file with every field.',
    ...(isName ? { details: { field } } : {}),
  })
}
