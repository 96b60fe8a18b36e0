import type { SubnetSandbox } from './sandbox.ts'

const defaultIdleMs = 10_000

/**
 * Runs one subnet file for a long time. A sandbox that ended, or that nobody used for `idleMs`, is closed, and the next use opens it
 * anew: a miner needs it for seconds of an epoch, and a process costs memory.
 */
export class ReopeningSandbox {
  readonly #open: () => Promise<SubnetSandbox>
  readonly #idleMs: number
  #sandbox: Promise<SubnetSandbox> | undefined
  #uses = 0
  #idle: NodeJS.Timeout | undefined

  constructor(open: () => Promise<SubnetSandbox>, idleMs = defaultIdleMs) {
    this.#open = open
    this.#idleMs = idleMs
  }

  /** Throws what opening and `work` throw. */
  async use<result>(work: (sandbox: SubnetSandbox) => Promise<result>): Promise<result> {
    clearTimeout(this.#idle)
    this.#uses++
    try {
      const sandbox = await this.#current()
      try {
        return await work(sandbox)
      } finally {
        if (sandbox.hasEnded) await this.close()
      }
    } finally {
      this.#uses--
      if (this.#uses === 0) this.#idle = setTimeout(() => void this.close(), this.#idleMs).unref()
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const sandbox = this.#sandbox
    this.#sandbox = undefined
    await sandbox?.then(
      (open) => open.close(),
      () => undefined,
    )
  }

  async #current(): Promise<SubnetSandbox> {
    this.#sandbox ??= this.#open()
    try {
      return await this.#sandbox
    } catch (error) {
      this.#sandbox = undefined
      throw error
    }
  }
}
