/** The process that a subnet file runs in: its limits, what it may read, and its end (specs/0016-subnet-files.md section 2). */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { setTimeout as setTimeoutAsync } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { KoinonError } from '@koinon/base'
import { residentMiB } from './resident-memory.ts'
import { type SandboxCall, type SandboxReply, type SandboxStep, sandboxReply, sandboxStep } from './sandbox-messages.ts'

export type SandboxFile = { readonly fileName: string; readonly source: string }

type Waiting = { resolve(text: string): void; reject(error: Error): void; readonly timer: NodeJS.Timeout }

const childFile = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './sandbox-child.ts' : './sandbox-child.js', import.meta.url),
)
/** Objects of the language. */
const heapMiB = 256
/** All that the process may write to, the runtime's own included; the kernel refuses more where it counts (Linux). */
const dataMiB = 1_024
/** Memory in use at which the process is ended, for systems whose kernel does not count and for what it does not count. */
const mostResidentMiB = 768
const watchMs = 200
const loadTimeoutMs = 30_000
/** What a call may take beyond its limit before its process is ended: some of the language's own functions cannot be interrupted. */
const graceMs = 10_000
/** Time in which what the process had said before comes in. */
const settleMs = 500
/** No core files, limits on memory and stack, then the program itself under the same process id. */
const limits = `ulimit -c 0; ulimit -d ${dataMiB * 1_024} 2>/dev/null; ulimit -s 8192 2>/dev/null; exec "$@"`
const flags = [
  '--permission',
  ...readable().map((folder) => `--allow-fs-read=${folder}`),
  '--experimental-vm-modules',
  '--experimental-import-meta-resolve',
  '--disable-warning=ExperimentalWarning',
  `--max-old-space-size=${heapMiB}`,
  '--max-semi-space-size=10',
  '--stack-size=4096',
]

/** One process for one file; whatever ends it is the reason why all later calls fail with `subnets/file-failed`. */
export class SandboxProcess {
  /** The file's description as JSON text; rejects with why it is no subnet. */
  readonly loaded: Promise<string>
  readonly #child: ChildProcess
  readonly #file: SandboxFile
  readonly #onLog: (line: string) => void
  readonly #closed: Promise<void>
  readonly #waiting = new Map<number, Waiting>()
  readonly #watch: NodeJS.Timeout
  #nextId = 1
  #step: SandboxStep | undefined
  #stepTimer: NodeJS.Timeout | undefined
  #isClosed = false
  #stderr = ''
  #ended: KoinonError | undefined

