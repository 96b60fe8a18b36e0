import { openAiError } from '../rules/openai-error.ts'

/** Places for answers under way, with a bounded line in front, first come first served. */
export class Capacity {
  readonly #places: number
  readonly #queue: number
  readonly #line: (() => void)[] = []
  #taken = 0

  constructor(options: { readonly places: number; readonly queue: number }) {
    this.#places = options.places
    this.#queue = options.queue
  }

  get taken(): number {
    return this.#taken
  }

  get waiting(): number {
    return this.#line.length
  }

  /** Resolves with the function that frees the place. Rejects with 429 when the line is full, or when the signal aborts. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#taken < this.#places) this.#taken += 1
    else await this.#wait(signal)
    let isFree = false
    return () => {
      if (isFree) return
      isFree = true
      this.#leave()
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#line.length >= this.#queue) {
      throw openAiError({
        status: 429,
        code: 'capacity_exhausted',
        message: `All ${this.#places} places are taken and ${this.#queue} requests wait. Try again in a moment.`,
        retryAfterSeconds: 1,
      })
    }
    return new Promise((resolve, reject) => {
      const admitted = (): void => {
        signal.removeEventListener('abort', left)
        resolve()
      }
      const left = (): void => {
        const index = this.#line.indexOf(admitted)
        if (index >= 0) this.#line.splice(index, 1)
        reject(signal.reason as Error)
      }
      this.#line.push(admitted)
      signal.addEventListener('abort', left, { once: true })
    })
  }

  /** A freed place goes to the first in line without being given up in between. */
  #leave(): void {
    const next = this.#line.shift()
    if (next === undefined) this.#taken -= 1
    else next()
  }
}
