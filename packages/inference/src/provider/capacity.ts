import type { KoinonError } from '@koinon/base'
import { openAiError } from '../rules/openai-error.ts'
import { FairQueue } from '../wire/fair-queue.ts'

type Guest = { admit(): void; refuse(error: Error): void }

/**
 * Places for answers under way, with a bounded line in front. Payers are served in turn, each first come first served, so that one who
 * asks a lot delays another by one answer; when the line is full, who has most waiting makes room for who has less.
 */
export class Capacity {
  readonly #places: number
  readonly #queue: number
  readonly #line: FairQueue<Guest>
  #taken = 0

  constructor(options: { readonly places: number; readonly queue: number }) {
    this.#places = options.places
    this.#queue = options.queue
    this.#line = new FairQueue(options.queue, options.queue)
  }

  get taken(): number {
    return this.#taken
  }

  get waiting(): number {
    return this.#line.size
  }

  /**
   * Resolves with the function that frees the place. Rejects with 429 when the line is full or its place in the line went to another
   * payer, and when the signal aborts; nothing was done then.
   */
  async enter(payer: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#taken < this.#places) this.#taken += 1
    else await this.#wait(payer, signal)
    let isFree = false
    return () => {
      if (isFree) return
      isFree = true
      this.#leave()
    }
  }

  #wait(payer: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const left = (): void => {
        this.#line.remove(payer, guest)
        reject(signal.reason as Error)
      }
      const guest: Guest = {
        admit: () => {
          signal.removeEventListener('abort', left)
          resolve()
        },
        refuse: (error) => {
          signal.removeEventListener('abort', left)
          reject(error)
        },
      }
      const { isAdded, displaced } = this.#line.push(payer, guest)
      displaced?.refuse(this.#full())
      if (!isAdded) return reject(this.#full())
      signal.addEventListener('abort', left, { once: true })
    })
  }

  #full(): KoinonError {
    return openAiError({
      status: 429,
      code: 'capacity_exhausted',
      message: `All ${this.#places} places are taken and ${this.#queue} requests wait, as many of yours as of others. Try again in a moment.`,
      retryAfterSeconds: 1,
    })
  }

  /** A freed place goes to the next in line without being given up in between. */
  #leave(): void {
    const next = this.#line.take()
    if (next === undefined) this.#taken -= 1
    else next.admit()
  }
}
