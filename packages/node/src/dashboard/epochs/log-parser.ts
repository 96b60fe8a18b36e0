/**
 * Evidence logs are up to 16 MiB of a stranger's JSON: they are parsed in a process of its own, one after the other, so that who publishes
 * long ones holds up nobody's answers. It has little memory and little time for each; where it needs more it is ended, and the log counts
 * as not there. No thread: one that runs out of memory while it parses JSON takes its process along.
 */
import { type ChildProcess, fork } from 'node:child_process'
import type { Check } from '@koinon/work'

export type ParsedLog = {
  /** Sentences by miner uid. */
  readonly reasons: readonly (readonly [uid: number, reasons: readonly string[]])[]
  readonly checks: readonly {
    readonly minerUid: number
    readonly receiptId: string
    readonly checks: readonly Check[]
  }[]
}
export type LogRequest = { readonly id: number; readonly bytes: Uint8Array }
export type LogReply = { readonly id: number; readonly log: ParsedLog | undefined }

export type LogParserBounds = {
  /** For one log, the start of the process included, milliseconds. */
  readonly deadlineMs: number
  /** Logs that wait; more are not parsed. */
  readonly waiting: number
  readonly heapMiB: number
  /** Without work for so long the process ends. */
  readonly idleMs: number
}

const defaultBounds: LogParserBounds = { deadlineMs: 20_000, waiting: 64, heapMiB: 384, idleMs: 30_000 }
const childFile = import.meta.url.endsWith('.ts') ? './log-parser-child.ts' : './log-parser-child.js'

export class LogParser {
  readonly #bounds: LogParserBounds
  #child: ChildProcess | undefined
  #waiting = 0
  #lastId = 0
  #turn: Promise<unknown> = Promise.resolve()
  #idle: NodeJS.Timeout | undefined

  constructor(bounds: Partial<LogParserBounds> = {}) {
    this.#bounds = { ...defaultBounds, ...bounds }
  }

  /** Undefined for what is no log, what takes too much, and where too many wait. */
  async parse(bytes: Uint8Array): Promise<ParsedLog | undefined> {
    if (this.#waiting >= this.#bounds.waiting) return undefined
    this.#waiting += 1
    const turn = this.#turn.then(() => this.#ask(bytes))
    this.#turn = turn
    return turn.finally(() => {
      this.#waiting -= 1
    })
  }

  #ask(bytes: Uint8Array): Promise<ParsedLog | undefined> {
    clearTimeout(this.#idle)
    const child = this.#child ?? this.#open()
    this.#child = child
    const id = ++this.#lastId
    return new Promise((resolve) => {
      const end = (log: ParsedLog | undefined): void => {
        clearTimeout(deadline)
        child.off('exit', giveUp).off('message', hear)
        this.#idle = setTimeout(() => this.#close(child), this.#bounds.idleMs)
        this.#idle.unref()
        resolve(log)
      }
      const giveUp = (): void => {
        end(undefined)
        this.#close(child)
      }
      const hear = (reply: unknown): void => {
        if ((reply as LogReply).id === id) end((reply as LogReply).log)
      }
      const deadline = setTimeout(giveUp, this.#bounds.deadlineMs)
      child.on('exit', giveUp).on('message', hear)
      child.send({ id, bytes } satisfies LogRequest, (error) => error && giveUp())
    })
  }

  #open(): ChildProcess {
    const child = fork(new URL(childFile, import.meta.url), [], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      execArgv: ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${this.#bounds.heapMiB}`],
      env: {},
    })
    // It failed to start, or to be ended: then it gives no answer either.
    child.on('error', () => this.#close(child)).on('exit', () => this.#close(child))
    // A process that ends need not wait for it.
    child.unref()
    child.channel?.unref()
    return child
  }

  #close(child: ChildProcess): void {
    if (this.#child === child) this.#child = undefined
    child.kill('SIGKILL')
  }
}
