/** A role of a home as the process that `koinon up` starts, under the test's own hand instead of the supervisor's. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withDeadline } from '@koinon/base'
import type { RoleConfig } from '../../../packages/node/src/roles/role-config.ts'
import type { FromRole } from '../../../packages/node/src/supervisor/role-messages.ts'

const main = fileURLToPath(new URL('../../../packages/node/src/roles/main.ts', import.meta.url))
const readyTimeoutMs = 120_000
const stopTimeoutMs = 60_000

/** One role that is started and ended again and again; its log is one file. */
export class RoleChild {
  readonly #config: RoleConfig
  readonly #log: string
  #running: ChildProcess | undefined

  constructor(config: RoleConfig) {
    this.#config = config
    const folder = join(config.homePath, 'logs')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#log = join(folder, `${config.name}.log`)
  }

  /** Resolves when the role is ready; until then `kill` ends its start. */
  async start(): Promise<void> {
    const child = this.begin()
    const ready = new Promise<void>((resolve, reject) => {
      child.on('message', (message: FromRole) => {
        if (message.type === 'ready') resolve()
        if (message.type === 'failed') reject(new Error(`${this.#config.name}: ${JSON.stringify(message.error)}`))
      })
      child.once('exit', (code, signal) => reject(new Error(`${this.#config.name} ended with ${signal ?? code}`)))
    })
    await withDeadline(ready, readyTimeoutMs, `starting ${this.#config.name}`)
  }

  /** Starts the process and does not wait. */
  begin(): ChildProcess {
    const log = openSync(this.#log, 'a')
    const child = fork(main, [], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(this.#config.homePath, 'compile-cache') },
      stdio: ['ignore', log, log, 'ipc'],
      serialization: 'advanced',
    })
    closeSync(log)
    child.send({ type: 'start', config: this.#config }, () => undefined)
    this.#running = child
    return child
  }

  kill(): Promise<void> {
    return this.#end((child) => child.kill('SIGKILL'))
  }

  /** As its supervisor stops it. */
  async stop(): Promise<void> {
    await this.#end((child) => child.send({ type: 'stop' }, () => undefined)).catch(() => this.kill())
  }

  async #end(signal: (child: ChildProcess) => void): Promise<void> {
    const child = this.#running
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    signal(child)
    await withDeadline(exited, stopTimeoutMs, `ending ${this.#config.name}`)
  }
}
