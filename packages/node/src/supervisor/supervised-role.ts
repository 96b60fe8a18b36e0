/** One supervised child process: started, watched, restarted with back-off, stopped politely and then firmly. */
import { type ChildProcess, fork } from 'node:child_process'
import { backoffMs, type Clock, errorFromJson, errorToJson, KoinonError } from '@koinon/base'
import type { RoleConfig, RoleInfo } from '../roles/role-config.ts'
import type { RoleLog } from './role-log.ts'
import { type FromRole, silentAfterMs, type ToRole } from './role-messages.ts'

export type RoleState = 'starting' | 'ready' | 'restarting' | 'failed' | 'stopped'

export type RoleStatus = {
  readonly name: string
  readonly kind: RoleConfig['kind']
  readonly state: RoleState
  readonly pid?: number
  readonly startedAtMs?: number
  readonly restarts: number
  readonly rssBytes?: number
  readonly info?: RoleInfo
  readonly lastError?: string
  /** What the running process wants its owner to look at. */
  readonly notice?: string
}

export type SupervisedRoleOptions = {
  readonly config: RoleConfig
  readonly log: RoleLog
  readonly clock: Clock
  readonly onProgress: (text: string) => void
  /** Answers what the role asks of its supervisor. */
  readonly onAsk: (method: string, params: unknown) => Promise<unknown>
  /** Program of the role process. Default: the one that runs every role of this package. */
  readonly entry?: URL
  /** How often the process is looked at, milliseconds. Default 5,000. */
  readonly checkIntervalMs?: number
}

const roleEntry = new URL(import.meta.url.endsWith('.ts') ? '../roles/main.ts' : '../roles/main.js', import.meta.url)

const restartBaseMs = 200
const restartCapMs = 10_000
const healthyAfterMs = 60_000
const stopGraceMs = 10_000
/** Being alive is not enough before a role is ready: what it says of its progress must change within this time. Room for large models. */
const startProgressMs = 300_000
const defaultCheckIntervalMs = 5_000

/**
 * Small young generations, because roles idle most of the time. The indexer's PostgreSQL is WebAssembly: optimising its large
 * functions costs 300 MB that V8 does not give back and seconds at start, for queries that take milliseconds either way.
 */
function flagsOf(kind: RoleConfig['kind']): readonly string[] {
  const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2']
  return kind === 'indexer' ? [...flags, '--liftoff-only'] : flags
}

export class SupervisedRole {
  readonly #options: SupervisedRoleOptions
  #child: ChildProcess | undefined
  #state: RoleState = 'stopped'
  /** Of the process that runs now; nothing while none does. */
  #startedAtMs: number | undefined
  #readyAtMs: number | undefined
  #heardAtMs = 0
  #progressAtMs = 0
  #progress = ''
  /** Why the process was ended by us, if it was. */
  #verdict: string | undefined
  #restarts = 0
  #attempt = 0
  #rssBytes: number | undefined
  #info: RoleInfo | undefined
  #lastError: string | undefined
  #notice: string | undefined
  #restartTimer: NodeJS.Timeout | undefined
  #watchTimer: NodeJS.Timeout | undefined
  #isStopping = false
  #firstStart: { resolve(info: RoleInfo): void; reject(error: Error): void } | undefined

  constructor(options: SupervisedRoleOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.config.name
  }

