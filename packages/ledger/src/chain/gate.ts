import { RpcError, rpcCodes } from './rpc-error.ts'

/** At most `maxRunning` at once and `maxQueued` in line; who comes after that is refused with JSON-RPC code -32005. */
export class Gate {
  readonly #maxRunning: number
  readonly #maxQueued: number
  readonly #queue: (() => void)[] = []
  #running = 0

  constructor(maxRunning: number, maxQueued: number) {
    this.#maxRunning = maxRunning
    this.#maxQueued = maxQueued
  }

  async run<value>(work: () => Promise<value>): Promise<value> {
    if (this.#running >= this.#maxRunning) {
      if (this.#queue.length >= this.#maxQueued) throw new RpcError(rpcCodes.limitExceeded, 'too many requests at once')
      await new Promise<void>((resolve) => this.#queue.push(resolve))
    } else {
      this.#running += 1
    }
    try {
      return await work()
    } finally {
      const next = this.#queue.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }
}
