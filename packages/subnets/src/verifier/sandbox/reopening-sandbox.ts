import type { SubnetSandbox } from './sandbox.ts'

/** Runs one subnet file for a long time: when its process has ended, the next use opens it anew. */
export class ReopeningSandbox {
  readonly #open: () => Promise<SubnetSandbox>
  #sandbox: Promise<SubnetSandbox> | undefined

  constructor(open: () => Promise<SubnetSandbox>) {
    this.#open = open
  }

  /** Throws what opening and `work` throw. */
  async use<result>(work: (sandbox: SubnetSandbox) => Promise<result>): Promise<result> {
    const sandbox = await this.#current()
    try {
      return await work(sandbox)
    } finally {
      if (sandbox.hasEnded) await this.close()
    }
  }

  async close(): Promise<void> {
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