  constructor(
    file: SandboxFile,
    { onLog, mostMiB = mostResidentMiB }: { onLog(line: string): void; readonly mostMiB?: number },
  ) {
    this.#file = file
    this.#onLog = onLog
    this.#child = startConfined(childFile)
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = `${this.#stderr}${text}`.slice(-8_192)
    })
    this.#child.on('message', (reply) => this.#receive(reply))
    this.#closed = new Promise((resolve) => {
      this.#child.on('error', (cause) =>
        this.#end(failed(`${file.fileName} could not be started: ${cause.message}`, cause)),
      )
      this.#child.on('close', async (code, signal) => {
        clearInterval(this.#watch)
        // What it said before its end says what it ended of.
        if (this.#child.connected) {
          await Promise.race([once(this.#child, 'disconnect'), setTimeoutAsync(settleMs)])
        }
        this.#end(failed(`${file.fileName} ended its process: ${endOf(this.#stderr, code, signal)}`))
        resolve()
      })
    })
    this.#watch = setInterval(() => void this.#measure(mostMiB), watchMs)
    this.loaded = this.#wait(0, loadTimeoutMs)
    this.#child.send(file, () => undefined)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  ask(call: SandboxCall, timeoutMs: number): Promise<string> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const id = this.#nextId++
    const reply = this.#wait(id, timeoutMs)
    // A process that has ended is noticed by its end.
    this.#child.send({ id, call }, () => undefined)
    return reply
  }

  /** The answer in the middle of which it ended by itself or had to be ended; undefined while it runs, and after `close`. */
  get endedOf(): SandboxStep['cause'] {
    return this.#ended === undefined || this.#isClosed ? undefined : this.#step?.cause
  }

  async close(): Promise<void> {
    this.#isClosed = this.#ended === undefined
    this.#end(failed('The sandbox was closed'))
    await this.#closed
  }

  #wait(id: number, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const late = failed(`${this.#file.fileName} did not end within ${timeoutMs} ms`)
      const timer = setTimeout(() => this.#end(late), timeoutMs)
      this.#waiting.set(id, { resolve, reject, timer })
    })
  }

  /** A step that takes too long ends the process, unless another one is on its way. */
  #begin(step: SandboxStep): void {
    this.#step = step
    clearTimeout(this.#stepTimer)
    this.#stepTimer = setTimeout(() => {
      this.#stepTimer = setTimeout(() => {
        const taken = `a call of at most ${Math.floor(step.limitMs)} ms did not end, and could not be interrupted`
        this.#end(failed(`${this.#file.fileName} ended its process: ${taken}`))
      }, settleMs)
    }, step.limitMs + graceMs)
  }

  async #measure(mostMiB: number): Promise<void> {
    if (this.#waiting.size === 0 || this.#child.pid === undefined) return
    const usedMiB = await residentMiB(this.#child.pid)
    if (usedMiB === undefined || usedMiB <= mostMiB) return
    this.#end(failed(`${this.#file.fileName} ended its process: it took more than ${mostMiB} MiB of memory`))
  }

  /** What comes in is checked like a stranger's word: who found a way out of the realm can send anything. */
  #receive(message: unknown): void {
    const begun = sandboxStep.safeParse(message)
    if (begun.success) {
      if (this.#waiting.size > 0 && this.#ended === undefined) this.#begin(begun.data.step as SandboxStep)
      return
    }
    const parsed = sandboxReply.safeParse(message)
    if (!parsed.success) return this.#end(failed(`${this.#file.fileName} sent what is no reply`))
    const { id, outcome, logs } = parsed.data as SandboxReply
    for (const line of logs) this.#onLog(line)
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    clearTimeout(this.#stepTimer)
    this.#step = undefined
    if (outcome.ok) waiting.resolve(outcome.text)
    else if (id === 0) waiting.reject(badFile(this.#file, outcome))
    else waiting.reject(failed(outcome.problem))
  }

  #end(error: KoinonError): void {
    this.#ended ??= error
    clearTimeout(this.#stepTimer)
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(this.#ended)
    }
    this.#waiting.clear()
    // At once, also in the middle of a call.
    this.#child.kill('SIGKILL')
  }
}

/** Starts a program of ours with the limits of a sandbox: no environment, files, programs or threads; the network is left (SECURITY.md). */
export function startConfined(program: string): ChildProcess {
  return spawn('/bin/sh', ['-c', limits, 'sh', process.execPath, ...flags, program], {
    env: {},
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
}

/** Folders of this program and of what it imports, and nothing else of the disk. */
function readable(): readonly string[] {
  const { resolve } = createRequire(import.meta.url)
  const libraries = ['zod', '@koinon/base', '@koinon/work'].map((name) => resolve(name))
  const folders = libraries.flatMap((path) => {
    const at = path.lastIndexOf('/node_modules/')
    return at < 0 ? [] : [`${path.slice(0, at)}/node_modules/*`]
  })
  const packages = fileURLToPath(new URL('../../../../', import.meta.url))
  return [...new Set([`${packages}*`, ...folders])]
}

function endOf(stderr: string, code: number | null, signal: string | null): string {
  if (/out of memory|allocation failed/i.test(stderr)) return 'it ran out of memory'
  const last = stderr.trim().split('\n').at(-1)?.slice(0, 300)
  return `${signal ?? `code ${code}`}${last ? `, ${last}` : ''}`
}

export function failed(message: string, cause?: unknown): KoinonError {
  return new KoinonError({ code: 'subnets/file-failed', message, cause })
}

/** Names the line of the field that is wrong, where the file has it. */
function badFile(
  { fileName, source }: SandboxFile,
  { problem, field }: { readonly problem: string; readonly field?: string },
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
