import { type ChildProcess, spawn } from 'node:child_process'
import { waitFor } from './wait.ts'

/** A child in a process group of its own, so that it and all it started can be signalled together. */
export class ProcessGroup {
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''
  readonly exited: Promise<number | NodeJS.Signals>
  exit: number | NodeJS.Signals | undefined

  constructor(
    program: string,
    args: readonly string[],
    options: {
      readonly cwd?: string
      readonly env?: NodeJS.ProcessEnv
      readonly uid?: number
      readonly gid?: number
    } = {},
  ) {
    this.#child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString('utf8')
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-20_000)
    })
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('exit', (code, signal) => {
        this.exit = signal ?? code ?? -1
        resolve(this.exit)
      })
    })
    this.exited.catch(() => undefined)
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the process could not be started')
    return this.#child.pid
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Signals every process of the group; none left is fine. */
  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  isAlive(): boolean {
    try {
      process.kill(-this.pid, 0)
      return true
    } catch {
      return false
    }
  }

  /** Signals the group and waits until none of it is left. */
  async end(signal: NodeJS.Signals, deadlineMs = 30_000): Promise<void> {
    this.signal(signal)
    try {
      await waitFor(`the group ${this.pid} ends after ${signal}`, deadlineMs, () => !this.isAlive())
    } catch (error) {
      this.signal('SIGKILL')
      throw error
    }
  }
}