  status(): RoleStatus {
    return {
      name: this.name,
      kind: this.#options.config.kind,
      state: this.#state,
      restarts: this.#restarts,
      ...(this.#child?.pid === undefined ? {} : { pid: this.#child.pid }),
      ...(this.#startedAtMs === undefined ? {} : { startedAtMs: this.#startedAtMs }),
      ...(this.#rssBytes === undefined ? {} : { rssBytes: this.#rssBytes }),
      ...(this.#info === undefined ? {} : { info: this.#info }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      ...(this.#notice === undefined ? {} : { notice: this.#notice }),
    }
  }

  /** Resolves when the role is ready for the first time; a failure to start is final here, later ones are restarted. */
  start(): Promise<RoleInfo> {
    return new Promise((resolve, reject) => {
      this.#firstStart = { resolve, reject }
      this.#watchTimer = setInterval(() => this.#watch(), this.#options.checkIntervalMs ?? defaultCheckIntervalMs)
      this.#spawn()
    })
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#restartTimer)
    clearInterval(this.#watchTimer)
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      this.#state = 'stopped'
      return
    }
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    this.#tell({ type: 'stop' })
    const force = setTimeout(() => child.kill('SIGKILL'), stopGraceMs)
    await exited
    clearTimeout(force)
    this.#state = 'stopped'
  }

  #spawn(): void {
    this.#state = this.#restarts === 0 ? 'starting' : 'restarting'
    const nowMs = this.#options.clock.nowMs()
    this.#startedAtMs = nowMs
    this.#readyAtMs = undefined
    this.#heardAtMs = nowMs
    this.#progressAtMs = nowMs
    this.#progress = ''
    this.#verdict = undefined
    this.#notice = undefined
    const child = fork(this.#options.entry ?? roleEntry, [this.#options.config.kind, this.name], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      execArgv: [...flagsOf(this.#options.config.kind), `--title=koinon-${this.name}`],
      env: { MALLOC_ARENA_MAX: '2', ...process.env },
    })
    this.#child = child
    child.stdout?.on('data', (chunk: Buffer) => this.#options.log.write(chunk))
    child.stderr?.on('data', (chunk: Buffer) => this.#options.log.write(chunk))
    child.on('message', (message) => this.#hear(message as FromRole))
    child.on('error', (error) => {
      this.#options.log.note('supervisor', `could not start: ${error.message}`)
      // A process that never began reports no exit.
      if (child.pid === undefined) this.#exited(child, error.message)
    })
    child.on('exit', (code, signal) => this.#exited(child, signal ?? `exit code ${code}`))
    this.#tell({ type: 'start', config: this.#options.config })
  }

  #tell(message: ToRole): void {
    if (this.#child?.connected === true) this.#child.send(message, () => undefined)
  }

  #hear(message: FromRole): void {
    this.#heardAtMs = this.#options.clock.nowMs()
    if (message.type === 'ready') {
      if (this.#restarts > 0) this.#tellAll(`is back as process ${this.#child?.pid}`)
      this.#state = 'ready'
      this.#readyAtMs = this.#heardAtMs
      this.#info = message.info
      this.#firstStart?.resolve(message.info)
      this.#firstStart = undefined
    } else if (message.type === 'progress') this.#noteProgress(message.text)
    else if (message.type === 'notice') this.#noteNotice(message.text)
    else if (message.type === 'alive') this.#rssBytes = message.rssBytes
    else if (message.type === 'failed') this.#lastError = this.#failedToStart(errorFromJson(message.error))
    else void this.#answer(message.id, message.method, message.params)
  }

  #noteNotice(text: string): void {
    if (text !== '' && text !== this.#notice) this.#tellAll(text)
    this.#notice = text === '' ? undefined : text
  }

  #noteProgress(text: string): void {
    // The same words again are no progress.
    if (text !== this.#progress) this.#progressAtMs = this.#options.clock.nowMs()
    this.#progress = text
    this.#options.onProgress(text)
  }

  #failedToStart(error: KoinonError): string {
    const text = error.hint === undefined ? error.message : `${error.message} ${error.hint}`
    this.#options.log.note('supervisor', text)
    if (this.#firstStart !== undefined) {
      this.#giveUp()
      this.#firstStart.reject(error)
      this.#firstStart = undefined
    }
    return text
  }

  async #answer(id: number, method: string, params: unknown): Promise<void> {
    try {
      this.#tell({ type: 'reply', id, result: await this.#options.onAsk(method, params) })
    } catch (error) {
      this.#tell({ type: 'reply', id, error: errorToJson(error) })
    }
  }

  #exited(child: ChildProcess, signal: string): void {
    const how = this.#verdict === undefined ? signal : `${signal}: ${this.#verdict}`
    if (child !== this.#child || this.#isStopping) {
      this.#firstStart?.reject(this.#endedEarly(how))
      return
    }
    if (this.#firstStart !== undefined) {
      this.#giveUp()
      this.#firstStart.reject(this.#endedEarly(how))
      return
    }
    // A long start is no health: a role that takes minutes to load and then ends at once is one that ends again and again.
    const servedMs = this.#readyAtMs === undefined ? 0 : this.#options.clock.nowMs() - this.#readyAtMs
    this.#attempt = servedMs > healthyAfterMs ? 0 : this.#attempt + 1
    this.#restarts += 1
    this.#child = undefined
    this.#startedAtMs = undefined
    this.#rssBytes = undefined
    this.#notice = undefined
    this.#state = 'restarting'
    this.#lastError = `ended with ${how}`
    const delayMs =
      this.#attempt <= 1
        ? restartBaseMs
        : restartBaseMs + backoffMs(this.#attempt, restartBaseMs, restartCapMs, Math.random())
    this.#tellAll(`ended with ${how}; restarting in ${delayMs} ms`)
    this.#restartTimer = setTimeout(() => this.#spawn(), delayMs)
  }

  /** In the log and where progress is told. */
  #tellAll(text: string): void {
    this.#options.log.note('supervisor', `${this.name} ${text}`)
    this.#options.onProgress(text)
  }

  #giveUp(): void {
    this.#isStopping = true
    this.#state = 'failed'
    clearInterval(this.#watchTimer)
  }

  #endedEarly(how: string): KoinonError {
    return new KoinonError({
      code: 'node/role-died',
      message: `${this.name} ended with ${how} while starting`,
      hint: `See "koinon logs ${this.name}".`,
      retry: 'later',
    })
  }

  #watch(): void {
    if (this.#child === undefined || this.#verdict !== undefined || this.#isStopping) return
    const nowMs = this.#options.clock.nowMs()
    if (this.#state === 'ready' && nowMs - this.#heardAtMs >= silentAfterMs)
      this.#verdict = `it said nothing for ${silentAfterMs / 1000} s`
    if (this.#state !== 'ready' && nowMs - this.#progressAtMs >= startProgressMs)
      this.#verdict = `its start did not get further for ${startProgressMs / 1000} s${this.#progress === '' ? '' : ` (last: ${this.#progress})`}`
    if (this.#verdict === undefined) return
    this.#options.log.note('supervisor', `${this.name} is ended, because ${this.#verdict}`)
    this.#child.kill('SIGKILL')
  }
}
